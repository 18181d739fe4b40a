/** From what a path names to the pod that is there. The texts are the kubelet's. kubelet-protocol §1, §5. */
import type { Pod } from '../../kube/types.js';
import { podRef, type ContainerRef } from '../../provider/provider.js';
import type { PodLookup } from '../backend.js';
import { Refusal } from '../refusal.js';
import type { ContainerTarget, PodTarget } from './route.js';

/** The pod, or a 404: also if the one of that name has another uid than the path says. */
export function requirePod(pods: PodLookup, target: PodTarget, missing = 'pod does not exist'): Pod {
  const pod = pods.get(target.namespace, target.name);
  if (pod === undefined || (target.uid !== undefined && target.uid !== pod.metadata.uid)) {
    throw new Refusal('NotFound', missing);
  }
  return pod;
}

export function requireContainer(pods: PodLookup, target: ContainerTarget): { pod: Pod; ref: ContainerRef } {
  const pod = requirePod(pods, target);
  if (!hasContainer(pod, target.container)) {
    throw new Refusal('NotFound', `container ${target.container} not found in pod ${target.name}`);
  }
  return { pod, ref: { ...podRef(pod), container: target.container } };
}

/** Init and ephemeral containers count: `kubectl debug` attaches to the latter. */
function hasContainer({ spec }: Pod, name: string): boolean {
  const all = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  return all.some((container) => container.name === name);
}
