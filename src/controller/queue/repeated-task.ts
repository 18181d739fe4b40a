/**
 * One piece of work that is done again and again: after the pause that it asks for, when it is poked, and after a
 * back-off when it failed. What `WorkQueue` is for many keys, this is for one thing that a node does all its life; it is
 * small, since a process may hold thousands.
 *
 * Invariants
 * 1. One run at a time. A poke while it runs is one more run afterwards.
 * 2. At most one timer.
 * 3. Pokes do not shorten a back-off: whatever is news, the server that failed is not asked more often.
 * 4. While it pauses it holds a timer and nothing else; a signal is made for each run.
 * 5. Pauses are timers, not times of day: a clock that is set changes none of them.
 */
import type { Clock, Random, Timer } from '../../runtime/clock.js';
import { type Backoff, backoffDelayMs, retryOf } from '../../runtime/backoff.js';

export interface RepeatedTaskOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: Backoff;
  /** Told of each failure, how many there were in a row, and when the next attempt is. */
  onFailure(error: unknown, attempts: number, delayMs: number): void;
}

/** Resolves to the pause until the next run in milliseconds, or undefined: none until it is poked. */
export type RepeatedStep = (signal: AbortSignal) => Promise<number | undefined>;

export class RepeatedTask {
  readonly #step: RepeatedStep;
  readonly #options: RepeatedTaskOptions;
  #timer: Timer | undefined;
  #running: { readonly ended: Promise<void>; readonly abort: AbortController } | undefined;
  #stopped = false;
  #wanted = false;
  #failures = 0;

  constructor(step: RepeatedStep, options: RepeatedTaskOptions) {
    this.#step = step;
    this.#options = options;
  }

  /** Consecutive failures. */
  get failures(): number {
    return this.#failures;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Asks for a run at once. */
  poke(): void {
    if (this.#stopped) return;
    this.#wanted = true;
    if (this.#running === undefined && this.#failures === 0) this.#start();
  }

  /** Starts no further run and aborts the one that goes on. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#running?.abort.abort();
    await this.#running?.ended;
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const abort = new AbortController();
    this.#running = { abort, ended: this.#run(abort.signal) };
  }

  async #run(signal: AbortSignal): Promise<void> {
    // What pokes is done with its own work first.
    await Promise.resolve();
    this.#wanted = false;
    const delayMs = signal.aborted ? undefined : await this.#attempt(signal);
    this.#running = undefined;
    if (this.#stopped) return;
    if (this.#wanted && this.#failures === 0) this.#start();
    else if (delayMs !== undefined) this.#timer = this.#options.clock.setTimer(delayMs, () => this.#start());
  }

  async #attempt(signal: AbortSignal): Promise<number | undefined> {
    try {
      const delayMs = await this.#step(signal);
      this.#failures = 0;
      return delayMs;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): number | undefined {
    if (this.#stopped) return undefined;
    const { backoff, random, onFailure } = this.#options;
    this.#failures += 1;
    const asked = retryOf(error);
    const delayMs = typeof asked === 'number' ? asked : backoffDelayMs(this.#failures, backoff, random);
    onFailure(error, this.#failures, delayMs);
    return delayMs;
  }
}
