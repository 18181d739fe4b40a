/**
 * One pause for everything that is asked of a backend which says "not so fast". What counts as saying so is in
 * `throttling-of.ts`.
 *
 * Invariants
 * 1. While it pauses, no call that goes through it begins.
 * 2. A pause is as long as the backend asks for, or backs off; one error lengthens it once, however often it is seen.
 * 3. Calls that began before a pause say how long it is to be, and nothing of what comes after it: neither do their
 *    refusals make the next pause longer, nor does their success make it shorter.
 * 4. After a pause calls begin one by one at first, in the order in which they came. Time alone lets all of them begin, so
 *    a call may hang, or wait for another that is in the queue.
 * 5. A pause ends by a timer, not by the time of day: a clock that is set keeps nobody waiting.
 * 6. Nobody waits for a pause that is longer than `longestWaitMs`.
 */
import { type Backoff, backoffDelayMs } from '../../runtime/backoff.js';
import { checkNumbers } from '../../runtime/check-numbers.js';
import { type Clock, type Random, systemClock, type Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { type Throttling, throttlingOf } from './throttling-of.js';

export interface ThrottleOptions {
  /** First pause where the backend names none, doubled with each further refusal. Default: 1,000. */
  readonly baseDelayMs?: number;
  /** No pause of its own making is longer. Default: 60,000. One that the backend asks for may be an hour long. */
  readonly maxDelayMs?: number;
  /**
   * The longest pause that calls wait for. In a longer one they are refused, with `TooManyRequests` and the time until its
   * end: for calls that hold a place while they wait. A node makes so many calls of its provider at a time, and creates that
   * wait for an hour would keep it from deleting. Default: they wait for as long as it takes.
   */
  readonly longestWaitMs?: number;
  /**
   * Whether an error says that the backend is throttling, and for how long, for backends whose errors are not
   * `VkError`s. Default: code `TooManyRequests`, or `Unavailable` with a time to wait. Must not throw.
   */
  readonly throttlingOf?: (error: unknown) => Throttling | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Told when a pause begins, or becomes longer. */
  readonly logger?: Logger;
}

type Phase =
  | { readonly type: 'open' }
  | { readonly type: 'paused'; readonly untilMs: number; readonly isLong: boolean; readonly timer: Timer }
  /** `free`: how many may begin before the next tick, if they come. */
  | { readonly type: 'recovering'; free: number; readonly timer: Timer };

/** A call that waits for its turn. */
interface Waiting {
  go(): void;
  refuse(error: VkError): void;
}

/** Some clouds close a subscription for an hour. What asks for more than that is taken for nonsense, and asked again. */
const longestPauseMs = 3_600_000;
/** After a pause more calls begin this often, twice as many each time, though none has been answered. */
const tickMs = 1_000;
/** Longer than anybody waits; the longest that timers take. */
const veryLongMs = 0x7fffffff;

/**
 * Shared by all that asks one backend: a `PodsTracker`, the provider's own calls, operations that are waited for.
 *
 * ```ts
 * const throttle = new Throttle();
 * const answer = await throttle.run(() => fetch('https://cloud.example/groups/web'));
 * ```
 *
 * A call that is refused is not repeated: its error goes to whoever made it, and it is the next calls that wait.
 */
export class Throttle {
  readonly #backoff: Backoff;
  readonly #longestWaitMs: number;
  readonly #throttlingOf: (error: unknown) => Throttling | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  /** Errors that have been counted. */
  readonly #seen = new WeakSet<object>();
  /** Those that wait, in the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #phase: Phase = { type: 'open' };
  /** How many pauses there have been: a call belongs to the one that it began after. */
  #round = 0;
  /** Pauses in a row without a success. */
  #refusals = 0;
  /** Held while somebody waits: the timer of a pause keeps no process alive. */
  #hold: AbortController | undefined;

  /** Throws `InvalidInput` for an option that makes no sense. */
  constructor(options: ThrottleOptions = {}) {
    const { baseDelayMs = 1_000, maxDelayMs = 60_000, longestWaitMs = Infinity } = options;
    checkNumbers({ baseDelayMs, maxDelayMs }, 'above 0');
    checkNumbers({ longestWaitMs }, 0);
    this.#backoff = { baseDelayMs, maxDelayMs, jitter: 0.5 };
    this.#longestWaitMs = longestWaitMs;
    this.#throttlingOf = options.throttlingOf ?? throttlingOf;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#logger = options.logger ?? silentLogger;
  }

  /** When calls may begin again, in ms since the epoch. Undefined: there is no pause. */
  get pausedUntil(): number | undefined {
    return this.#phase.type === 'paused' ? this.#phase.untilMs : undefined;
  }

  /** How many calls wait to begin. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits until there is no pause, and makes the call. Its error is passed on; if it says that the backend is throttling
   * (`TooManyRequests`, or `Unavailable` with a time to wait), everything pauses. May be nested, and any number may run at
   * the same time: it holds calls up after a refusal and has no limit otherwise. `signal` ends the waiting, with its
   * reason; once the call has begun it is the call's own business. Node warns of more than ten that wait by one signal,
   * unless its owner allows them (`setMaxListeners` of `node:events`).
   */
  async run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (!this.#mayBegin()) await this.#turn(signal);
    // Between being let in and going on, another call may have been refused.
    while (this.pausedUntil !== undefined) {
      signal?.throwIfAborted();
      await this.#turn(signal);
    }
    signal?.throwIfAborted();
    const round = this.#round;
    try {
      const result = await call();
      this.#succeeded(round);
      return result;
    } catch (error) {
      this.#failed(error, round);
      throw error;
    }
  }

  /**
   * Throws what `run` would refuse a call with now, in a pause longer than `longestWaitMs`. For whoever prepares a call with
   * others: hundreds of pods would make them in vain as often as they are tried.
   */
  throwIfRefusing(): void {
    if (this.#phase.type === 'paused' && this.#phase.isLong) throw this.#refusal(this.#phase.untilMs);
  }

  #mayBegin(): boolean {
    if (this.#phase.type !== 'recovering') return this.#phase.type === 'open';
    if (this.#phase.free <= 0) return false;
    this.#phase.free -= 1;
    return true;
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    this.throwIfRefusing();
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        go: () => {
          stopWatching?.();
          resolve();
        },
        refuse: (error) => {
          stopWatching?.();
          reject(error);
        },
      };
      const stopWatching =
        signal &&
        onAbort(signal, () => {
          this.#leave(waiting);
          reject(signal.reason);
        });
      this.#waiting.add(waiting);
      if (this.#hold === undefined) this.#stayAlive();
    });
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size > 0) return;
    this.#hold?.abort();
    this.#hold = undefined;
  }

  #refusal(untilMs: number): VkError {
    const afterMs = Math.min(Math.max(untilMs - this.#clock.now(), 1_000), longestPauseMs);
    const message = `backend: it is throttling, and calls pause for another ${Math.ceil(afterMs / 1000)} s`;
    const error = new VkError('TooManyRequests', message, { retry: { afterMs } });
    // Nested, it is no word of the backend.
    this.#seen.add(error);
    return error;
  }

  #stayAlive(): void {
    this.#hold = new AbortController();
    this.#clock.sleep(veryLongMs, this.#hold.signal).catch(() => undefined);
  }

  /** Lets the first `count` begin. Returns how many there were not. */
  #letIn(count: number): number {
    let left = count;
    for (const waiting of this.#waiting) {
      if (left === 0) break;
      left -= 1;
      this.#leave(waiting);
      waiting.go();
    }
    return left;
  }

  #succeeded(round: number): void {
    if (round !== this.#round) return;
    this.#refusals = 0;
    if (this.#phase.type !== 'recovering') return;
    // Two for each that was answered: twice as many in the time of an answer.
    if (this.#letIn(2) === 2) this.#open();
  }

  #failed(error: unknown, round: number): void {
    const throttling = this.#throttlingOf(error);
    if (throttling === undefined) return;
    if (typeof error === 'object' && error !== null) {
      if (this.#seen.has(error)) return;
      this.#seen.add(error);
    }
    const isNews = round === this.#round;
    if (isNews) this.#refusals += 1;
    const asked = throttling.afterMs;
    if (asked !== undefined && asked > 0) this.#pause(Math.min(asked, longestPauseMs) * (1 + this.#random() / 10));
    else if (isNews || this.#phase.type !== 'paused') this.#pause(this.#ownDelayMs());
  }

  #ownDelayMs(): number {
    return backoffDelayMs(Math.max(this.#refusals, 1), this.#backoff, this.#random);
  }

  #pause(delayMs: number): void {
    const untilMs = Math.ceil(this.#clock.now() + delayMs);
    if (this.#phase.type === 'paused' && untilMs <= this.#phase.untilMs) return;
    if (this.#phase.type !== 'paused') this.#round += 1;
    if (this.#phase.type !== 'open') this.#phase.timer.cancel();
    const timer = this.#clock.setTimer(delayMs, () => this.#recover(1));
    const isLong = delayMs > this.#longestWaitMs;
    this.#phase = { type: 'paused', untilMs, isLong, timer };
    this.#logger.warn(
      { delayMs: Math.round(delayMs), waiting: this.#waiting.size },
      'backend is throttling, calls wait',
    );
    if (isLong) this.#refuseAll(untilMs);
  }

  #refuseAll(untilMs: number): void {
    for (const waiting of this.#waiting) {
      this.#leave(waiting);
      waiting.refuse(this.#refusal(untilMs));
    }
  }

  /** Lets `count` calls begin, and twice as many after a while. Ends when nobody has waited for that while. */
  #recover(count: number): void {
    if (this.#phase.type === 'recovering' && this.#waiting.size === 0) {
      this.#open();
      return;
    }
    const timer = this.#clock.setTimer(tickMs, () => this.#recover(count * 2));
    this.#phase = { type: 'recovering', free: this.#letIn(count), timer };
  }

  #open(): void {
    if (this.#phase.type !== 'open') this.#phase.timer.cancel();
    this.#phase = { type: 'open' };
  }
}
