/** What a VirtualNode can be told beyond its name, provider and client. */
import type { DefaultNodeOptions } from '../controller/node/default-node.js';
import type { EventSink } from '../controller/events/event-sink.js';
import type { NodeControllerOptions } from '../controller/node/node-controller.js';
import type { PodControllerOptions } from '../controller/pods/pod-controller-options.js';
import type { ObjectSource } from '../kube/object-source.js';
import type { Pod } from '../kube/types.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { VirtualNodeKubeletOptions } from './kubelet.js';

/** What the assembly hands to every part, and so is not asked for part by part. */
type Shared = 'clock' | 'random' | 'logger' | 'events';

export interface VirtualNodeOptions {
  /** Labels, taints, addresses, capacity and the like. `configureNode` of the provider has the last word. */
  readonly node?: DefaultNodeOptions;
  /** How pods are kept: concurrency, backoff, clean-up. */
  readonly pods?: Omit<PodControllerOptions, Shared | 'observer' | 'queueMetrics'>;
  /** How the node is kept: heartbeat, lease, ping; and a cache of nodes, if the process has one. */
  readonly heartbeat?: Omit<NodeControllerOptions, Shared | 'health' | 'onChange'>;
  /**
   * A kubelet server, through which `kubectl logs`, `exec`, `attach`, `port-forward`, `cp` and `top` reach the pods; the
   * node publishes its address and port. `{}` is enough. Default: none, and nothing listens.
   */
  readonly kubelet?: VirtualNodeKubeletOptions;
  /**
   * A cache of pods that several nodes of a process share, indexed under `nodeName`, and started by whoever made it.
   * Default: one of this node's pods, made and ended with the node.
   */
  readonly podSource?: ObjectSource<Pod>;
  /** A recorder that several nodes share. Default: one of its own, whose Events come from this node. */
  readonly events?: EventSink;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: silent. Takes a pino logger as it is. */
  readonly logger?: Logger;
}
