/** What a node is and holds, read from its parts at each scrape. Pure but for reading. */
import type { Pod } from '../../kube/types.js';
import type { Clock } from '../../runtime/clock.js';
import { gauge, type MetricFamily, type MetricsSource } from '../../runtime/metrics/metric-family.js';

/** What a node says of itself: what `VirtualNode.status` has, in plain values. */
export interface NodeFigures {
  readonly ready?: boolean | undefined;
  readonly lease?: { readonly state: string; readonly renewedAt: number | undefined } | undefined;
  /** Keys that wait for their turn, by queue. */
  readonly waiting?: Readonly<Record<string, number>> | undefined;
  /** What each cache is doing, by resource: `listing`, `watching`, `backoff`. */
  readonly caches?: Readonly<Record<string, string>> | undefined;
}

const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];
const leaseStates = ['none', 'held', 'failing', 'unavailable', 'suspended'];

export function nodeMetrics(
  nodeName: string,
  pods: () => readonly Pod[],
  figures: () => NodeFigures,
  clock: Clock,
): MetricsSource {
  return () => {
    const { ready, lease, waiting = {}, caches = {} } = figures();
    const all = pods();
    return [
      gauge('kubelet_node_name', "The node's name. The count is always 1.", [{ labels: { node: nodeName }, value: 1 }]),
      ...podMetrics(all),
      gauge(
        'vk_node_ready',
        'Whether the node is Ready in the API',
        ready === undefined ? [] : [{ value: Number(ready) }],
      ),
      gauge(
        'vk_lease_age_seconds',
        'Time since the lease was last renewed',
        lease?.renewedAt === undefined ? [] : [{ value: Math.max(0, clock.now() - lease.renewedAt) / 1000 }],
      ),
      gauge(
        'vk_lease_state',
        'What becomes of the lease: 1 for the state that it is in',
        oneOf(leaseStates, lease?.state),
      ),
      gauge(
        'vk_queue_waiting',
        'Pods that wait for their turn',
        Object.entries(waiting).map(([queue, value]) => ({ labels: { queue }, value })),
      ),
      gauge(
        'vk_cache_state',
        'What a cache is doing: 1 for the state that it is in',
        Object.entries(caches).map(([resource, state]) => ({ labels: { resource, state }, value: 1 })),
      ),
    ];
  };
}

function podMetrics(pods: readonly Pod[]): MetricFamily[] {
  const byPhase = new Map(phases.map((phase) => [phase, 0]));
  const byState = new Map([
    ['waiting', 0],
    ['running', 0],
    ['exited', 0],
  ]);
  let running = 0;
  const add = (counts: Map<string, number>, key: string): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { status } of pods) {
    const phase = status?.phase ?? 'Pending';
    add(byPhase, phases.includes(phase) ? phase : 'Unknown');
    const containers = [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ];
    const states = containers.map(({ state }) =>
      state?.running ? 'running' : state?.terminated ? 'exited' : 'waiting',
    );
    for (const state of states) add(byState, state);
    if (states.includes('running')) running += 1;
  }
  const values = (counts: Map<string, number>, label: string): MetricFamily['values'] =>
    [...counts].map(([key, value]) => ({ labels: { [label]: key }, value }));
  return [
    gauge('vk_pods', 'Pods of the node, by phase', values(byPhase, 'phase')),
    gauge('kubelet_running_pods', 'Number of pods that have a running container', [{ value: running }]),
    gauge('kubelet_running_containers', 'Number of containers, by state', values(byState, 'container_state')),
  ];
}

function oneOf(states: readonly string[], current: string | undefined): MetricFamily['values'] {
  return current === undefined ? [] : states.map((state) => ({ labels: { state }, value: Number(state === current) }));
}
