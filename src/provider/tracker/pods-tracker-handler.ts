/** What a backend answers a `PodsTracker`. */
import type { PodStatus } from '../../kube/types.js';
import type { CallContext } from '../call-context.js';
import type { PodRef, PodStatusLister } from '../provider.js';

/** What happened to a pod in its backend. */
export interface BackendEvent {
  /** When, in ms since the epoch: of an occurrence that repeats, the last time. */
  readonly at: number;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, as of every Kubernetes Event. */
  readonly reason: string;
  readonly message: string;
}

/** A pod that the backend has. */
export interface ActivePod {
  readonly ref: PodRef;
  /** When the backend made it, in ms since the epoch, if it tells. */
  readonly createdAt?: number;
}

export interface FetchContext extends CallContext {
  /** Takes the pod's events where an answer brings them along: those that were told before are passed over. */
  reportEvents(events: readonly BackendEvent[]): void;
}

/**
 * A call that rejects says nothing about pods. One that rejects with `TooManyRequests`, or with `Unavailable` and a time
 * to wait (`VkError.retry`), makes all calls wait.
 */
export interface PodsTrackerHandler extends Partial<PodStatusLister> {
  /**
   * Every pod of this node that the backend has, whatever state it is in. Rejects if the list is not complete: what is
   * missing from it is taken for gone, what is in it and unknown to Kubernetes for dangling.
   */
  listActivePods(context: CallContext): Promise<readonly ActivePod[]>;
  /** The status of one pod, or undefined (or code `NotFound`) if the backend does not know it. Rejects if it cannot tell. */
  fetchPodStatus(ref: PodRef, context: FetchContext): Promise<PodStatus | undefined>;
  /**
   * What happened to the pod, in any order. `since`: the newest that was told, in ms since the epoch; events up to it may
   * be left out, and are passed over. Left out by a backend that has none, or hands them over with the status.
   */
  fetchPodEvents?(ref: PodRef, since: number, context: CallContext): Promise<readonly BackendEvent[]>;
  /** Removes a pod that Kubernetes does not have from the backend. Resolves, or rejects with `NotFound`, if it is gone already. */
  cleanupPod(ref: PodRef, context: CallContext): Promise<void>;
}
