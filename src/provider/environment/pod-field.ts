/**
 * What a `fieldRef` names (concepts/workloads/pods/downward-api). A field of the status that nobody knows yet is not an
 * empty string: whoever asks is told that it waits.
 */
import type { Pod } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { objectKey } from '../../kube/types.js';
import { goQuote } from './go-quote.js';

/** `undefined`: the pod's status does not have it yet. */
export type FieldValue = string | undefined;

/** Throws `InvalidInput` for a path that Kubernetes does not offer. */
export function podField(pod: Pod, fieldPath: string): FieldValue {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed) {
    const [, map, key = ''] = keyed;
    const values = (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations) ?? {};
    return Object.hasOwn(values, key) ? (values[key] ?? '') : '';
  }
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    // By its name and the one that it had before Kubernetes 1.0, which the API still takes.
    case 'spec.nodeName':
    case 'spec.host':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return pod.status?.hostIP || undefined;
    case 'status.podIP':
      return pod.status?.podIP || undefined;
    case 'status.hostIPs':
      return joined(pod.status?.hostIPs) ?? (pod.status?.hostIP || undefined);
    case 'status.podIPs':
      return joined(pod.status?.podIPs) ?? (pod.status?.podIP || undefined);
    default:
      throw new VkError('InvalidInput', `pod ${objectKey(pod)}: fieldRef "${fieldPath}" is not one that pods have`);
  }
}

function joined(addresses: readonly { readonly ip?: string }[] | undefined): string | undefined {
  return addresses?.flatMap(({ ip }) => ip || []).join(',') || undefined;
}

/** `key="value"` lines in the order of their keys, as a kubelet writes whole labels and annotations. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, value]) => `${key}=${goQuote(value)}`).join('\n');
}
