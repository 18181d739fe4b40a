/** What the reviews of tokens and of access have in common. */
import type { Clock } from '../../runtime/clock.js';

export interface ReviewOptions {
  readonly clock?: Clock;
  /** How long the apiserver may take for one answer. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Answers that are kept. Default: 4,096. */
  readonly maxEntries?: number;
  /** Questions under way at once; what comes on top is refused with 429. Default: 128. */
  readonly maxPending?: number;
}

export const reviewDefaults = { timeoutMs: 10_000, maxEntries: 4_096, maxPending: 128 } as const;
