/** Reads what a provider answered or reported, as far as it has a meaning: a provider in JavaScript may hand over anything. */
import type { Pod, PodStatus } from '../../kube/types.js';
import type { Provider } from '../../provider/provider.js';
import type { PodStatusSource } from '../../provider/tracker/status-poller.js';
import { VkError } from '../../runtime/errors.js';

const statusLists = [
  'conditions',
  'containerStatuses',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
  'podIPs',
  'hostIPs',
] as const satisfies readonly (keyof PodStatus)[];

/** A copy of a status as it would be sent, dates as text. Throws `Internal` if it cannot be one. */
export function readStatus(answer: unknown): PodStatus {
  // Undefined for a function, say, whatever the type of `stringify` promises.
  const json = JSON.stringify(answer) as string | undefined;
  const status: unknown = JSON.parse(json ?? 'null');
  if (!isRecord(status)) throw new VkError('Internal', 'status from the provider: not an object');
  for (const field of statusLists) {
    const list = status[field] ?? [];
    if (Array.isArray(list) && list.every(isRecord)) continue;
    throw new VkError('Internal', `status from the provider: ${field} is not a list of objects`);
  }
  return status;
}

/**
 * What `getPods` answered, its pods not copied. Entries that name no pod are left out: whose pod they stand for is asked
 * for by itself. Throws `Internal` for what is no list: that is no answer, least of all that there is nothing.
 */
export function readPods(answer: unknown): readonly Pod[] {
  if (!Array.isArray(answer)) throw new VkError('Internal', 'getPods of the provider: the answer is not a list');
  return answer
    .filter(namesPod)
    .map((pod) => (isRecord(pod.spec as unknown) ? pod : { ...pod, spec: { containers: [] } }));
}

function namesPod(entry: unknown): entry is Pod {
  if (!isRecord(entry) || !isRecord(entry['metadata'])) return false;
  const { namespace, name } = entry['metadata'];
  return typeof namespace === 'string' && namespace !== '' && typeof name === 'string' && name !== '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A provider as something to be polled. */
export function statusSource(provider: Provider): PodStatusSource {
  const source: PodStatusSource = { fetchPodStatus: (ref, context) => provider.getPodStatus(ref, context) };
  if (!provider.listPodStatuses) return source;
  return { ...source, listPodStatuses: async (context) => (await provider.listPodStatuses?.(context)) ?? [] };
}
