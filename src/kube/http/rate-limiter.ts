/** Client-side limit of requests: a token bucket, first come first served. */
import type { Clock } from '../../runtime/clock.js';

export interface RateLimit {
  /** Requests a second in the long run. */
  readonly qps: number;
  /** Requests that may be made at once after a pause. At least 1. */
  readonly burst: number;
}

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  /** When the bucket is full again. Each request moves it on by one interval: no counter has to be refilled. */
  #fullAtMs = 0;

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How long the next request has to wait. Takes its place in the queue. */
  take(): number {
    const intervalMs = 1000 / this.#limit.qps;
    const nowMs = this.#clock.now();
    this.#fullAtMs = Math.max(this.#fullAtMs, nowMs) + intervalMs;
    return Math.max(this.#fullAtMs - nowMs - this.#limit.burst * intervalMs, 0);
  }
}
