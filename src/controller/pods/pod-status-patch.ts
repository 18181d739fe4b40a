/**
 * The patch of a pod's status subresource that brings the provider's report to Kubernetes: only what changed, with the
 * fields and conditions of others left alone. Pure.
 *
 * The patch is a strategic merge (conditions merge by type, so a condition written by somebody else at the same moment
 * survives) and carries the uid, which the server takes as a precondition: a pod re-created under the name is not hit.
 */
import type { Pod, PodCondition, PodStatus } from '../../kube/types.js';
import { timestamp } from '../../provider/timestamp.js';
import { holds, serverTime } from './status-equality.js';

/** Fields of a pod's status that the control plane owns: never sent, whatever a provider reports. */
const foreignFields: ReadonlySet<string> = new Set(['qosClass', 'nominatedNodeName', 'resourceClaimStatuses']);
/** Fields that a report which leaves them out takes back. */
const clearedFields = ['reason', 'message'] as const;
/** Lists that a strategic merge would add to instead of replacing. */
const mergedLists: ReadonlySet<string> = new Set(['podIPs', 'hostIPs']);

export interface StatusPatch {
  readonly metadata: { readonly uid: string };
  readonly status: Readonly<Record<string, unknown>>;
}

/** The patch from what `pod` holds to `report`, or undefined if it holds it already. `now` dates changed conditions. */
export function statusPatch(
  pod: Pod,
  report: PodStatus,
  observedGeneration: number | undefined,
  now: number,
): StatusPatch | undefined {
  const held: Readonly<Record<string, unknown>> = { ...pod.status };
  const wanted = completed(report, observedGeneration ?? report.observedGeneration);
  const changes: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted)) {
    if (field === 'conditions' || foreignFields.has(field) || value === undefined || value === null) continue;
    if (holds(held[field], value)) continue;
    changes[field] = mergedLists.has(field) ? [{ $patch: 'replace' }, ...(value as unknown[])] : value;
  }
  for (const field of clearedFields) {
    if (held[field] !== undefined && wanted[field] === undefined) changes[field] = null;
  }
  const conditions = changedConditions(pod, report.conditions ?? [], now);
  if (conditions.length > 0) changes['conditions'] = conditions;
  if (Object.keys(changes).length === 0) return undefined;
  return { metadata: { uid: pod.metadata.uid ?? '' }, status: changes };
}

/** The report with what follows from it: plural addresses from the singular ones, the generation that was acted on. */
function completed(report: PodStatus, observedGeneration: number | undefined): Readonly<Record<string, unknown>> {
  return {
    ...report,
    ...(report.podIP && !report.podIPs?.length ? { podIPs: [{ ip: report.podIP }] } : {}),
    ...(report.hostIP && !report.hostIPs?.length ? { hostIPs: [{ ip: report.hostIP }] } : {}),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

function changedConditions(pod: Pod, reported: readonly PodCondition[], now: number): object[] {
  const gates = (pod.spec.readinessGates ?? []).map((gate) => gate.conditionType);
  const held = new Map((pod.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const changed: object[] = [];
  for (const original of reported) {
    // A readiness gate belongs to whoever set it up; a provider's copy of it is old by nature.
    if (gates.includes(original.type)) continue;
    const condition = original.type === 'Ready' ? gatedReady(original, gates, held) : original;
    const before = held.get(condition.type);
    if (before !== undefined && sameCondition(before, condition)) continue;
    changed.push({
      ...taken(before, condition),
      ...condition,
      lastTransitionTime: transitionTime(before, condition, now),
    });
  }
  return changed;
}

/** What a condition no longer says: in a merge, what is left out would stay. */
function taken(before: PodCondition | undefined, condition: PodCondition): object {
  const fields = clearedFields.filter((field) => before?.[field] !== undefined && condition[field] === undefined);
  return Object.fromEntries(fields.map((field) => [field, null]));
}

function sameCondition(held: PodCondition, reported: PodCondition): boolean {
  return (
    held.status === reported.status &&
    (held.reason ?? '') === (reported.reason ?? '') &&
    (held.message ?? '') === (reported.message ?? '') &&
    (reported.observedGeneration === undefined || held.observedGeneration === reported.observedGeneration)
  );
}

/** The time of a condition changes with its status and with nothing else. */
function transitionTime(before: PodCondition | undefined, condition: PodCondition, now: number): string {
  if (before?.lastTransitionTime && before.status === condition.status) return before.lastTransitionTime;
  return condition.lastTransitionTime === undefined ? timestamp(now) : serverTime(condition.lastTransitionTime);
}

/** Ready, held back by readiness gates that are not True; reason and messages are the kubelet's. */
function gatedReady(
  ready: PodCondition,
  gates: readonly string[],
  held: ReadonlyMap<string, PodCondition>,
): PodCondition {
  if (ready.status !== 'True') return ready;
  const unmet: string[] = [];
  for (const gate of gates) {
    const condition = held.get(gate);
    if (condition === undefined) {
      unmet.push(`corresponding condition of pod readiness gate "${gate}" does not exist.`);
    } else if (condition.status !== 'True') {
      unmet.push(`the status of pod readiness gate "${gate}" is not "True", but ${condition.status}`);
    }
  }
  if (unmet.length === 0) return ready;
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: unmet.join(', ') };
}
