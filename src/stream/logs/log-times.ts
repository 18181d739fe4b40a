/**
 * Times for lines that are written now: nanoseconds of a clock that knows milliseconds. Invariant: each is later than the
 * one before, so that sorting by time keeps the order, though many lines come in one millisecond and the machine's clock
 * may be set back.
 */
import type { Clock } from '../../runtime/clock.js';
import { formatLogTime } from './log-time.js';

const nanosPerMs = 1_000_000;

export class LogTimes {
  readonly #clock: Clock;
  #ms = -Infinity;
  #nanos = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const now = Math.floor(this.#clock.now());
    if (now > this.#ms) {
      this.#ms = now;
      this.#nanos = 0;
    } else {
      this.#nanos += 1;
      if (this.#nanos === nanosPerMs) {
        this.#ms += 1;
        this.#nanos = 0;
      }
    }
    return formatLogTime({ ms: this.#ms, nanos: this.#nanos });
  }
}
