/**
 * Brings what happened to pods in their backend to Kubernetes, as Events about them. Neighbours: `event-cursor.ts` (what
 * is news), `status-poller.ts` (says when a pod's events are due).
 *
 * Invariants
 * 1. An event is told once. After a restart those of pods that are found are told from then on; of pods that were taken
 *    over since, from their creation.
 * 2. One cursor for each pod; those of pods that have gone are dropped before they are as many as the others.
 */
import type { Clock } from '../../runtime/clock.js';
import { hasCode } from '../../runtime/errors.js';
import { type Logger } from '../../runtime/logger.js';
import { podLogger } from '../pod-logger.js';
import { podRef, type PodRef } from '../provider.js';
import { NotBegun, type BackendCalls } from './backend-calls.js';
import { cursorFrom, longestMessage, readEvents, type EventCursor } from './event-cursor.js';
import type { NodePods, TrackedPod } from './node-pods.js';
import type { BackendEvent, PodsTrackerHandler } from './pods-tracker-handler.js';

export interface BackendEventsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly calls: BackendCalls;
}

/** The backend's clock may be behind ours by as much, when a pod is new. */
const skewMs = 60_000;
/** Fewer cursors than this are not worth looking through. */
const leastPruned = 100;

export class BackendEvents {
  /** How many were told. */
  told = 0;
  readonly #handler: Pick<PodsTrackerHandler, 'fetchPodEvents'>;
  readonly #pods: Pick<NodePods, 'find' | 'isWanted' | 'event'>;
  readonly #options: BackendEventsOptions;
  readonly #startedAt: number;
  readonly #cursors = new Map<string, { readonly ref: PodRef; cursor: EventCursor }>();
  #pruneAt = leastPruned;

  constructor(
    handler: Pick<PodsTrackerHandler, 'fetchPodEvents'>,
    pods: Pick<NodePods, 'find' | 'isWanted' | 'event'>,
    options: BackendEventsOptions,
  ) {
    this.#handler = handler;
    this.#pods = pods;
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Tells what is new of `events`. Never throws. */
  take(tracked: TrackedPod, events: readonly BackendEvent[]): void {
    if (!Array.isArray(events) || this.#options.calls.signal.aborted) return;
    const entry = this.#entry(tracked);
    const news = readEvents(entry.cursor, events, this.#options.clock.now());
    entry.cursor = news.cursor;
    for (const { type, reason, message } of news.events) {
      this.told += 1;
      this.#pods.event(entry.ref, type, reason, message.slice(0, longestMessage));
    }
  }

  /**
   * Asks for the pod's events, if the backend has them by themselves and `claim`, once it is their turn, lets it. Never
   * rejects: the next look asks again.
   */
  async fetch(tracked: TrackedPod, claim: () => boolean): Promise<void> {
    const { calls, logger: general } = this.#options;
    if (this.#handler.fetchPodEvents === undefined) return;
    const { ref, cursor } = this.#entry(tracked);
    const logger = podLogger(general, ref);
    if (calls.isPending('fetchPodEvents', ref.uid)) return;
    try {
      const events = await calls.run('fetchPodEvents', ref.uid, logger, async (context) => {
        if (!claim()) throw new NotBegun();
        return this.#handler.fetchPodEvents?.(ref, cursor.at, context);
      });
      this.take(tracked, events ?? []);
    } catch (err) {
      if (calls.signal.aborted || calls.isPaused || hasCode(err, 'NotFound') || err instanceof NotBegun) return;
      logger.warn({ err }, 'pod events not fetched');
    }
  }

  /** Drops the cursors of pods that nobody stands for any more, whenever there are twice as many as there were then. */
  #prune(): void {
    if (this.#cursors.size < this.#pruneAt) return;
    for (const [uid, { ref }] of this.#cursors) if (this.#pods.isWanted(ref) === false) this.#cursors.delete(uid);
    this.#pruneAt = Math.max(leastPruned, this.#cursors.size * 2);
  }

  #entry({ pod, createdAt }: TrackedPod): { readonly ref: PodRef; cursor: EventCursor } {
    const ref = podRef(pod);
    let entry = this.#cursors.get(ref.uid);
    if (entry === undefined) {
      this.#prune();
      const created = Date.parse(pod.metadata.creationTimestamp ?? '');
      const from = createdAt === 0 || Number.isNaN(created) ? this.#startedAt : created - skewMs;
      this.#cursors.set(ref.uid, (entry = { ref, cursor: cursorFrom(from) }));
    }
    return entry;
  }
}
