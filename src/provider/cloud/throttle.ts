/**
 * One pause for everything that is asked of a backend which says "not so fast".
 *
 * Invariants
 * 1. While it pauses, no call that goes through it begins.
 * 2. A pause is as long as the backend asks for, or backs off; one error lengthens it once, however often it is seen.
 */
import type { Clock, Random } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';

export interface ThrottleOptions {
  /** First pause where the backend names none, doubled with each further refusal. Default: 1,000. */
  readonly baseDelayMs?: number;
  /** No pause of its own making is longer. Default: 60,000. */
  readonly maxDelayMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

export class Throttle {
  constructor(_options: ThrottleOptions = {}) {}

  /** When calls may begin again, in ms since the epoch. Undefined: now. */
  get pausedUntil(): number | undefined {
    return undefined;
  }

  /**
   * Waits until there is no pause, and makes the call. Its error is passed on; if it says that the backend is throttling
   * (`TooManyRequests`, or `Unavailable` with a time to wait), everything pauses. May be nested.
   */
  run<T>(_call: () => Promise<T>, _signal?: AbortSignal): Promise<T> {
    return Promise.reject(new VkError('NotImplemented', 'throttle: not built'));
  }
}
