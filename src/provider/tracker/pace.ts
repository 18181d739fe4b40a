/** How soon a pod is looked at again. Pure. */

export interface Pace {
  /** Between two looks at a pod that is new or has just changed. Default: 5,000, as virtual-kubelet's for every pod. */
  readonly fastestMs: number;
  /**
   * Between two looks at a pod that has not changed for long. Default: 60,000. A pod that dies after a quiet day is seen
   * dead that late; a node that dies is seen so after 40 s. A longer one saves calls: with 300,000, which is how long
   * Kubernetes leaves pods on a dead node, it is a fifth of them.
   */
  readonly slowestMs: number;
  /**
   * How much longer that is for each pod of the node: it is `slowestMs`, or the number of pods times this if that is more.
   * With 60, quiet pods take no more than 17 calls a second, however many they are. Default: 0, as only a backend that
   * limits requests needs it.
   */
  readonly slowestPerPodMs: number;
  /** What part of the time since a pod last changed the next look may be away. Default: 0.1. */
  readonly growth: number;
}

export const defaultPace: Pace = { fastestMs: 5_000, slowestMs: 60_000, slowestPerPodMs: 0, growth: 0.1 };

/** Somebody waits for a pod to run: it is left alone only after ten times as long. */
const growthBeforeRunning = 0.1;

/** `quietMs`: since the pod last changed, or was first seen. `pods`: how many the node has. */
export function lookIntervalMs(pace: Pace, quietMs: number, isRunning: boolean, pods = 0): number {
  const growth = isRunning ? pace.growth : pace.growth * growthBeforeRunning;
  return between(pace.fastestMs, quietMs * growth, Math.max(pace.slowestMs, pods * pace.slowestPerPodMs));
}

/** After `failures` (1 or more) looks in a row that told nothing: twice as long for each, never beyond the slowest. */
export function retryIntervalMs(pace: Pace, intervalMs: number, failures: number): number {
  return Math.min(intervalMs * 2 ** Math.min(failures, 30), Math.max(pace.slowestMs, intervalMs));
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
