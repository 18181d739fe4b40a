import { checkNumbers } from '../../runtime/check-numbers.js';
import { type Clock, type Random, systemClock } from '../../runtime/clock.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import type { KubeObject } from '../types.js';
import type { IndexFunction } from './indexed-store.js';
import type { ReflectorStatus } from './reflector-status.js';

export interface ReflectorOptions<T extends KubeObject> {
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /**
   * Ways to find objects without visiting all of them, by name. Pure and cheap: called for every state of every object,
   * more than once. One that throws files the object nowhere.
   *
   * ```ts
   * const indexes = { node: (pod: Pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []) };
   * ```
   */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /**
   * Called with every object before it is stored; may change it or answer another, of the same name and uid. One that
   * throws is logged, and the object is stored as it came.
   */
  readonly transform?: (object: T) => T;
  /** Keep `metadata.managedFields`: a third of a pod's memory that nobody here reads. Default: false. */
  readonly keepManagedFields?: boolean;
  /**
   * Let equal strings and equal parts of objects be the same instances: costs about as much time as parsing, and saves
   * most of the memory where many objects come from few templates. Default: true.
   */
  readonly shareEqualParts?: boolean;
  /** Try the streaming list (Kubernetes 1.32 and later) before paged ones. Default: true. */
  readonly streamingList?: boolean;
  /** Objects in a page of a list. Default: 500, which is parsed in about 30 ms. */
  readonly pageSize?: number;
  /**
   * How long one watch may last, in ms; it is drawn from the upper half. Default: 30 minutes. Watches that may fall silent
   * end sooner: see `docs/designs/reflector.md`.
   */
  readonly watchTimeoutMs?: number;
  /** How long an event of a watch may be, in bytes. Default: 16 MiB, ten times what etcd takes. */
  readonly maxEventBytes?: number;
  /** Called when `status` has changed, synchronously. Must not throw. */
  readonly onStatus?: (status: ReflectorStatus) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

export type ResolvedReflectorOptions<T extends KubeObject> = Required<ReflectorOptions<T>>;

/** Throws `InvalidInput` for numbers that make no sense. */
export function resolveReflectorOptions<T extends KubeObject>(
  options: ReflectorOptions<T>,
): ResolvedReflectorOptions<T> {
  const { pageSize, watchTimeoutMs, maxEventBytes } = options;
  checkNumbers({ pageSize, maxEventBytes }, 1, 'reflector');
  checkNumbers({ watchTimeoutMs }, 'above 0', 'reflector');
  return {
    namespace: options.namespace,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    indexes: options.indexes ?? {},
    transform: options.transform ?? ((object) => object),
    keepManagedFields: options.keepManagedFields ?? false,
    shareEqualParts: options.shareEqualParts ?? true,
    streamingList: options.streamingList ?? true,
    pageSize: pageSize ?? 500,
    watchTimeoutMs: watchTimeoutMs ?? 30 * 60_000,
    maxEventBytes: maxEventBytes ?? 16 * 1024 * 1024,
    onStatus: options.onStatus ?? (() => undefined),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
  };
}
