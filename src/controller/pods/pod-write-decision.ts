/**
 * Which API write a pod needs next: a pure function of its record. The status goes before the delete, so that whoever
 * waits for a pod's end (a Job, say) sees how it ended.
 */
import type { Pod, PodStatus } from '../../kube/types.js';
import { showsMissingInputs, waitingStatus } from '../inputs/inputs-verdict.js';
import { hasStarted, isTerminal, neverCreated, type PodRecord } from './pod-record.js';
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
      /** What is noted as refused if the server does not take the patch. */
      readonly refusable: unknown;
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
  const { sent, refused } = record;
  const wanted = toTell(record, desired, now);
  if (wanted === undefined) return none;
  const isRefused = refused !== undefined && refused.cause === wanted.cause && refused.until > now;
  const otherwise: PodWrite = isRefused ? { type: 'wait', until: refused.until } : none;
  if (isRefused && refused.least) return otherwise;
  const told = isRefused ? leastToTell(wanted.status, refused) : wanted;
  const generation = record.applied?.metadata.generation;
  const repair = sent !== undefined && sent.cause === told.cause && sent.generation === generation;
  if (repair && sent.result === desired.status) return otherwise;
  const patch = statusPatch(desired, told.status, generation, now);
  if (patch === undefined) return otherwise;
  if (repair && sent.repairs > 0) {
    const due = sent.at + Math.min(1000 * 2 ** (sent.repairs - 1), longestRepairDelayMs);
    if (due > now) return { type: 'wait', until: due };
  }
  return { type: 'status', patch, cause: told.cause, generation, repair, refusable: wanted.cause };
}

interface Told {
  readonly status: PodStatus;
  readonly cause: unknown;
}

/** Of a status that the server refused: whether the pod lives, and why no more is shown. */
function leastToTell({ phase }: PodStatus, refused: NonNullable<PodRecord['refused']>): Told {
  return { status: { ...(phase ? { phase } : {}), reason: 'StatusRefused', message: refused.message }, cause: refused };
}

/** The status that Kubernetes should hold, with what it follows from; undefined while there is nothing to say. */
function toTell(record: PodRecord, desired: Pod, now: number): Told | undefined {
  const { failures, reported, backend, inputs } = record;
  if (reported !== undefined && isTerminal(reported)) return { status: reported, cause: reported };
  if (failures.create?.isMissingInputs) {
    return { status: waitingStatus(desired, { containers: new Map() }, now), cause: failures.create };
  }
  if (failures.create) {
    const isFinal = failures.create.retryAt === undefined;
    // It may have worked all the same: a phase that never goes back waits for the backend's answer.
    if (isFinal && backend === 'uncertain') return undefined;
    const phase = isFinal ? 'Failed' : 'Pending';
    const told = { phase, reason: 'ProviderFailed', message: failures.create.message };
    // It ran before the backend lost it: nobody is to send it requests meanwhile.
    const isLost = !isFinal && hasStarted(desired.status);
    const before = isLost ? waitingStatus(desired, { containers: new Map() }, now) : noLongerMissing(desired, now);
    return { status: { ...before, ...told }, cause: failures.create };
  }
  if (failures.update) {
    const status = { ...(reported ?? desired.status), reason: 'ProviderFailed', message: failures.update.message };
    return { status, cause: failures.update };
  }
  if (reported !== undefined) return { status: reported, cause: reported };
  if (backend === 'absent' && typeof inputs?.verdict === 'object') {
    return { status: waitingStatus(desired, inputs.verdict, now), cause: inputs.verdict };
  }
  if (inputs?.verdict === 'ready' && showsMissingInputs(desired.status)) {
    return { status: waitingStatus(desired, { containers: new Map() }, now), cause: 'inputs arrived' };
  }
  const recovered = backend === 'present' && desired.status?.reason === 'ProviderFailed';
  return recovered ? { status: { phase: desired.status?.phase ?? 'Pending' }, cause: 'recovered' } : undefined;
}

/** What a status that said that something is missing says instead. */
function noLongerMissing(desired: Pod, now: number): PodStatus {
  return showsMissingInputs(desired.status) ? waitingStatus(desired, { containers: new Map() }, now) : {};
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
