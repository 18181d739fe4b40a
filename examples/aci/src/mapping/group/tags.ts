/**
 * The tags by which a group is known as a pod, in azure-aci's names. Azure holds 50 tags of a name up to 512 and a value
 * up to 256 characters; the longest of these values is a name of 253.
 */
import type { Pod } from 'vk-sdk';

export const tagNames = {
  podName: 'PodName',
  nodeName: 'NodeName',
  namespace: 'Namespace',
  uid: 'UID',
  creationTimestamp: 'CreationTimestamp',
} as const;

export function groupTags(pod: Pod, nodeName: string): Record<string, string> {
  const { name = '', namespace = '', uid = '', creationTimestamp } = pod.metadata;
  return {
    [tagNames.podName]: name,
    [tagNames.nodeName]: nodeName,
    [tagNames.namespace]: namespace,
    [tagNames.uid]: uid,
    ...(creationTimestamp !== undefined && { [tagNames.creationTimestamp]: creationTimestamp }),
  };
}
