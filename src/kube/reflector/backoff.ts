/** How long to wait before trying again. Pure. */
import type { Random } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';

export interface BackoffOptions {
  /** Upper bound of the first wait, in ms. */
  readonly firstMs: number;
  /** Upper bound of every wait, in ms. */
  readonly longestMs: number;
}

/** client-go's reflector begins at 800 ms and ends at 30 s, too: a fleet that lost its apiserver returns spread out. */
export const defaultBackoff: BackoffOptions = { firstMs: 800, longestMs: 30_000 };

/**
 * The wait before attempt number `attempt` (from 0): doubled each time, up to the ceiling, and drawn from the upper
 * half of that. A wait that the server asked for (Retry-After) is a minimum, with up to a tenth on top.
 */
export function backoffMs(
  attempt: number,
  error: unknown,
  random: Random,
  { firstMs, longestMs }: BackoffOptions = defaultBackoff,
): number {
  const bound = Math.min(firstMs * 2 ** Math.min(attempt, 30), longestMs);
  const drawn = bound * (0.5 + random() / 2);
  const asked = error instanceof VkError && typeof error.retry === 'object' ? error.retry.afterMs : 0;
  return Math.round(Math.max(drawn, asked * (1 + random() / 10)));
}
