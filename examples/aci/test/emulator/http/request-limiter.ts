/** One limit of requests, and how much of it is used up. The caller asks `waitMs` first, and takes only where that is 0. */
import type { BucketLimit, RequestLimit, WindowLimit } from '../options.js';

export interface RequestLimiter {
  /** 0: one more may come. Else when that will be. */
  waitMs(now: number): number;
  /** Counts a request. Returns how many more may come at once. */
  take(now: number): number;
}

export function limiterOf(limit: RequestLimit, now: number): RequestLimiter {
  return 'windowMs' in limit ? new SlidingWindow(limit) : new TokenBucket(limit, now);
}

class SlidingWindow implements RequestLimiter {
  readonly #limit: WindowLimit;
  /** When those that count came; no more of them than the limit. */
  #times: number[] = [];

  constructor(limit: WindowLimit) {
    this.#limit = limit;
  }

  waitMs(now: number): number {
    const { requests, windowMs } = this.#limit;
    const firstThatCounts = this.#times.findIndex((atMs) => atMs > now - windowMs);
    this.#times = firstThatCounts < 0 ? [] : this.#times.slice(firstThatCounts);
    return this.#times.length < requests ? 0 : (this.#times[0] ?? now) + windowMs - now;
  }

  take(now: number): number {
    this.#times.push(now);
    return this.#limit.requests - this.#times.length;
  }
}

class TokenBucket implements RequestLimiter {
  readonly #limit: BucketLimit;
  #tokens: number;
  #filledMs: number;

  constructor(limit: BucketLimit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.bucket;
    this.#filledMs = now;
  }

  waitMs(now: number): number {
    const { bucket, perSecond } = this.#limit;
    this.#tokens = Math.min(bucket, this.#tokens + ((now - this.#filledMs) / 1000) * perSecond);
    this.#filledMs = now;
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / perSecond) * 1000;
  }

  take(): number {
    this.#tokens -= 1;
    return Math.floor(this.#tokens);
  }
}
