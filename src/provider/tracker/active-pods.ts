/** Reads what a handler lists, as far as it has a meaning, and sorts it by whether anybody stands for a pod. Pure. */
import { VkError } from '../../runtime/errors.js';
import type { NodePods } from './node-pods.js';
import { keyOf, readRef } from './pod-keys.js';
import type { ActivePod } from './pods-tracker-handler.js';

/** A backend's clock may be ahead of ours. What is further off is no time: what says so would never be old enough. */
const longestAheadMs = 300_000;

/**
 * The pods that `listActivePods` answered, each once. Entries that name no pod are left out. Throws `Internal` for what is
 * no list: that is no answer, least of all that there is nothing.
 */
export function readActivePods(answer: unknown): ReadonlyMap<string, ActivePod> {
  if (!Array.isArray(answer)) throw new VkError('Internal', 'listActivePods of the backend: the answer is not a list');
  const pods = new Map<string, ActivePod>();
  for (const entry of answer as readonly unknown[]) {
    const pod = readActivePod(entry);
    if (pod) pods.set(keyOf(pod.ref), pod);
  }
  return pods;
}

export interface Judgement {
  /** Nobody stands for them, and they are not so young that somebody may do so soon. */
  readonly unclaimed: ReadonlyMap<string, ActivePod>;
  readonly wanted: number;
}

/** Undefined if it cannot be told of all of them. `minAgeMs`: how long ago the backend must have made what is judged. */
export function judge(
  listed: ReadonlyMap<string, ActivePod>,
  pods: Pick<NodePods, 'isWanted'>,
  minAgeMs: number,
  now: number,
): Judgement | undefined {
  const unclaimed = new Map<string, ActivePod>();
  let wanted = 0;
  for (const [key, pod] of listed) {
    const isWanted = pods.isWanted(pod.ref);
    if (isWanted === undefined) return undefined;
    if (isWanted) wanted += 1;
    else if (!isYoung(pod, minAgeMs, now)) unclaimed.set(key, pod);
  }
  return { unclaimed, wanted };
}

function isYoung({ createdAt }: ActivePod, minAgeMs: number, now: number): boolean {
  return createdAt !== undefined && createdAt > now - minAgeMs && createdAt <= now + longestAheadMs;
}

function readActivePod(entry: unknown): ActivePod | undefined {
  const ref = readRef(entry);
  if (ref === undefined) return undefined;
  const { createdAt } = entry as Readonly<Record<string, unknown>>;
  return typeof createdAt === 'number' && Number.isFinite(createdAt) ? { ref, createdAt } : { ref };
}
