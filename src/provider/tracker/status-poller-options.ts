/** What a StatusPoller can be told. */
import { checkNumbers } from '../../runtime/check-numbers.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Throttle } from '../cloud/throttle.js';
import type { Pace } from './pace.js';

export interface StatusPollerOptions {
  /** How often pods are looked at. Default: from every 5 s to every minute, see {@link Pace}. */
  readonly pace?: Partial<Pace>;
  /** How much longer than its pace an interval may get at random, as a fraction. Default: 0.1, to keep pods out of step. */
  readonly jitter?: number;
  /** Looks at a time, each at another pod. Default: 16. */
  readonly concurrency?: number;
  /** How long a call may take before it is aborted and its pod left to a later look. Default: 30,000. */
  readonly callTimeoutMs?: number;
  /** In how many looks in a row a pod must not have been found before it is taken for lost. Default: 1. */
  readonly missingLooks?: number;
  /** What makes all calls wait when the backend says so. Default: one of its own. */
  readonly throttle?: Throttle;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** Throws `InvalidInput` for a number that makes no sense. */
export function checkStatusPollerOptions(options: StatusPollerOptions): void {
  const { concurrency, missingLooks, callTimeoutMs, jitter, pace = {} } = options;
  const { fastestMs, slowestMs, slowestPerPodMs, growth } = pace;
  checkNumbers({ concurrency, missingLooks }, 1);
  checkNumbers({ callTimeoutMs }, 'above 0');
  checkNumbers({ jitter }, 0);
  checkNumbers({ fastestMs, slowestMs }, 'above 0', 'pace');
  checkNumbers({ slowestPerPodMs, growth }, 0, 'pace');
}
