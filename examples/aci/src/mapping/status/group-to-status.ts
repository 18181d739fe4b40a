/**
 * The status of a pod, from what the cloud says of its container group. Pure. Neighbours: `group-state.ts` (the phase),
 * `container-report.ts`, `failure.ts`, `cloud-value.ts`; the kubelet's rules are in the SDK's `buildPodStatus`.
 *
 * Invariants
 * 1. Whatever an answer lacks or garbles, the status is one that Kubernetes takes, and nothing throws.
 * 2. What an answer does not tell stays as it was.
 * 3. A phase that was terminal stays, and its status with it.
 */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import { isIP } from 'node:net';
import {
  buildPodStatus,
  isTerminalPhase,
  type Container,
  type ContainerReport,
  type ContainerStatus,
  type Pod,
  type PodPhase,
  type PodStatus,
  type PodStatusOptions,
} from 'vk-sdk';
import { field, items, text } from './cloud-value.js';
import { containerReport } from './container-report.js';
import { provisioningFailure } from './failure.js';
import { type GroupPhase, groupState, phaseOfState } from './group-state.js';
import { groupToPod } from './group-to-pod.js';

export interface GroupStatusOptions {
  /** The node's address. Default: what the previous status had. */
  readonly hostIP?: string;
}

/**
 * `pod` as Kubernetes has it, or undefined if it does not; `previous` what was reported before; `now` in ms since the
 * epoch. Changes none of them. Never throws.
 */
export function groupToStatus(
  group: ContainerGroup,
  pod: Pod | undefined,
  previous: PodStatus | undefined,
  now: number,
  { hostIP }: GroupStatusOptions = {},
): PodStatus {
  const before = previous ?? pod?.status;
  if (before && isTerminalPhase(before.phase)) return before;
  const owner = pod ?? groupToPod(group) ?? { metadata: {}, spec: { containers: [] } };
  const state = groupState(group);
  const phase = phaseOfState(state);
  const podIP = text(field(field(group, 'ipAddress'), 'ip'));
  const failure = phase === 'Failed' ? provisioningFailure(group) : undefined;
  const options: PodStatusOptions = {
    now,
    previous: before,
    containers: Object.fromEntries(reports(group, owner, before, phase)),
    ...(podIP !== undefined && isIP(podIP) !== 0 && { podIP }),
    ...(hostIP !== undefined && { hostIP }),
    ...failure,
  };
  const reached = phase ?? (state === 'Stopped' ? phaseOnceStopped(owner, options) : lastingPhase(before));
  return buildPodStatus(owner, { ...options, phase: reached, ended: isTerminalPhase(reached) });
}

/** Somebody stopped the group: what follows depends on the restart policy, and on how its containers ended. */
function phaseOnceStopped(pod: Pod, options: PodStatusOptions): PodPhase {
  return (buildPodStatus(pod, options).phase ?? 'Pending') as PodPhase;
}

/** Of a state that says nothing: as before, and not yet running at first. */
function lastingPhase(previous: PodStatus | undefined): GroupPhase {
  return previous?.phase === 'Running' ? 'Running' : 'Pending';
}

function reports(
  group: unknown,
  { spec }: Pod,
  previous: PodStatus | undefined,
  phase: GroupPhase | undefined,
): [name: string, report: ContainerReport][] {
  const groupId = text(field(group, 'id'));
  const initContainers = spec.initContainers ?? [];
  const notYet = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const lasting = phase ?? lastingPhase(previous);
  const of = (list: readonly Container[], cloudList: unknown, before: readonly ContainerStatus[] | undefined) => {
    const byName = new Map(items(cloudList).map((item) => [field(item, 'name'), item]));
    return list.map(({ name }): [string, ContainerReport] => {
      const status = before?.find((each) => each.name === name);
      const context = { groupId, phase: lasting, previous: status, notYet };
      return [name, containerReport(name, byName.get(name), context)];
    });
  };
  return [
    ...of(initContainers, field(group, 'initContainers'), previous?.initContainerStatuses),
    ...of(spec.containers, field(group, 'containers'), previous?.containerStatuses),
  ];
}
