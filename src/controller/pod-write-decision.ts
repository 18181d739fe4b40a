/**
 * Which API write a pod needs next: a pure function of its record. The status goes before the delete, so that whoever
 * waits for a pod's end (a Job, say) sees how it ended.
 */
import type { Pod, PodStatus } from '../kube/types.js';
import { isTerminal, neverCreated, type PodRecord } from './pod-record.js';
import { statusPatch, type StatusPatch } from './pod-status-patch.js';

export type PodWrite =
  | { readonly type: 'none' }
  /** Look again at this time, in ms since the epoch. */
  | { readonly type: 'wait'; readonly until: number }
  /** `cause` and `generation`: what the patch tells of. `repair`: it was told before and overwritten. */
  | {
      readonly type: 'status';
      readonly patch: StatusPatch;
      readonly cause: unknown;
      readonly generation: number | undefined;
      readonly repair: boolean;
    }
  /** Delete the API object for good: the backend confirmed that nothing of the pod is left. */
  | { readonly type: 'finalise' }
  /** Delete the API object of a pod that the backend evicted. */
  | { readonly type: 'evict'; readonly gracePeriodSeconds: number | undefined };

export interface WriteRules {
  /** How long after its deletionTimestamp a pod is finalised although the backend still has it. Undefined: never. */
  readonly forceFinaliseAfterMs: number | undefined;
}

const none: PodWrite = { type: 'none' };

/** A status that others overwrite is put right at once; if they go on, after 1 s, 2 s, 4 s … up to this. */
const longestRepairDelayMs = 60_000;

export function decideWrite(record: PodRecord, rules: WriteRules, now: number): PodWrite {
  const { desired } = record;
  if (desired === undefined) return none;
  const status = dueStatus(record, desired, now);
  if (status.type === 'status') return status;
  const deletion = dueDeletion(record, desired, rules, now);
  return deletion.type === 'none' ? status : deletion;
}

function dueStatus(record: PodRecord, desired: Pod, now: number): PodWrite {
  if (isTerminal(desired.status)) return none;
  const told = toTell(record, desired);
  if (told === undefined) return none;
  const { sent } = record;
  const generation = record.applied?.metadata.generation;
  const repair = sent !== undefined && sent.cause === told.cause && sent.generation === generation;
  if (repair && sent.result === desired.status) return none;
  const patch = statusPatch(desired, told.status, generation, now);
  if (patch === undefined) return none;
  if (repair && sent.repairs > 0) {
    const due = sent.at + Math.min(1000 * 2 ** (sent.repairs - 1), longestRepairDelayMs);
    if (due > now) return { type: 'wait', until: due };
  }
  return { type: 'status', patch, cause: told.cause, generation, repair };
}

/** The status that Kubernetes should hold, with what it follows from; undefined while there is nothing to say. */
function toTell(record: PodRecord, desired: Pod): { status: PodStatus; cause: unknown } | undefined {
  const { failures, reported, backend } = record;
  if (failures.create) {
    const phase = failures.create.retryAt === undefined ? 'Failed' : 'Pending';
    return { status: { phase, reason: 'ProviderFailed', message: failures.create.message }, cause: failures.create };
  }
  if (failures.update) {
    const status = { ...(reported ?? desired.status), reason: 'ProviderFailed', message: failures.update.message };
    return { status, cause: failures.update };
  }
  if (reported !== undefined) return { status: reported, cause: reported };
  const recovered = backend === 'present' && desired.status?.reason === 'ProviderFailed';
  return recovered ? { status: { phase: desired.status?.phase ?? 'Pending' }, cause: 'recovered' } : undefined;
}

function dueDeletion(record: PodRecord, desired: Pod, rules: WriteRules, now: number): PodWrite {
  const { deletionTimestamp, deletionGracePeriodSeconds } = desired.metadata;
  if (deletionTimestamp === undefined) {
    const { evicted } = record;
    return evicted === undefined || evicted.sent
      ? none
      : { type: 'evict', gracePeriodSeconds: evicted.gracePeriodSeconds };
  }
  // With a grace of 0 the last delete has been sent: what keeps the object is somebody's finalizer.
  if (record.finalised || deletionGracePeriodSeconds === 0) return none;
  const ended = record.backend === 'ended' && record.deleted !== undefined;
  if (ended || record.backend === 'gone' || neverCreated(record)) return { type: 'finalise' };
  if (rules.forceFinaliseAfterMs === undefined) return none;
  const deadline = Date.parse(deletionTimestamp) + rules.forceFinaliseAfterMs;
  return now >= deadline ? { type: 'finalise' } : { type: 'wait', until: deadline };
}
