/** What a PodsTracker can be told, and what it tells of itself. */
import type { CleanupRules } from './cleanup-rules.js';
import type { StatusPollerOptions } from './status-poller-options.js';

export interface PodsTrackerOptions extends StatusPollerOptions {
  /**
   * In how many looks in a row a pod must not have been found before it is taken for lost. Default: 2, since a pod that
   * is lost is replaced, and a cloud that does not find what it has does so again a moment later. (The second look comes
   * after `pace.fastestMs`.)
   */
  readonly missingLooks?: number;
  /** When pods that only the backend has are removed. `false`: never. Default: see {@link CleanupRules}. */
  readonly cleanup?: Partial<CleanupRules> | false;
}

export interface PodsTrackerStatus {
  readonly phase: 'new' | 'running' | 'closed';
  /** Pods that are looked at; looks that wait for their turn, and that run. */
  readonly pods: number;
  readonly waiting: number;
  readonly running: number;
  /** When calls begin again after the backend has said "not so fast", in ms since the epoch. Undefined: there is no pause. */
  readonly pausedUntil: number | undefined;
  /** Pods seen dangling in the last search and still there. */
  readonly dangling: number;
  /** Whether nobody stands for most of what the backend has, so that it is left for longer. */
  readonly isSuspicious: boolean;
}
