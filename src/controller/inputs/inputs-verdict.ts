/** What is said of a pod whose environment is not all there: in its status and in Events, in a kubelet's words. Pure. */
import type { Pod, PodStatus } from '../../kube/types.js';
import { waiting } from '../../provider/container-state.js';
import type { PodEnvironment } from '../../provider/environment/resolve-environment.js';
import { buildPodStatus } from '../../provider/pod-status.js';

export interface InputEvent {
  readonly type: 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Why a pod cannot be started: by container, what it waits for. Containers that are not named wait for these. */
export interface InputsBlock {
  readonly containers: ReadonlyMap<string, string>;
}

export interface InputsVerdict {
  /** Undefined if every container can be started. */
  readonly block: InputsBlock | undefined;
  readonly events: readonly InputEvent[];
}

export function judgeEnvironment({ problems }: PodEnvironment): InputsVerdict {
  const containers = new Map<string, string>();
  const events: InputEvent[] = [];
  for (const { blocking, container, message, reason } of problems) {
    events.push({ type: 'Warning', reason, message: `container ${container}: ${message}` });
    if (blocking && !containers.has(container)) containers.set(container, message);
  }
  return { block: containers.size === 0 ? undefined : { containers }, events };
}

export function isSameBlock(one: InputsBlock | undefined, other: InputsBlock | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.containers.size !== other.containers.size) return false;
  return [...one.containers].every(([name, message]) => other.containers.get(name) === message);
}

const missingReason = 'CreateContainerConfigError';

/** Whether a status says that something of the environment is missing. */
export function showsMissingInputs(status: PodStatus | undefined): boolean {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.some(({ state }) => state?.waiting?.reason === missingReason);
}

/** The status of a pod that waits: `CreateContainerConfigError` where the environment is what is missing. */
export function waitingStatus(pod: Pod, { containers }: InputsBlock, now: number): PodStatus {
  const reports = [...containers].map(([name, message]) => {
    return [name, { state: waiting(missingReason, message) }] as const;
  });
  return buildPodStatus(pod, { now, phase: 'Pending', containers: Object.fromEntries(reports) });
}
