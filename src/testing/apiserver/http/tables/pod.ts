/** The row of a pod. The STATUS column sums up phase, container states and deletion, as `kubectl get pods` is known for. */
import type { ContainerState, ContainerStatus, Pod, PodStatus } from '../../../../kube/types.js';
import { columns, type TableKind } from './columns.js';
import { age, humanDuration, orNone } from './format.js';

interface Summary {
  readonly reason: string;
  readonly ready: number;
  readonly total: number;
  readonly restarts: number;
  readonly lastRestartMs: number;
}

export const podTable: TableKind<Pod> = {
  columns: columns(
    ...['Name', 'Ready', 'Status', 'Restarts', 'Age'],
    ...['+IP', '+Node', '+Nominated Node', '+Readiness Gates'],
  ),
  cells(pod, nowMs) {
    const { reason, ready, total, restarts, lastRestartMs } = summarize(pod);
    return [
      pod.metadata.name ?? '',
      `${ready}/${total}`,
      statusText(pod, reason),
      restarts > 0 && lastRestartMs > 0
        ? `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`
        : String(restarts),
      age(pod.metadata.creationTimestamp, nowMs),
      orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP),
      orNone(pod.spec.nodeName),
      orNone(pod.status?.nominatedNodeName),
      readinessGates(pod),
    ];
  },
};

function summarize(pod: Pod): Summary {
  const status = pod.status ?? {};
  const sidecars = new Set(
    pod.spec.initContainers?.filter((each) => each.restartPolicy === 'Always').map((each) => each.name),
  );
  const gated = status.conditions?.some((each) => each.type === 'PodScheduled' && each.reason === 'SchedulingGated');
  const base = gated ? 'SchedulingGated' : status.reason || status.phase || '';
  const total = pod.spec.containers.length + sidecars.size;

  const init = initSummary(status, sidecars, pod.spec.initContainers?.length ?? 0);
  const running = init.reason === undefined || conditionIs(status, 'Initialized', 'True');
  if (!running) {
    return { reason: init.reason, ready: init.ready, total, ...restartsOf(status.initContainerStatuses ?? []) };
  }
  const main = containersSummary(status, init.reason ?? base);
  const sidecarStatuses = status.initContainerStatuses?.filter((each) => sidecars.has(each.name)) ?? [];
  const restarts = restartsOf([...sidecarStatuses, ...(status.containerStatuses ?? [])]);
  return { reason: main.reason, ready: init.ready + main.ready, total, ...restarts };
}

/** `reason` is left out once all init containers are through. */
function initSummary(
  status: PodStatus,
  sidecars: ReadonlySet<string>,
  total: number,
): { readonly reason: string | undefined; readonly ready: number } {
  let ready = 0;
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = container.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (sidecars.has(container.name) && container.started === true) {
      if (container.ready) ready += 1;
      continue;
    }
    if (terminated) return { reason: `Init:${terminatedText(terminated)}`, ready };
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return { reason: `Init:${waiting.reason}`, ready };
    return { reason: `Init:${index}/${total}`, ready };
  }
  return { reason: undefined, ready };
}

/** The first container that has something to say gives the reason. */
function containersSummary(status: PodStatus, base: string): { readonly reason: string; readonly ready: number } {
  let reason = base;
  let ready = 0;
  for (const { state, ready: isReady } of [...(status.containerStatuses ?? [])].reverse()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated) reason = terminatedText(state.terminated);
    else if (isReady && state?.running) ready += 1;
  }
  if (reason === 'Completed' && ready > 0) {
    reason = conditionIs(status, 'Ready', 'True') ? 'Running' : 'NotReady';
  }
  return { reason, ready };
}

function statusText(pod: Pod, reason: string): string {
  if (!pod.metadata.deletionTimestamp) return reason;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? reason : 'Terminating';
}

function terminatedText(state: NonNullable<ContainerState['terminated']>): string {
  if (state.reason) return state.reason;
  return state.signal ? `Signal:${state.signal}` : `ExitCode:${state.exitCode}`;
}

function restartsOf(statuses: readonly ContainerStatus[]): Pick<Summary, 'restarts' | 'lastRestartMs'> {
  let restarts = 0;
  let lastRestartMs = 0;
  for (const { restartCount, lastState } of statuses) {
    restarts += restartCount;
    const finishedAt = lastState?.terminated?.finishedAt;
    if (finishedAt) lastRestartMs = Math.max(lastRestartMs, Date.parse(finishedAt));
  }
  return { restarts, lastRestartMs };
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const open = gates.filter((gate) => conditionIs(pod.status ?? {}, gate.conditionType, 'True'));
  return `${open.length}/${gates.length}`;
}

function conditionIs(status: PodStatus, type: string, value: string): boolean {
  return status.conditions?.some((each) => each.type === type && each.status === value) ?? false;
}
