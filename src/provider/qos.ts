/** The quality of service class of a pod, by the rules of Kubernetes (`pkg/apis/core/v1/helper/qos`). */
import type { Pod, PodSpec } from '../kube/types.js';
import { Quantity } from './quantity.js';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type Resources = NonNullable<PodSpec['containers'][number]['resources']>;
type ResourceList = Readonly<Record<string, string>> | undefined;

const computeResources = ['cpu', 'memory'] as const;

/**
 * The class that the pod's spec amounts to. The apiserver fixes it in `status.qosClass` when a pod is made, and an
 * in-place resize does not change it, so that field comes first where there is one (as in `buildPodStatus`).
 *
 * Only cpu and memory above zero count. Init containers count as containers do, ephemeral ones not at all, and
 * resources of the pod as a whole (`spec.resources`) stand for all of its containers.
 */
export function computeQosClass(pod: Pod): QosClass {
  const { spec } = pod;
  const parts: (Resources | undefined)[] = spec.resources
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources);
  const requests = new Map<string, Quantity>();
  const limits = new Map<string, Quantity>();
  let everyPartIsLimited = true;
  for (const part of parts) {
    addTo(requests, part?.requests);
    if (addTo(limits, part?.limits) < computeResources.length) everyPartIsLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const guaranteed =
    everyPartIsLimited &&
    requests.size === limits.size &&
    [...requests].every(([name, request]) => limits.get(name)?.equals(request));
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** Adds what counts of `list` to `totals`, and answers how many resources that were. */
function addTo(totals: Map<string, Quantity>, list: ResourceList): number {
  let found = 0;
  for (const name of computeResources) {
    const quantity = Quantity.parse(list?.[name] ?? 0);
    if (quantity.sign <= 0) continue;
    totals.set(name, quantity.add(totals.get(name) ?? Quantity.zero));
    found++;
  }
  return found;
}
