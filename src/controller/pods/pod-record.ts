/**
 * What the PodController remembers of one pod. Everything here can be rebuilt from Kubernetes and the backend, and is at
 * start; the record is dropped with the pod.
 *
 * Neighbours: `pod-call-decision.ts` (which provider call is due), `pod-write-decision.ts` (which API write is due),
 * `pod-controller.ts` (feeds records from the watch, the provider and the calls' results), `pod-records.ts` (their map).
 *
 * Invariants
 * 1. A record stands for one uid and never changes it.
 * 2. `desired` is the newest state known of the API object, by resourceVersion; undefined once the object is gone.
 * 3. `backend` says what the backend was last known to have, never what it was asked to do.
 * 4. Once `reported` is terminal it is never replaced by a report that is not.
 */
import type { Pod, PodStatus } from '../../kube/types.js';
import type { PodRef } from '../../provider/provider.js';
import type { HeldInputs } from '../inputs/held-inputs.js';
import type { InputsBlock } from '../inputs/inputs-verdict.js';

/**
 * What the backend has of the pod:
 * - `unknown`: it has not been asked since the start, and did not list the pod then;
 * - `absent`: nothing, it said so or was never told of the pod;
 * - `uncertain`: a create was tried and failed, so anything from nothing to the whole pod;
 * - `present`: the pod, running or about to;
 * - `ended`: the pod, every container terminated;
 * - `gone`: nothing any more, it said so after having been asked to delete.
 */
export type BackendState = 'unknown' | 'absent' | 'uncertain' | 'present' | 'ended' | 'gone';

/** What can fail and be tried again. */
export type CallType = 'create' | 'update' | 'inputs' | 'delete' | 'verify' | 'confirm';

/** The newest attempt of a call, if it failed. */
export interface CallFailure {
  /** The error's message, with what is being done about it. */
  readonly message: string;
  /** Consecutive failures. */
  readonly attempts: number;
  /** When the next attempt is due, in ms since the epoch; undefined if trying again is useless. */
  readonly retryAt: number | undefined;
  /** Something that the pod refers to was not there: its arrival makes the call due at once. */
  readonly isMissingInputs: boolean;
}

/** How the API object went, as far as that is known. */
export type Disappearance =
  /** A DELETED event, or another uid under the name: certain. */
  | 'certain'
  /** Missing from a list, or known to the backend alone: to be confirmed by asking the server. */
  | 'inferred';

export interface RecordInputs {
  readonly held: HeldInputs;
  /** Whether the provider takes changes while the pod runs. */
  readonly isFollowed: boolean;
  /** Of the environment. `pending`: not all of it has been read yet. A block says what is missing. */
  verdict: 'pending' | 'ready' | InputsBlock;
  /** Whether the environment may have changed since the verdict. */
  isStale: boolean;
  /** Counts the changes of what is in the volumes. */
  changes: number;
  /** The change up to which the provider has asked for them, or that its newest call began with. */
  given: number;
  /** The change up to which a call of the provider succeeded; undefined before the first. */
  applied: number | undefined;
  /** The same two for objects that the provider asks for by name: their changes alone lead to no call. */
  lookups: number;
  lookedUp: number;
  /** The problems that Events were written about. */
  told: string;
}

export interface PodRecord {
  /** The uid; for a pod of the backend that has none, `namespace/name`. */
  readonly key: string;
  readonly ref: PodRef;
  desired: Pod | undefined;
  /** The last state the pod was seen in, here or in the backend: what `deletePod` is given once `desired` is gone. */
  lastSeen: Pod;
  disappearance: Disappearance | undefined;
  backend: BackendState;
  /** The provider's newest word on the status. */
  reported: PodStatus | undefined;
  /** When the provider took the pod over, or was last asked to, in ms since the epoch; undefined if before this process. */
  createdAt: number | undefined;
  /** The state of `desired` that the provider was last given with success, or was found to have. */
  applied: Pod | undefined;
  readonly failures: Partial<Record<CallType, CallFailure>>;
  /** The delete that the provider took: with which grace, when, and how often its effect was asked for since. */
  deleted: { readonly gracePeriodSeconds: number; readonly at: number; readonly checks: number } | undefined;
  /** The backend evicted the pod, with which grace if it said so, and whether the API object's delete was sent. */
  evicted: { readonly gracePeriodSeconds: number | undefined; readonly sent: boolean } | undefined;
  /** The API object's last delete was sent and answered. */
  finalised: boolean;
  /**
   * The newest status write: what it told of (a failure or a report, and the generation acted on), the status that came of
   * it, and how often the same was written again because others overwrote it.
   */
  sent:
    | {
        readonly cause: unknown;
        readonly generation: number | undefined;
        readonly result: PodStatus | undefined;
        readonly repairs: number;
        readonly at: number;
      }
    | undefined;
  /** What the server refused to store, why, until when that is not tried again, and whether it refused even the least. */
  refused:
    { readonly cause: unknown; readonly message: string; readonly until: number; readonly least: boolean } | undefined;
  /** What the pod brings with it. Undefined where nothing is prepared for it, or no longer. */
  inputs: RecordInputs | undefined;
  /** The provider call that runs now, a delete with its grace. */
  inFlight:
    | { readonly call: CallType; readonly gracePeriodSeconds: number | undefined; readonly abort: AbortController }
    | undefined;
}

export function newRecord(ref: PodRef, lastSeen: Pod, backend: BackendState): PodRecord {
  return {
    key: ref.uid === '' ? `${ref.namespace}/${ref.name}` : ref.uid,
    ref,
    desired: undefined,
    lastSeen,
    disappearance: undefined,
    backend,
    reported: undefined,
    createdAt: undefined,
    applied: undefined,
    failures: {},
    deleted: undefined,
    evicted: undefined,
    finalised: false,
    sent: undefined,
    refused: undefined,
    inputs: undefined,
    inFlight: undefined,
  };
}

/** Succeeded or Failed: a phase that never changes again. */
export function isTerminal(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Whether the provider's word is that nothing of the pod runs any more. */
export function hasEnded(status: PodStatus): boolean {
  if (isTerminal(status)) return true;
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const started = containers.some((container) => container.state?.terminated !== undefined);
  return started && containers.every((container) => container.state?.running === undefined);
}

/** Whether Kubernetes knows that a container of the pod ran. */
export function hasStarted(status: PodStatus | undefined): boolean {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return status?.phase === 'Running' || containers.some(({ state }) => state?.running ?? state?.terminated);
}

/** Whether the pod is to go, in Kubernetes' eyes. */
export function isLeaving(record: PodRecord): boolean {
  return record.desired === undefined || record.desired.metadata.deletionTimestamp !== undefined;
}

/** Whether the backend has nothing of the pod and was never asked to make it. */
export function neverCreated(record: PodRecord): boolean {
  return record.backend === 'absent' && record.failures.create === undefined && record.inFlight?.call !== 'create';
}
