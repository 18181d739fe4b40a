import type { Logger } from '../runtime/logger.js';

/** Handed to every provider call. */
export interface CallContext {
  /**
   * Aborts when the answer is no longer wanted: the pod is deleted while it is being created, the node closes.
   * A call that ends early should reject; what it had begun is found again by `getPods`, or cleaned up by `deletePod`.
   */
  readonly signal: AbortSignal;
  /** Carries the pod's name and uid in its fields. */
  readonly logger: Logger;
}
