/**
 * Which keys are to be worked on, and when. A key stands for an object; the handler looks up what is to be done with it,
 * so any number of adds before it runs are one run.
 *
 * Neighbours: `backoff.ts` (delay after a failure), `work-queue-heap.ts` (keys by due time), `work-queue-metrics.ts`.
 *
 * Invariants
 * 1. The handler runs once at a time for a key, and for `concurrency` keys at most.
 * 2. After an add there is a run that began later than it, as soon as a place is free: no bucket, no first delay.
 * 3. Ready keys run in the order in which they became ready. A key added while it runs becomes ready when it ends, behind
 *    the others.
 * 4. All delayed keys share one timer.
 * 5. A key that is neither ready, running, delayed nor failing takes no memory.
 * 6. A failed key is tried again, for ever, unless its error says otherwise.
 * 7. A wall clock that is set back delays nothing: due times are in a time of the queue's own that never goes back.
 */
import { setMaxListeners } from 'node:events';
import { checkNumbers } from '../../runtime/check-numbers.js';
import type { Clock, Random, Timer } from '../../runtime/clock.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { type Backoff, backoffDelayMs, retryOf } from '../../runtime/backoff.js';
import { DueHeap, type DueKey } from './work-queue-heap.js';
import { noWorkQueueMetrics, type WorkQueueMetrics } from './work-queue-metrics.js';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Source of jitter. Default: `Math.random`. */
  readonly random?: Random;
  /** How many keys are worked on at a time. Default: 10, virtual-kubelet's number of pod sync workers. */
  readonly concurrency?: number;
  /** Delay after the first failure. Default: 5 ms, as in client-go: most first failures are conflicts. */
  readonly baseDelayMs?: number;
  /**
   * Longest delay. Default: 5 minutes, the ceiling of the kubelet's own back-offs. client-go's is 1,000 s, which is long
   * for people who wait for a backend that has come back; at 5 minutes a failing key costs 12 attempts an hour.
   */
  readonly maxDelayMs?: number;
  /** Part of a delay that is left to chance, 0 to 1, see {@link Backoff}. Default: 0.2. */
  readonly jitter?: number;
  readonly logger?: Logger;
  /** Names the queue in log lines. Default: `work`. */
  readonly name?: string;
  readonly metrics?: WorkQueueMetrics;
}

/**
 * Does the work of a key. A rejection is a failure: the key is tried again after a back-off, or as the error's `retry`
 * says. The signal aborts when the queue closes and its grace has passed.
 */
export type WorkHandler = (key: string, signal: AbortSignal) => Promise<void>;

interface Failure {
  readonly attempts: number;
  /** When the next attempt is due, unless it is ready or running. */
  readonly retryAtMs: number | undefined;
}

interface Running {
  /** Since when another run is wanted. */
  wantedSinceMs: number | undefined;
}

/** How many handlers are called before other events get a turn: some 5 ms of handlers that find nothing to do. */
const startsPerTurn = 1_000;
/** How long `close` waits for handlers after it has aborted their signal. */
const afterAbortMs = 1_000;

export class WorkQueue {
  readonly #handler: WorkHandler;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #concurrency: number;
  readonly #backoff: Backoff;
  readonly #logger: Logger;
  readonly #name: string;
  readonly #metrics: WorkQueueMetrics;

  /** Since when each ready key waits. `#order` holds the same keys by age, from `#head` on. */
  readonly #ready = new Map<string, number>();
  #order: string[] = [];
  #head = 0;
  readonly #running = new Map<string, Running>();
  readonly #failures = new Map<string, Failure>();
  /** Due times of `addAfter`. `#heap` holds these and those of `#failures`, and entries that neither knows any more. */
  readonly #delayed = new Map<string, number>();
  readonly #heap = new DueHeap();
  #timer: { readonly dueMs: number; readonly timer: Timer } | undefined;
  /** The queue's own time, and by how much the wall clock is behind it. */
  #steadyMs = 0;
  #behindMs = 0;

