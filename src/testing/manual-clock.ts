/**
 * A clock that stands still until a test moves it. Used wherever a test would otherwise wait: leases, backoff, grace
 * periods, watch timeouts. Neighbours: `runtime/clock.ts` (the interface and the machine's clock).
 *
 * Invariants:
 * 1. `now()` changes in `advance` and `runUntil` only, and never goes back.
 * 2. Timers fire in the order of their due times, and in the order they were set where those are equal.
 * 3. While a timer's callback runs, `now()` is the time the timer was due.
 */
import { type Clock, sleepOn, type Timer } from '../runtime/clock.js';

export interface ManualClockOptions {
  /** Time at the start, in milliseconds since the epoch. Default: 2026-01-01T00:00:00Z. */
  readonly nowMs?: number;
  /**
   * Turns of the event loop given to promises and sockets before the first timer, between timers and after the last.
   * One turn moves a byte over a loopback socket by one hop; the default of 16 lets a request over TLS be answered.
   * What runs outside the event loop (files, name look-ups, other processes) is not waited for: see `settle`.
   */
  readonly turns?: number;
  /** Awaited after the turns, for what they are too few for, such as `() => server.idle()`. */
  readonly settle?: () => Promise<void>;
}

export interface RunUntilOptions {
  /** How far the clock may go before it is given up. Default: one hour. */
  readonly limitMs?: number;
  /** How far the clock moves when no timer is pending. Default: 1 s. */
  readonly stepMs?: number;
}

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * ```ts
 * const clock = new ManualClock();
 * const slept = clock.sleep(10_000);
 * await clock.advance(10_000);
 * await slept;
 * ```
 *
 * `advance` and `runUntil` must not run at the same time as another of them: the second call rejects.
 */
export class ManualClock implements Clock {
  readonly #turns: number;
  readonly #settle: (() => Promise<void>) | undefined;
  /** Sorted by due time, then by age. */
  readonly #timers: PendingTimer[] = [];
  #nowMs: number;
  #advancing = false;

  constructor(options: ManualClockOptions = {}) {
    this.#nowMs = options.nowMs ?? Date.UTC(2026, 0, 1);
    this.#turns = options.turns ?? 16;
    this.#settle = options.settle;
  }

  now(): number {
    return this.#nowMs;
  }

  /** How many timers are set and have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, if there is one. */
  get nextDueMs(): number | undefined {
    return this.#timers[0]?.dueMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      dueMs: this.#nowMs + Math.max(Number.isNaN(delayMs) ? 0 : delayMs, 0),
      callback,
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
    this.#timers.splice(this.#indexAfter(timer.dueMs), 0, timer);
    return timer;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /**
   * Moves the clock on by `ms`, firing what falls due on the way, timers that were set meanwhile included. Rejects with
   * what a callback throws; the clock then stands where that timer was due.
   */
  async advance(ms: number): Promise<void> {
    await this.#exclusively(() => this.#advanceTo(this.#nowMs + ms));
  }

  /**
   * Moves the clock from timer to timer until `condition` holds. Rejects when it does not within `limitMs`.
   */
  async runUntil(condition: () => boolean | Promise<boolean>, options: RunUntilOptions = {}): Promise<void> {
    const { limitMs = 3_600_000, stepMs = 1_000 } = options;
    await this.#exclusively(async () => {
      const endMs = this.#nowMs + limitMs;
      await this.settle();
      while (!(await condition())) {
        if (this.#nowMs >= endMs) throw new Error(`manual clock: condition not met within ${limitMs} ms`);
        await this.#advanceTo(Math.min(this.nextDueMs ?? this.#nowMs + stepMs, endMs));
      }
    });
  }

  /** Lets promises and sockets go on without moving the clock. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#settle?.();
  }

  async #advanceTo(targetMs: number): Promise<void> {
    await this.settle();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= targetMs; next = this.#timers[0]) {
      this.#timers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await this.settle();
    }
    this.#nowMs = Math.max(this.#nowMs, targetMs);
  }

  async #exclusively(move: () => Promise<void>): Promise<void> {
    if (this.#advancing) throw new Error('manual clock: already being advanced');
    this.#advancing = true;
    try {
      await move();
    } finally {
      this.#advancing = false;
    }
  }

  #indexAfter(dueMs: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle]?.dueMs ?? Infinity) <= dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
