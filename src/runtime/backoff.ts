/** How long to wait before trying again. */
import type { Random } from './clock.js';

export interface Backoff {
  /** The first delay, doubled with each further failure. */
  readonly baseDelayMs: number;
  /** No delay is longer. */
  readonly maxDelayMs: number;
  /**
   * How much of a delay is left to chance, from 0 to 1: the delay is between `1 - jitter` of its length and its whole
   * length, so that what failed together does not come back together, and the ceiling holds.
   */
  readonly jitter: number;
}

/** The delay after `failures` consecutive failures (1 or more). */
export function backoffDelayMs(failures: number, backoff: Backoff, random: Random): number {
  const fullMs = Math.min(backoff.baseDelayMs * 2 ** (failures - 1), backoff.maxDelayMs);
  return fullMs * (1 - backoff.jitter * random());
}

/**
 * What a failed attempt's error says about the next: `false` that there is to be none, a number of milliseconds that it
 * is to be exactly then, undefined nothing. Looks at the `retry` field (see `VkErrorOptions.retry`), so that errors of
 * another copy of this package count.
 */
export function retryOf(error: unknown): false | number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { retry } = error as { retry?: unknown };
  if (retry === false) return false;
  if (typeof retry !== 'object' || retry === null) return undefined;
  const { afterMs } = retry as { afterMs?: unknown };
  return typeof afterMs === 'number' && Number.isFinite(afterMs) && afterMs >= 0 ? afterMs : undefined;
}
