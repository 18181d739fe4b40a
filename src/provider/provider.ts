/**
 * What a backend author implements. Only {@link PodLifecycleHandler} is required; each capability is an interface of its
 * own, detected by the presence of its method.
 */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { Node, Pod, PodStatus } from '../kube/types.js';
import type { CallContext } from './call-context.js';
import type { PodContext, PodInputsReceiver } from './inputs/pod-inputs.js';
import type { PodRef } from './pod-ref.js';
import type { NotifierContext } from './tracker/node-pods.js';
import type { StatsSummary } from './stats.js';

export type { CallContext } from './call-context.js';
export { podRef } from './pod-ref.js';
export type { PodRef } from './pod-ref.js';
export type { StatsSummary } from './stats.js';

export interface ContainerRef extends PodRef {
  readonly container: string;
}

export interface DeleteContext extends CallContext {
  /** Seconds the pod's containers have between the request to end and being killed. 0 means at once. */
  readonly gracePeriodSeconds: number;
}

/**
 * Pods handed over are the callee's own copies, free to be changed and kept. Calls for one pod never overlap; calls for
 * different pods do, up to the node's `providerConcurrency`. Any method may reject: the call is repeated with backoff,
 * for ever, unless the error says otherwise (`VkError`: `retry`, or code `InvalidInput`).
 */
export interface PodLifecycleHandler {
  /**
   * Starts the pod. Resolves when the backend has taken it over, not necessarily when it runs. May be called again for
   * a pod after a rejection or a crash, so it must take what is already there for the same uid as its own.
   */
  createPod(pod: Pod, context: PodContext): Promise<void>;
  /** The spec, labels or annotations changed. A backend that cannot apply a change resolves and leaves the status as it is. */
  updatePod(pod: Pod, context: PodContext): Promise<void>;
  /**
   * Ends the pod. May resolve before it is gone: the API object stays until the provider reports every container
   * terminated or no longer knows the pod. May be called again, also with a shorter grace period. For a pod that the
   * backend does not know it resolves, or rejects with code `NotFound`: both mean gone.
   */
  deletePod(pod: Pod, context: DeleteContext): Promise<void>;
  /** The pod as the backend has it, or undefined (or code `NotFound`) if it does not. Rejects if it cannot tell. */
  getPod(ref: PodRef, context: CallContext): Promise<Pod | undefined>;
  /** The same for the status alone. */
  getPodStatus(ref: PodRef, context: CallContext): Promise<PodStatus | undefined>;
  /**
   * All pods of this node that the backend has, with uid. Asked at start, to adopt what runs, and now and then to find
   * what should not be there. Rejects if the list is not complete.
   */
  getPods(context: CallContext): Promise<Pod[]>;
}

/** A backend that tells of changes by itself. Without it the SDK polls `getPodStatus`. */
export interface PodNotifier {
  /**
   * Called once, before any other call. From then on the provider calls `notify` with a pod whose status changed (its
   * metadata and whole status). `notify` never throws, may be called at any time, and copies what it is given.
   * A pod with a `deletionTimestamp` that Kubernetes did not ask for is an eviction: its API object is deleted.
   * `context.pods` is what the node knows of its pods meanwhile; a `PodsTracker` does the rest with it.
   */
  notifyPods(notify: (pod: Pod) => void, context: NotifierContext): void;
}

/** A backend that can answer for all pods at once. Used by the poller in place of one `getPodStatus` per pod. */
export interface PodStatusLister {
  /** The status of every pod of this node. Rejects if the answer is not complete. */
  listPodStatuses(context: CallContext): Promise<{ readonly ref: PodRef; readonly status: PodStatus }[]>;
}

/** What a client asks for, valid and complete: `logStream` does all of it for a provider that has lines. */
export interface ContainerLogOptions {
  /** Go on with what is written until the container stops. Default: end with what there is. */
  readonly follow?: boolean;
  /** The container's instance before the last restart. Default: the one that ran last. */
  readonly previous?: boolean;
  /** Each line begins with its time, in RFC 3339 with nine fractional digits, and a space. */
  readonly timestamps?: boolean;
  /** The last so many lines, of those that there are when the call comes. 0 is none of them, left out is all. */
  readonly tailLines?: number;
  /** The answer is no longer than this, cut in the middle of a line if need be. At least 1. */
  readonly limitBytes?: number;
  /** Only lines not older than this. At least 1, and not together with `sinceTime`. */
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Default: All. */
  readonly stream?: 'All' | 'Stdout' | 'Stderr';
}

export interface ContainerLogs {
  /**
   * Answers the container's log as bytes, or strings in UTF-8. Called any number of times at the same time. Rejects
   * where it cannot (`NotFound` if it has no such log). When the client has gone the stream is destroyed and
   * `context.signal` aborts; when the stream fails midway the client's connection is cut, so that it does not take what
   * it has for all.
   */
  getContainerLogs(ref: ContainerRef, options: ContainerLogOptions, context: CallContext): Promise<Readable>;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The streams of an exec or attach. Those that the client did not ask for are undefined. */
export interface AttachIO {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  readonly tty: boolean;
  /** Sizes of the client's terminal, the first at once. Only with `tty`. */
  readonly resize?: AsyncIterable<TerminalSize>;
}

export interface ContainerExec {
  /**
   * Runs `command` and resolves with its exit code, after its output has been written; with `undefined` where the backend
   * does not tell the code. The client is then told that nobody knows how the command ended, which is a failure: 0 made
   * up would be believed.
   */
  runInContainer(ref: ContainerRef, command: string[], io: AttachIO, context: CallContext): Promise<number | undefined>;
}

export interface ContainerAttach {
  attachToContainer(ref: ContainerRef, io: AttachIO, context: CallContext): Promise<number | void>;
}

export interface PortForwarder {
  /** Joins `connection` to `port` of the pod. Resolves when both directions have ended. */
  portForward(ref: PodRef, port: number, connection: Duplex, context: CallContext): Promise<void>;
}

export interface StatsProvider {
  /**
   * What the node and its pods use just now. Asked by metrics-server every 15 s or so, by several clients at the same
   * time; a rejection is answered as a failed scrape and changes nothing else. `StatsBuilder` makes one of plain figures.
   */
  getStatsSummary(context: CallContext): Promise<StatsSummary>;
}

export interface NodeConfigurer {
  /** Changes the node object before it is registered: capacity, addresses, labels, taints, node info. */
  configureNode(node: Node): void | Promise<void>;
}

export interface NodeHealth {
  /** Rejects if the backend is out of reach. Asked every `pingIntervalMs`; the node is NotReady while it fails. */
  ping(context: CallContext): Promise<void>;
  /**
   * Called once. The provider calls `notify` with a node whose status (capacity, allocatable, conditions, addresses),
   * labels, annotations or taints changed; they replace what it said before, and are sent soon.
   */
  notifyNodeStatus(notify: (node: Node) => void): void;
}

export interface Provider
  extends
    PodLifecycleHandler,
    Partial<
      PodNotifier &
        PodInputsReceiver &
        PodStatusLister &
        ContainerLogs &
        ContainerExec &
        ContainerAttach &
        PortForwarder &
        StatsProvider &
        NodeConfigurer &
        NodeHealth
    > {}
