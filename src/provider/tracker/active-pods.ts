/** Reads what a handler lists, as far as it has a meaning, and sorts it by whether anybody stands for a pod. Pure. */
import { VkError } from '../../runtime/errors.js';
import type { NodePods } from './node-pods.js';
import type { ActivePod } from './pods-tracker-handler.js';
import { keyOf } from './status-list.js';

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

/** Undefined if it cannot be told of all of them. `youngest`: when the backend may have made a pod that is judged at all. */
export function judge(
  listed: ReadonlyMap<string, ActivePod>,
  pods: Pick<NodePods, 'isWanted'>,
  youngest: number,
): Judgement | undefined {
  const unclaimed = new Map<string, ActivePod>();
  let wanted = 0;
  for (const [key, pod] of listed) {
    const isWanted = pods.isWanted(pod.ref);
    if (isWanted === undefined) return undefined;
    if (isWanted) wanted += 1;
    else if (pod.createdAt === undefined || pod.createdAt <= youngest) unclaimed.set(key, pod);
  }
  return { unclaimed, wanted };
}

function readActivePod(entry: unknown): ActivePod | undefined {
  if (!isRecord(entry) || !isRecord(entry['ref'])) return undefined;
  const { namespace, name, uid = '' } = entry['ref'];
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof uid !== 'string') return undefined;
  if (namespace === '' || name === '') return undefined;
  const { createdAt } = entry;
  return { ref: { namespace, name, uid }, ...(typeof createdAt === 'number' ? { createdAt } : {}) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
