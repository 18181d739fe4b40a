/** Whether a container has a log to show, by its pod's status. Pure; the texts are the kubelet's. kubelet-protocol §5. */
import type { ContainerStatus, Pod } from '../../kube/types.js';
import { Refusal } from '../refusal.js';

/**
 * Throws a {@link Refusal}: 404 for a container that the pod does not have, 400 for one whose log cannot be there yet, or
 * whose previous instance there was not. Of init and ephemeral containers too.
 *
 * A status refuses only what it is sure of: a provider that reports no containers, or counts restarts without telling of
 * the last end, is asked.
 */
export function checkLogAvailable(pod: Pod, container: string, previous: boolean): void {
  const name = pod.metadata.name ?? '';
  if (!hasContainer(pod, container)) {
    throw new Refusal('NotFound', `container ${quoted(container)} not found in pod ${quoted(name)}`);
  }
  const refuse = (text: string): never => {
    throw new Refusal('InvalidInput', text);
  };
  const subject = `container ${quoted(container)} in pod ${quoted(name)}`;
  const status = statusOf(pod, container);
  if (status === undefined) {
    const begun = pod.status?.phase !== undefined && pod.status.phase !== 'Pending';
    if (!begun) refuse(`${subject} is not available`);
    return;
  }
  const ended = status.lastState?.terminated !== undefined;
  if (previous) {
    if (!ended && !(status.restartCount > 0)) {
      refuse(`previous terminated container ${quoted(container)} in pod ${quoted(name)} not found`);
    }
    return;
  }
  const state = status.state ?? {};
  // One that waits to be restarted shows the log of its last instance.
  if (state.running !== undefined || state.terminated !== undefined || ended) return;
  refuse(`${subject} is waiting to start${whyWaiting(state.waiting?.reason)}`);
}

function hasContainer({ spec }: Pod, container: string): boolean {
  return [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].some(
    ({ name }) => name === container,
  );
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

function whyWaiting(reason: string | undefined): string {
  switch (reason) {
    case undefined:
    case '':
      return ' - no logs yet';
    case 'ErrImagePull':
      return ": image can't be pulled";
    case 'ImagePullBackOff':
      return ': trying and failing to pull image';
    default:
      return `: ${reason}`;
  }
}

const quoted = (text: string): string => JSON.stringify(text);