  readonly #abort = new AbortController();
  #state: 'new' | 'started' | 'closed' = 'new';
  #turnPlanned = false;
  /** Handler calls since other events last got a turn. Handlers that end at once would keep the event loop to themselves. */
  #starts = 0;
  #idleWaiters: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  /** Throws `InvalidInput` for numbers that make no sense. */
  constructor(handler: WorkHandler, options: WorkQueueOptions) {
    const { concurrency = 10, baseDelayMs = 5, maxDelayMs = 300_000, jitter = 0.2 } = options;
    checkNumbers({ concurrency }, 1, 'work queue');
    checkNumbers({ baseDelayMs, maxDelayMs, jitter }, 0, 'work queue');
    this.#handler = handler;
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#concurrency = concurrency;
    this.#backoff = { baseDelayMs, maxDelayMs, jitter };
    this.#logger = options.logger ?? silentLogger;
    this.#name = options.name ?? 'work';
    this.#metrics = options.metrics ?? noWorkQueueMetrics;
    // Every running handler may listen.
    setMaxListeners(0, this.#abort.signal);
  }

  /** How many keys are ready and wait for their turn. */
  get depth(): number {
    return this.#ready.size;
  }

  /** How many keys are being worked on. */
  get running(): number {
    return this.#running.size;
  }

  /** Begins to call the handler. What was added before is ready. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#planTurn();
  }

  /**
   * Asks for a run of `key` as soon as possible: at once, or after the run that goes on. Does not wait for the back-off
   * of a failing key, and neither counts as a success nor takes the planned retry away. Ignored after `close`.
   */
  add(key: string): void {
    if (this.#state === 'closed') return;
    const running = this.#running.get(key);
    if (running === undefined) this.#enqueue(key, this.#clock.now());
    else running.wantedSinceMs ??= this.#clock.now();
  }

  /** Asks for a run in `delayMs`. If one was asked for already the earlier counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#state === 'closed') return;
    if (!(delayMs > 0)) {
      this.add(key);
      return;
    }
    const dueMs = this.#now() + delayMs;
    if (dueMs >= (this.#delayed.get(key) ?? Infinity)) return;
    this.#delayed.set(key, dueMs);
    this.#delay(key, dueMs);
  }

  /** Takes the failures of `key` for over: its planned retry is dropped, its next failure counts as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often in a row the work of `key` failed. */
  attempts(key: string): number {
    return this.#failures.get(key)?.attempts ?? 0;
  }

  /** When the retry of a failing key is due, in ms since the epoch. Undefined when none is planned, or it runs already. */
  nextAttemptAt(key: string): number | undefined {
    const retryAtMs = this.#failures.get(key)?.retryAtMs;
    return retryAtMs === undefined ? undefined : retryAtMs - this.#behindMs;
  }

  /** Resolves when no key is ready or running. Delayed keys and retries do not count. */
  idle(): Promise<void> {
    if (this.#ready.size === 0 && this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Drops all that waits and starts no further work. Resolves when what runs has ended; after `graceMs` (default 5,000)
   * the handlers' signal aborts, and a second later the rest is left behind. Further calls get the same promise.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.graceMs ?? 5_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#state = 'closed';
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    this.#heap.filter(() => false);
    this.#delayed.clear();
    this.#failures.clear();
    this.#ready.clear();
    this.#order = [];
    for (const running of this.#running.values()) running.wantedSinceMs = undefined;
    this.#tellIdle();
    await this.#idleWithin(graceMs);
    this.#abort.abort();
    await this.#idleWithin(afterAbortMs);
    if (this.#running.size > 0) {
      this.#logger.warn(
        { queue: this.#name, keys: [...this.#running.keys()] },
        'work left behind: it ignored its signal',
      );
    }
  }

  async #idleWithin(ms: number): Promise<void> {
    if (this.#running.size === 0) return;
    const done = new AbortController();
    const late = this.#clock.sleep(ms, done.signal).catch(() => undefined);
    await Promise.race([this.idle(), late]);
    done.abort();
  }

  #enqueue(key: string, sinceMs: number): void {
    if (this.#ready.has(key)) return;
    this.#ready.set(key, sinceMs);
    this.#order.push(key);
    this.#metrics.added(key, this.#ready.size);
    this.#planTurn();
  }

  #planTurn(): void {
    if (this.#state !== 'started' || this.#turnPlanned) return;
    if (this.#ready.size === 0 || this.#running.size >= this.#concurrency) return;
    this.#turnPlanned = true;
    if (this.#starts < startsPerTurn) {
      queueMicrotask(() => this.#turn());
      return;
    }
    setImmediate(() => {
      this.#starts = 0;
      this.#turn();
    });
  }

  #turn(): void {
    this.#turnPlanned = false;
    while (this.#state === 'started' && this.#running.size < this.#concurrency && this.#starts < startsPerTurn) {
      const key = this.#order[this.#head];
      if (key === undefined) return;
      this.#dropHead();
      this.#starts += 1;
      void this.#run(key);
    }
    this.#planTurn();
  }

  #dropHead(): void {
    this.#head += 1;
    if (this.#head < 1_024 && this.#head < this.#order.length) return;
    if (this.#head * 2 < this.#order.length) return;
    this.#order = this.#order.slice(this.#head);
    this.#head = 0;
  }

  async #run(key: string): Promise<void> {
    const startedMs = this.#clock.now();
    const sinceMs = this.#ready.get(key) ?? startedMs;
    const running: Running = { wantedSinceMs: undefined };
    this.#ready.delete(key);
    this.#running.set(key, running);
    const failure = this.#failures.get(key);
    if (failure?.retryAtMs !== undefined) this.#failures.set(key, { attempts: failure.attempts, retryAtMs: undefined });
    this.#metrics.started(key, startedMs - sinceMs);
    let failed = false;
    try {
      await this.#handler(key, this.#abort.signal);
      this.forget(key);
    } catch (error) {
      failed = true;
      this.#fail(key, error);
    }
    this.#running.delete(key);
    this.#metrics.finished(key, this.#clock.now() - startedMs, failed);
    if (running.wantedSinceMs !== undefined) this.#enqueue(key, running.wantedSinceMs);
    this.#planTurn();
    this.#tellIdle();
  }

  #fail(key: string, error: unknown): void {
    if (this.#state === 'closed') return;
    const retry = retryOf(error);
    const attempts = this.attempts(key) + 1;
    if (retry === false) {
      this.#failures.delete(key);
      this.#logger.warn({ queue: this.#name, key, attempt: attempts, err: error }, 'work failed for good');
      return;
    }
    const delayMs = retry ?? backoffDelayMs(attempts, this.#backoff, this.#random);
    const retryAtMs = this.#now() + delayMs;
    this.#failures.set(key, { attempts, retryAtMs });
    this.#delay(key, retryAtMs);
    this.#metrics.retried(key, attempts, delayMs);
    this.#logger.debug(
      { queue: this.#name, key, attempt: attempts, delayMs, err: error },
      'work failed, to be retried',
    );
  }

  #delay(key: string, dueMs: number): void {
    this.#heap.push({ key, dueMs });
    if (this.#heap.size > 64 + 2 * (this.#delayed.size + this.#failures.size)) {
      this.#heap.filter((item) => this.#isWanted(item));
    }
    this.#setTimer();
  }

  #isWanted({ key, dueMs }: DueKey): boolean {
    return this.#delayed.get(key) === dueMs || this.#failures.get(key)?.retryAtMs === dueMs;
  }

  #setTimer(): void {
    const dueMs = this.#heap.peek()?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const timer = this.#clock.setTimer(dueMs - this.#now(), () => this.#releaseDue(dueMs));
    this.#timer = { dueMs, timer };
  }

  #releaseDue(timerDueMs: number): void {
    this.#timer = undefined;
    const nowMs = this.#now(timerDueMs);
    for (let item = this.#heap.peek(); item !== undefined && item.dueMs <= nowMs; item = this.#heap.peek()) {
      this.#heap.pop();
      if (!this.#isWanted(item)) continue;
      if (this.#delayed.get(item.key) === item.dueMs) this.#delayed.delete(item.key);
      this.add(item.key);
    }
    this.#setTimer();
  }

  /** The queue's own time: at least `atLeastMs`, and never less than before. */
  #now(atLeastMs = 0): number {
    const wallMs = this.#clock.now();
    this.#steadyMs = Math.max(this.#steadyMs, wallMs + this.#behindMs, atLeastMs);
    this.#behindMs = this.#steadyMs - wallMs;
    return this.#steadyMs;
  }

  #tellIdle(): void {
    if (this.#ready.size > 0 || this.#running.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
