/** The status of a pod, from what the cloud says of its container group. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import { buildPodStatus, type Pod, type PodStatus } from 'vk-sdk';
import { groupToPod } from './group-to-pod.js';

export interface GroupStatusOptions {
  /** The node's address. Default: what the previous status had. */
  readonly hostIP?: string;
}

/**
 * `pod` as Kubernetes has it, or undefined if it does not; `previous` what was reported before; `now` in ms since the
 * epoch. Nothing of the cloud's answer is taken for granted: what is missing stays as it was. Never throws.
 */
export function groupToStatus(
  group: ContainerGroup,
  pod: Pod | undefined,
  previous: PodStatus | undefined,
  now: number,
  options: GroupStatusOptions = {},
): PodStatus {
  void options;
  return buildPodStatus(pod ?? groupToPod(group) ?? { metadata: {}, spec: { containers: [] } }, { now, previous });
}
