/** What the kubelet's server stands on: the node's name, its pods, and the provider's ways into them. */
import type { Pod } from '../kube/types.js';
import type {
  ContainerAttach,
  ContainerExec,
  ContainerLogs,
  PodStatusLister,
  PortForwarder,
  StatsProvider,
} from '../provider/provider.js';

/** The capabilities that the server can serve. Each one that is absent answers 501, and says which method is missing. */
export interface StreamingProvider extends Partial<
  ContainerLogs & ContainerExec & ContainerAttach & PortForwarder & StatsProvider & PodStatusLister
> {}

/** Where pods are looked up: a cache of the apiserver's, or the provider's own. Pods are shared: never to be changed. */
export interface PodLookup {
  get(namespace: string, name: string): Pod | undefined;
  list(): readonly Pod[];
  /**
   * Calls `listener` with each pod that is no longer there, one replaced by another of its name included. Returns what
   * ends that. Without it, what goes on in a pod ends with its client or its container, and not with the pod.
   */
  onGone?(listener: (pod: Pod) => void): () => void;
}

export interface KubeletBackend {
  readonly nodeName: string;
  readonly provider: StreamingProvider;
  readonly pods: PodLookup;
}
