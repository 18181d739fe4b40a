/**
 * Which provider call a pod needs next: a pure function of its record.
 *
 *   unknown, uncertain ──verify──▶ absent | present | ended
 *   absent ──create──▶ present (or uncertain, if it fails)
 *   present ──update, inputs──▶ present
 *   any ──delete──▶ (reported terminated) ended, (not known any more) gone
 *   gone, or absent, without an API object ──▶ forgotten
 */
import type { Pod } from '../../kube/types.js';
import { needsUpdate } from './pod-changes.js';
import { isLeaving, isTerminal, neverCreated, type CallType, type PodRecord } from './pod-record.js';

export type PodCall =
  | { readonly type: 'none' }
  /** Look again at this time, in ms since the epoch. */
  | { readonly type: 'wait'; readonly until: number }
  | { readonly type: 'create'; readonly pod: Pod }
  | { readonly type: 'update'; readonly pod: Pod }
  /** What the pod brings with it has changed, or the provider has not been given it since the start. */
  | { readonly type: 'inputs'; readonly pod: Pod }
  | { readonly type: 'delete'; readonly pod: Pod; readonly gracePeriodSeconds: number }
  /** Ask the backend what it has. */
  | { readonly type: 'verify' }
  /** Ask the apiserver whether the pod is really gone. */
  | { readonly type: 'confirm' }
  | { readonly type: 'forget' };

const none: PodCall = { type: 'none' };

/** Delays between looks at a backend that has been asked to delete: doubled from the first up to the last. */
const firstCheckMs = 500;
const longestCheckMs = 30_000;
/** How long after the grace period a backend that still runs the pod is asked to delete it once more. */
const deleteAgainAfterMs = 30_000;

/** `blocked`: another pod of the same name has not left the backend yet. */
export function decideCall(record: PodRecord, blocked: boolean, now: number): PodCall {
  const call = dueCall(record, blocked, now);
  const failure = call.type in record.failures ? record.failures[call.type as CallType] : undefined;
  if (failure === undefined) return call;
  if (failure.retryAt === undefined) return none;
  return failure.retryAt > now ? { type: 'wait', until: failure.retryAt } : call;
}

function dueCall(record: PodRecord, blocked: boolean, now: number): PodCall {
  const { desired, backend } = record;
  if (desired === undefined) return dueWithoutObject(record, now);
  if (desired.metadata.deletionTimestamp !== undefined) return dueDelete(record, desired, now);
  if (backend === 'unknown' || backend === 'uncertain') return { type: 'verify' };
  if (isTerminal(desired.status)) {
    // Somebody else ended the pod in Kubernetes: what still runs of it would run for nobody.
    const runs = backend === 'present' && record.reported !== undefined;
    return runs ? dueDelete(record, desired, now) : none;
  }
  if (backend === 'ended' || backend === 'gone' || record.evicted) return none;
  // Whatever is missing, its arrival leads here again.
  const waits = record.inputs !== undefined && record.inputs.verdict !== 'ready';
  if (backend === 'present') {
    const changed = record.applied !== undefined && needsUpdate(record.applied, desired);
    return changed && !waits ? { type: 'update', pod: desired } : dueInputs(record, desired);
  }
  return blocked || waits ? none : { type: 'create', pod: desired };
}

function dueInputs({ inputs }: PodRecord, pod: Pod): PodCall {
  if (!inputs?.isFollowed || inputs.verdict === 'pending' || inputs.applied === inputs.changes) return none;
  return { type: 'inputs', pod };
}

function dueWithoutObject(record: PodRecord, now: number): PodCall {
  if (record.backend === 'gone' || neverCreated(record)) return { type: 'forget' };
  if (record.disappearance === 'inferred') return { type: 'confirm' };
  if (record.backend === 'ended' && record.deleted !== undefined) return { type: 'forget' };
  return dueDelete(record, record.lastSeen, now);
}

function dueDelete(record: PodRecord, pod: Pod, now: number): PodCall {
  if (record.backend === 'gone' || neverCreated(record)) return none;
  const gracePeriodSeconds = graceOf(pod);
  const { deleted } = record;
  if (deleted === undefined || gracePeriodSeconds < deleted.gracePeriodSeconds) {
    return { type: 'delete', pod, gracePeriodSeconds };
  }
  if (record.backend === 'ended') return none;
  if (now >= deleted.at + deleted.gracePeriodSeconds * 1000 + deleteAgainAfterMs) {
    return { type: 'delete', pod, gracePeriodSeconds };
  }
  if (deleted.checks === 0) return { type: 'verify' };
  const checkAt = deleted.at + Math.min(firstCheckMs * (2 ** deleted.checks - 1), deleted.checks * longestCheckMs);
  return checkAt > now ? { type: 'wait', until: checkAt } : { type: 'verify' };
}

/** Whether the call that runs keeps a pod that is to go from going: a create or update, or a delete with more grace. */
export function isInTheWay(record: PodRecord): boolean {
  const { inFlight } = record;
  if (inFlight === undefined || !isLeaving(record)) return false;
  if (inFlight.gracePeriodSeconds !== undefined) return graceOf(record.lastSeen) < inFlight.gracePeriodSeconds;
  return inFlight.call === 'create' || inFlight.call === 'update' || inFlight.call === 'inputs';
}

/** As a kubelet takes it: the grace of the deletion if there is one, else that of the spec. */
function graceOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}
