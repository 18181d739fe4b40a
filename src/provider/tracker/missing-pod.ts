/** The status of a pod that the backend has lost: what ran in it is over, with what is known of it kept. Pure. */
import type { ContainerStatus, PodStatus } from '../../kube/types.js';
import { timestamp } from '../timestamp.js';

export interface LossReport {
  readonly reason: string;
  readonly message: string;
  /** What the end of a running container is reported as. */
  readonly exitCode: number;
}

/** virtual-kubelet's words for a pod that a provider no longer knows (upstream section 2, section 5). */
export const notFoundInProvider: LossReport = {
  reason: 'NotFound',
  message: 'The pod status was not found and may have been deleted from the provider',
  exitCode: -137,
};

/** A kubelet's words for a container whose end it did not see. */
export const endNotSeen: LossReport = {
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  exitCode: 137,
};

/** `status`, Failed: running containers terminated with their startedAt and containerID, the rest as it was. */
export function lostPodStatus(status: PodStatus | undefined, loss: LossReport, now: number): PodStatus {
  const finishedAt = timestamp(now);
  const end = (container: ContainerStatus): ContainerStatus => {
    const running = container.state?.running;
    if (running === undefined) return container;
    const terminated = {
      ...loss,
      finishedAt,
      ...(running.startedAt === undefined ? {} : { startedAt: running.startedAt }),
      ...(container.containerID === undefined ? {} : { containerID: container.containerID }),
    };
    return { ...container, ready: false, started: false, state: { terminated } };
  };
  const ended: PodStatus = { ...status, phase: 'Failed', reason: loss.reason, message: loss.message };
  if (status?.containerStatuses) ended.containerStatuses = status.containerStatuses.map(end);
  if (status?.initContainerStatuses) ended.initContainerStatuses = status.initContainerStatuses.map(end);
  if (status?.ephemeralContainerStatuses) ended.ephemeralContainerStatuses = status.ephemeralContainerStatuses.map(end);
  ended.conditions = (status?.conditions ?? []).map((condition) =>
    (condition.type === 'Ready' || condition.type === 'ContainersReady') && condition.status !== 'False'
      ? { ...condition, status: 'False', reason: 'PodFailed', message: '', lastTransitionTime: finishedAt }
      : condition,
  );
  return ended;
}

/** The same for a pod whose containers have all terminated while its phase still says otherwise: Succeeded or Failed. */
export function endedPodStatus(status: PodStatus): PodStatus {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return status;
  const codes = (status.containerStatuses ?? []).map((container) => container.state?.terminated?.exitCode);
  return { ...status, phase: codes.length > 0 && codes.every((code) => code === 0) ? 'Succeeded' : 'Failed' };
}
