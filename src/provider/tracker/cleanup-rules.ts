/** When a pod that only the backend has is removed from it. */

import { checkNumbers } from '../../runtime/check-numbers.js';

export interface CleanupRules {
  /** From the end of one search to the next. Default: 300,000, as virtual-kubelet's. */
  readonly intervalMs: number;
  /** In how many searches in a row a pod must have been seen with nobody standing for it. Default: 2. */
  readonly sightings: number;
  /** How long ago the first of these must be, and the pod's making in the backend, if it tells. Default: 300,000. */
  readonly minAgeMs: number;
  /**
   * The same when nobody stands for most of what the backend has. Default: 3,600,000: an hour in which the log says so,
   * and somebody may notice that the node is in the wrong cluster; after it, so that nothing is paid for ever, they go.
   */
  readonly suspiciousMinAgeMs: number;
  /** How many are removed after one search, lest a mistake becomes a disaster. Default: 10. */
  readonly maxPerSweep: number;
}

export const defaultCleanupRules: CleanupRules = {
  intervalMs: 300_000,
  sightings: 2,
  minAgeMs: 300_000,
  suspiciousMinAgeMs: 3_600_000,
  maxPerSweep: 10,
};

/** The rules with their defaults. Throws `InvalidInput` for a number that makes no sense. */
export function resolveCleanupRules(rules: Partial<CleanupRules> = {}): CleanupRules {
  const { intervalMs, sightings, minAgeMs, suspiciousMinAgeMs, maxPerSweep } = rules;
  checkNumbers({ intervalMs }, 'above 0', 'cleanup');
  checkNumbers({ sightings, maxPerSweep }, 1, 'cleanup');
  checkNumbers({ minAgeMs, suspiciousMinAgeMs }, 0, 'cleanup');
  return { ...defaultCleanupRules, ...rules };
}
