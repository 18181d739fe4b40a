/** Whether an error says that its backend is throttling. Pure. */
import { retryOf } from '../../runtime/backoff.js';
import { hasCode } from '../../runtime/errors.js';

/** What a backend says that is asked too much. */
export interface Throttling {
  /** How long it wants to be left alone, if it says. */
  readonly afterMs?: number | undefined;
}

/**
 * `TooManyRequests`, unless it says that trying again is useless (a quota that no waiting will raise), and `Unavailable`
 * with a time to wait. Errors of another copy of this package count.
 */
export function throttlingOf(error: unknown): Throttling | undefined {
  const retry = retryOf(error);
  if (retry === false) return undefined;
  if (hasCode(error, 'TooManyRequests')) return { afterMs: retry };
  return hasCode(error, 'Unavailable') && retry !== undefined ? { afterMs: retry } : undefined;
}
