/** The five conditions that a kubelet keeps on a pod, with its reasons and messages (`pkg/kubelet/status/generate.go`). */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../kube/types.js';
import { hasRun, isSidecar } from './container-status.js';
import { isTerminalPhase } from './pod-phase.js';
import { timestamp } from './timestamp.js';

export interface PodConditionOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Conditions whose status stays as it was keep their transition time. Default: the pod's own. */
  readonly previous?: readonly PodCondition[] | undefined;
  /** Whether the sandbox is up and has its network. Default: the pod has an address or a container that runs, and no terminal phase. */
  readonly readyToStartContainers?: boolean | undefined;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const yes: Verdict = { status: 'True' };

/**
 * PodReadyToStartContainers, Initialized, Ready, ContainersReady and PodScheduled for a pod whose phase, addresses and
 * container statuses are `status`. Readiness gates are read from the pod's own conditions. Conditions of others are not
 * among them: the controller keeps those.
 */
export function podConditions(pod: Pod, status: PodStatus, options: PodConditionOptions): PodCondition[] {
  const previous = options.previous ?? pod.status?.conditions ?? [];
  const containersReady = containersReadyVerdict(pod, status);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: (options.readyToStartContainers ?? hasSandbox(status)) ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, status),
    Ready: containersReady.status === 'True' ? readinessGatesVerdict(pod) : containersReady,
    ContainersReady: containersReady,
    PodScheduled: yes,
  };
  const { generation } = pod.metadata;
  return Object.entries(verdicts).map(([type, verdict]) => {
    const before = previous.find((condition) => condition.type === type);
    const unchanged = before?.status === verdict.status ? before.lastTransitionTime : undefined;
    return {
      type,
      ...verdict,
      lastTransitionTime: unchanged ?? timestamp(options.now),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
}

function hasSandbox(status: PodStatus): boolean {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const isUp = Boolean(status.podIP) || statuses.some(({ state }) => state?.running);
  return isUp && !isTerminalPhase(status.phase);
}

function initializedVerdict(pod: Pod, status: PodStatus): Verdict {
  if (status.phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (status.containerStatuses?.some(hasRun)) return yes;
  const { unknown, wanting } = sort(pod.spec.initContainers ?? [], status.initContainerStatuses, (found, container) =>
    Boolean(isSidecar(container) ? found.started : found.ready),
  );
  return notYet('ContainersNotInitialized', [
    ['containers with unknown status', unknown],
    ['containers with incomplete status', wanting],
  ]);
}

function containersReadyVerdict(pod: Pod, status: PodStatus): Verdict {
  if (status.phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (status.phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const isReady = (found: ContainerStatus): boolean => found.ready;
  const sidecars = sort((pod.spec.initContainers ?? []).filter(isSidecar), status.initContainerStatuses, isReady);
  const mains = sort(pod.spec.containers, status.containerStatuses, isReady);
  return notYet('ContainersNotReady', [
    ['containers with unknown status', [...sidecars.unknown, ...mains.unknown]],
    ['containers with unready status', [...sidecars.wanting, ...mains.wanting]],
  ]);
}

function readinessGatesVerdict(pod: Pod): Verdict {
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!gate) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True')
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
  }
  return messages.length === 0
    ? yes
    : { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

/** The names of containers without a status, and of those whose status is not good enough. */
function sort<T extends { readonly name: string }>(
  containers: readonly T[],
  statuses: readonly ContainerStatus[] | undefined,
  suffices: (status: ContainerStatus, container: T) => boolean,
): { unknown: string[]; wanting: string[] } {
  const unknown: string[] = [];
  const wanting: string[] = [];
  for (const container of containers) {
    const status = statuses?.find(({ name }) => name === container.name);
    if (!status) unknown.push(container.name);
    else if (!suffices(status, container)) wanting.push(container.name);
  }
  return { unknown, wanting };
}

function notYet(reason: string, complaints: readonly (readonly [what: string, names: readonly string[]])[]): Verdict {
  const messages = complaints
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what}: [${names.join(' ')}]`);
  return messages.length === 0 ? yes : { status: 'False', reason, message: messages.join(', ') };
}
