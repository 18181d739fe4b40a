/** What a NodeController can be told, and what it does by default. */
import type { ObjectSource } from '../../kube/object-source.js';
import type { Node } from '../../kube/types.js';
import type { NodeHealth } from '../../provider/provider.js';
import { checkNumbers } from '../../runtime/check-numbers.js';
import { type Clock, type Random, systemClock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { type EventSink, noEvents } from '../events/event-sink.js';

export interface NodeControllerOptions {
  /** Tells whether the backend is within reach, and of changes of the node. Either method may be missing. */
  readonly health?: Partial<NodeHealth>;
  /**
   * A cache in which this node is, kept by a watch: with it, deletions and overwritten fields are noticed at once.
   * Without it they are noticed by the next write that meets them: the lease's when a cluster removes it with the node,
   * within seconds then; else the status's, within `statusUpdateIntervalMs`.
   */
  readonly nodes?: ObjectSource<Node>;
  /** An index of `nodes` by the nodes' names. Needed when many nodes share one cache. Default: none. */
  readonly nodesIndex?: string;
  /** How long Kubernetes trusts one renewal. Default: 40 s, the kubelet's. */
  readonly leaseDurationSeconds?: number;
  /** Pause between renewals, to which up to 4 % are added. Default: 10 s, the kubelet's: three may fail. */
  readonly leaseRenewIntervalMs?: number;
  /**
   * Pause between status writes without news; news is written at once. Default: 5 min, the kubelet's. Where leases are
   * not to be had the status is the only heartbeat, and is written every `leaseRenewIntervalMs`.
   */
  readonly statusUpdateIntervalMs?: number;
  /** Pause between pings. Default: 10 s, virtual-kubelet's. */
  readonly pingIntervalMs?: number;
  /** How long a ping may take. Default: 10 s. */
  readonly pingTimeoutMs?: number;
  /**
   * How long a backend is out of reach before the lease is no longer renewed and Kubernetes takes the node for dead.
   * Default: 2 min, three times its patience with a silent node: a backend that only restarts keeps its node.
   */
  readonly unreachableAfterMs?: number;
  /** Told after each change of `status`. Must not throw. */
  readonly onChange?: () => void;
  /** Where Events about the node go. Default: nowhere. */
  readonly events?: EventSink;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

type Optional = 'nodes' | 'nodesIndex' | 'onChange';
export type ResolvedNodeControllerOptions = Required<Omit<NodeControllerOptions, Optional>> &
  Pick<NodeControllerOptions, Optional>;

/** Throws `InvalidInput` for a number that makes no sense. */
export function resolveNodeControllerOptions(options: NodeControllerOptions): ResolvedNodeControllerOptions {
  const resolved = {
    ...options,
    health: options.health ?? {},
    leaseDurationSeconds: options.leaseDurationSeconds ?? 40,
    leaseRenewIntervalMs: options.leaseRenewIntervalMs ?? 10_000,
    statusUpdateIntervalMs: options.statusUpdateIntervalMs ?? 300_000,
    pingIntervalMs: options.pingIntervalMs ?? 10_000,
    pingTimeoutMs: options.pingTimeoutMs ?? 10_000,
    unreachableAfterMs: options.unreachableAfterMs ?? 120_000,
    events: options.events ?? noEvents,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
  };
  const { leaseDurationSeconds, leaseRenewIntervalMs, statusUpdateIntervalMs } = resolved;
  const { pingIntervalMs, pingTimeoutMs, unreachableAfterMs } = resolved;
  checkNumbers({ leaseDurationSeconds, leaseRenewIntervalMs, statusUpdateIntervalMs }, 'above 0');
  checkNumbers({ pingIntervalMs, pingTimeoutMs, unreachableAfterMs }, 'above 0');
  if (!Number.isInteger(leaseDurationSeconds)) {
    throw new VkError('InvalidInput', `option leaseDurationSeconds: ${leaseDurationSeconds} is not a whole number`);
  }
  if (leaseRenewIntervalMs >= leaseDurationSeconds * 1_000) {
    const text = `option leaseRenewIntervalMs: ${leaseRenewIntervalMs} ms is no shorter than the lease's ${leaseDurationSeconds} s`;
    throw new VkError('InvalidInput', text);
  }
  return resolved;
}
