/** What of a pod may change while its group runs, which the cloud does not change. */
import type { Container, ContainerStatus, Pod, PodStatus } from 'vk-sdk';
import { checkPodFields } from './pod-fields.js';
import { Refusals } from './refusals.js';

/**
 * Throws `InvalidInput` that names what the group does not follow: another image, and what pods can be given only now, such as
 * the container of `kubectl debug`. Labels, annotations and tolerations are Kubernetes' own. `known` tells what runs.
 */
export function checkUpdate(pod: Pod, known: PodStatus = {}): void {
  const refusals = new Refusals();
  checkPodFields(pod, refusals);
  const { initContainers, containers, ephemeralContainers = [] } = pod.spec;
  if (ephemeralContainers.length > 0) {
    refusals.add('spec.ephemeralContainers', 'containers cannot be added to a group; use exec');
  }
  checkImages('spec.initContainers', initContainers, known.initContainerStatuses, refusals);
  checkImages('spec.containers', containers, known.containerStatuses, refusals);
  refusals.throwFor(pod);
}

function checkImages(
  path: string,
  containers: readonly Container[] = [],
  statuses: readonly ContainerStatus[] = [],
  refusals: Refusals,
): void {
  for (const { name, image } of containers) {
    const runs = statuses.find((status) => status.name === name)?.image;
    if (!runs || image === runs) continue;
    refusals.add(`${path}[${name}].image`, `the group runs ${runs} and is not changed; make the pod anew`);
  }
}
