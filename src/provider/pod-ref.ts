/** Which pod is meant. */
import type { Pod } from '../kube/types.js';

/** Two pods with the same name and another uid are two pods. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** The reference of a pod that came from an apiserver. */
export function podRef(pod: Pod): PodRef {
  const { namespace = '', name = '', uid = '' } = pod.metadata;
  return { namespace, name, uid };
}
