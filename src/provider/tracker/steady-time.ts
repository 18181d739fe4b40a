/**
 * Time that goes on evenly while the machine's clock is set forward or back: what is due, and how old something is, are
 * measured by it. Whoever uses one asks it more often than every `longestStepMs`.
 *
 * Invariant: it never goes back, and never on by more than `longestStepMs` between two questions. A machine that slept for
 * hours comes back to what was due then, no sooner: what was young is still young.
 */
import type { Clock } from '../../runtime/clock.js';

export class SteadyTime {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #longestStepMs: number;
  #lastMs: number;
  #elapsedMs = 0;

  constructor(clock: Pick<Clock, 'now'>, longestStepMs: number) {
    this.#clock = clock;
    this.#longestStepMs = longestStepMs;
    this.#lastMs = clock.now();
  }

  /** Milliseconds since it was made. */
  now(): number {
    const nowMs = this.#clock.now();
    this.#elapsedMs += Math.min(Math.max(nowMs - this.#lastMs, 0), this.#longestStepMs);
    this.#lastMs = nowMs;
    return this.#elapsedMs;
  }
}
