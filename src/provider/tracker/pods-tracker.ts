/**
 * Follows a backend that does not tell of its pods by itself: a cloud's API, which is slow to know, limits how often it is
 * asked, and is sometimes wrong. Made of parts that stand alone: `status-poller.ts` (statuses, each pod at its own pace),
 * `backend-events.ts` (what happened to pods), `dangling-cleaner.ts` (what nobody wants any more), `backend-calls.ts`
 * (deadline and throttle of all of them).
 *
 * Invariants
 * 1. Nothing is asked before `start`, and nothing told after the end of its context, or `close`.
 * 2. Nothing is removed from the backend because a read failed, was empty, or was old.
 */
import type { Pod, PodStatus } from '../../kube/types.js';
import { systemClock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { lateLogger, type Logger, silentLogger } from '../../runtime/logger.js';
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { Throttle } from '../cloud/throttle.js';
import type { PodRef } from '../provider.js';
import { BackendCalls } from './backend-calls.js';
import { BackendEvents } from './backend-events.js';
import { resolveCleanupRules, type CleanupRules } from './cleanup-rules.js';
import { DanglingCleaner } from './dangling-cleaner.js';
import type { NodePods, NotifierContext } from './node-pods.js';
import type { PodsTrackerHandler } from './pods-tracker-handler.js';
import type { PodsTrackerOptions, PodsTrackerStatus } from './pods-tracker-options.js';
import { StatusPoller, type PodStatusSource } from './status-poller.js';
import { checkStatusPollerOptions } from './status-poller-options.js';
import { trackerMetrics } from './tracker-metrics.js';

/**
 * ```ts
 * class CloudProvider implements PodNotifier {
 *   readonly #tracker: PodsTracker;
 *
 *   constructor(cloud: PodsTrackerHandler) {
 *     this.#tracker = new PodsTracker(cloud);
 *   }
 *
 *   notifyPods(notify: (pod: Pod) => void, context: NotifierContext): void {
 *     this.#tracker.start(notify, context);
 *   }
 * }
 * ```
 *
 * Serves one node, once. Tell that node `pods: { danglingIntervalMs: Infinity }`, as its own search for dangling pods would
 * ask `getPods` for what the tracker knows from `listActivePods`; both together do no harm.
 */
export class PodsTracker implements AsyncDisposable {
  readonly #handler: PodsTrackerHandler;
  readonly #options: PodsTrackerOptions;
  /** Undefined if nothing is to be removed. */
  readonly #rules: CleanupRules | undefined;
  readonly #throttle: Throttle;
  readonly #calls: BackendCalls;
  /** The node's from `start` on, unless the tracker has one of its own. */
  #logger: Logger;
  #parts: Parts | undefined;

  /** Throws `InvalidInput` for an option that makes no sense. */
  constructor(handler: PodsTrackerHandler, options: PodsTrackerOptions = {}) {
    checkStatusPollerOptions(options);
    const { clock = systemClock, random = Math.random, callTimeoutMs = 30_000 } = options;
    this.#handler = handler;
    this.#options = options;
    this.#rules = options.cleanup === false ? undefined : resolveCleanupRules(options.cleanup);
    this.#logger = options.logger ?? silentLogger;
    const logger = lateLogger(() => this.#logger);
    this.#throttle = options.throttle ?? new Throttle({ clock, random, logger });
    this.#calls = new BackendCalls({ clock, throttle: this.#throttle, timeoutMs: callTimeoutMs });
  }

  /**
   * Begins to follow the node's pods, until `context.signal` aborts: for `notifyPods`, with what that is given. Throws
   * `InvalidInput` if it was called before.
   */
  start(notify: (pod: Pod) => void, context: NotifierContext): void {
    if (this.#parts !== undefined)
      throw new VkError('InvalidInput', 'pods tracker: it follows one node, and does already');
    this.#parts = this.#assemble(notify, context);
    this.#parts.poller.start();
    this.#parts.cleaner?.start();
    onAbort(context.signal, () => void this.close());
  }

  /**
   * Lets `mutate` change a copy of the pod's last status, or answer another, and tells Kubernetes of it at once. It stays
   * until a look that begins later finds something else; an answer to an earlier one does not overwrite it. Answers false
   * if the node has no such pod, or its creation has not resolved. What `mutate` throws comes out; throws `InvalidInput` if
   * what it answers is no status (a promise, say).
   */
  updatePodStatus(ref: PodRef, mutate: (status: PodStatus) => PodStatus | void): boolean {
    return this.#parts?.poller.update(ref, mutate) ?? false;
  }

  /** Has the pod looked at soon, without waiting for its time: after an update of it, say. A new pod is without being told. */
  look(ref: PodRef): void {
    this.#parts?.poller.look(ref);
  }

  get status(): PodsTrackerStatus {
    const phase = this.#calls.signal.aborted ? 'closed' : this.#parts ? 'running' : 'new';
    const looks = this.#parts?.poller.status ?? { pods: 0, waiting: 0, running: 0 };
    const found = this.#parts?.cleaner?.status ?? { dangling: 0, isSuspicious: false };
    return { phase, ...looks, ...found, pausedUntil: this.#throttle.pausedUntil };
  }

  /** A source of metrics: `new VirtualNode(…, { kubelet: { metrics: [tracker.metrics] } })` shows them. */
  readonly metrics = (): MetricFamily[] => trackerMetrics({ status: this.status, calls: this.#calls, ...this.#parts });

  /** Ends what runs, and begins nothing more. Resolves when nothing is told any more. Idempotent. */
  async close(): Promise<void> {
    this.#calls.close();
    await Promise.all([this.#parts?.poller.close(), this.#parts?.cleaner?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assemble(notify: (pod: Pod) => void, { pods, logger: contextLogger }: NotifierContext): Parts {
    const { clock = systemClock, random = Math.random, logger = contextLogger } = this.#options;
    this.#logger = logger;
    const calls = this.#calls;
    const handler = this.#handler;
    const events = new BackendEvents(handler, pods, { clock, logger, calls });
    const poller = new StatusPoller(
      statusSource(handler, pods, events),
      pods,
      notify,
      { missingLooks: 2, ...this.#options, clock, random, logger },
      { calls, ...(handler.fetchPodEvents && { afterLook: (tracked, claim) => events.fetch(tracked, claim) }) },
    );
    const rules = this.#rules;
    if (rules === undefined) return { poller, events, cleaner: undefined };
    const cleaner = new DanglingCleaner(handler, pods, {
      ...{ rules, calls, clock, random, logger },
      onUnlisted: (ref) => poller.look(ref),
    });
    return { poller, events, cleaner };
  }
}

interface Parts {
  readonly poller: StatusPoller;
  readonly events: BackendEvents;
  readonly cleaner: DanglingCleaner | undefined;
}

/** The handler, whose answers may bring events along. */
function statusSource(handler: PodsTrackerHandler, pods: NodePods, events: BackendEvents): PodStatusSource {
  const source: PodStatusSource = {
    fetchPodStatus: (ref, context) => {
      const tracked = pods.find(ref);
      return handler.fetchPodStatus(ref, {
        ...context,
        reportEvents: (reported) => tracked && events.take(tracked, reported),
      });
    },
  };
  if (handler.listPodStatuses === undefined) return source;
  return { ...source, listPodStatuses: async (context) => (await handler.listPodStatuses?.(context)) ?? [] };
}
