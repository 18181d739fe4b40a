/** What a node tells a provider of its pods: what {@link PodNotifier.notifyPods} gets, and a `PodsTracker` works from. */
import type { Pod, PodStatus } from '../../kube/types.js';
import type { CallContext } from '../call-context.js';
import type { PodRef } from '../pod-ref.js';

/** A pod that the backend has taken over and not given back. */
export interface TrackedPod {
  /** As Kubernetes has it. Shared with the cache: not to be changed. */
  readonly pod: Pod;
  /** What the provider last reported of it, if it has. */
  readonly lastStatus?: PodStatus | undefined;
  /** Kubernetes asked for the pod's end, or the backend evicted it: that it goes is expected. */
  readonly deleted: boolean;
  /** When the provider took the pod over, in ms since the epoch. 0: before this process. */
  readonly createdAt: number;
}

export interface NodePods {
  /** The pods that the backend should have, as of now. Nothing until what the backend had at start is adopted. */
  tracked(): Iterable<TrackedPod>;
  /** The same for one. */
  find(ref: PodRef): TrackedPod | undefined;
  /**
   * Whether anybody stands for the pod: Kubernetes has it, or its end is under way. `undefined` while that cannot be told,
   * as the view of Kubernetes is old or not complete: then nothing follows from a pod's absence.
   */
  isWanted(ref: PodRef): boolean | undefined;
  /** Asks the apiserver itself whether a pod of that name and uid exists. Rejects where it does not answer. */
  existsInKubernetes(ref: PodRef, signal: AbortSignal): Promise<boolean>;
  /**
   * Keeps other calls for the pod away while the backend is asked about it. Answers what lets them in again, or undefined
   * if one is running, or nobody stands for the pod.
   */
  claim(ref: PodRef): (() => void) | undefined;
  /** Reports an Event about the pod. Never throws; see `EventSink`. */
  event(ref: PodRef, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface NotifierContext extends CallContext {
  readonly pods: NodePods;
}
