/** What is to be written of a node that has or has not been heard from. Pure; `node-lifecycle.ts` acts on it. */
import type { Node, NodeCondition, Pod, Taint } from '../../../kube/types.js';
import { tolerates } from './scheduler/fit.js';
import { timestamp } from './access.js';

export const notReadyKey = 'node.kubernetes.io/not-ready';
export const unreachableKey = 'node.kubernetes.io/unreachable';
const unschedulableKey = 'node.kubernetes.io/unschedulable';
const managedKeys: readonly string[] = [notReadyKey, unreachableKey, unschedulableKey];

/** Conditions that only the node itself can know. */
const reported: readonly NodeCondition['type'][] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** The conditions of a node that has fallen silent; those that change, and no others. */
export function silentConditions(node: Node, nowMs: number): NodeCondition[] {
  return reported.flatMap((type) => {
    const before = node.status?.conditions?.find((condition) => condition.type === type);
    if (before?.status === 'Unknown') return [];
    const silence = {
      type,
      status: 'Unknown',
      reason: before === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
      message: before === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
      lastTransitionTime: timestamp(nowMs),
    };
    return [
      before?.lastHeartbeatTime === undefined ? silence : { ...silence, lastHeartbeatTime: before.lastHeartbeatTime },
    ];
  });
}

/** The taints a node should have, or undefined if it has them. Taints of others are kept. */
export function wantedTaints(node: Node, nowMs: number): Taint[] | undefined {
  const current = node.spec?.taints ?? [];
  const ready = readiness(node);
  const key = ready === 'True' ? undefined : ready === 'False' ? notReadyKey : unreachableKey;
  const wanted: Taint[] = [
    ...(key === undefined ? [] : [taint(key, 'NoSchedule'), taint(key, 'NoExecute')]),
    ...(node.spec?.unschedulable ? [taint(unschedulableKey, 'NoSchedule')] : []),
  ].map((each) => current.find((one) => sameTaint(one, each)) ?? { ...each, timeAdded: timestamp(nowMs) });
  const kept = current.filter((each) => !managedKeys.includes(each.key));
  const next = [...kept, ...wanted];
  const same = next.length === current.length && next.every((each) => current.includes(each));
  return same ? undefined : next;
}

/** When the pod is to go from a node with these taints: at once, at a time, or never (`Infinity`). */
export function evictionTimeMs(pod: Pod, taints: readonly Taint[]): number {
  let earliestMs = Infinity;
  for (const each of taints) {
    if (each.effect !== 'NoExecute') continue;
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, each));
    const sinceMs = each.timeAdded ? Date.parse(each.timeAdded) : 0;
    const seconds = tolerations.map(({ tolerationSeconds = Infinity }) => tolerationSeconds);
    earliestMs = Math.min(earliestMs, tolerations.length === 0 ? 0 : sinceMs + Math.min(...seconds) * 1000);
  }
  return earliestMs;
}

export function readiness(node: Node): string {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
}

function taint(key: string, effect: string): Taint {
  return { key, effect };
}

function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
