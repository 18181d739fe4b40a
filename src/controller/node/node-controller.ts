/**
 * Makes a node in the API and keeps it there: registered, Ready or not as the backend is, alive by its lease.
 *
 * Neighbours: `node-intent.ts` (what the node should be), `node-writer.ts` with `node-decision.ts` (the Node object),
 * `lease-keeper.ts` with `lease-decision.ts` (its lease), `node-health-check.ts` (pings), `default-node.ts` (a template).
 *
 * Invariants
 * 1. What the node should be follows from the template, the provider's last word and its health, and from nothing else.
 * 2. Nothing is said of the node before the first ping was answered or failed.
 * 3. What others put into the node stays: conditions, labels, annotations, taints, `unschedulable`.
 * 4. After `close` nothing is written.
 */
import type { KubeApi } from '../../kube/api.js';
import type { Node } from '../../kube/types.js';
import { cloneJson } from '../../provider/clone-pod.js';
import { jsonEqual } from '../../provider/json-equal.js';
import type { Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { LeaseKeeper, type LeaseStatus } from './lease-keeper.js';
import {
  type NodeControllerOptions,
  type ResolvedNodeControllerOptions,
  resolveNodeControllerOptions,
} from './node-controller-options.js';
import { NodeHealthCheck } from './node-health-check.js';
import { nodeIntent, type NodeIntent, type Unready } from './node-intent.js';
import { isReady } from './node-status-patch.js';
import { NodeWriter } from './node-writer.js';

export type { NodeControllerOptions } from './node-controller-options.js';

/**
 * - `new`: not started;
 * - `registering`: not in the API yet, or not known to be;
 * - `registered`: in the API;
 * - `deleted`: somebody deleted it, it is about to be made again;
 * - `closed`: nothing is done any more.
 */
export type NodePhase = 'new' | 'registering' | 'registered' | 'deleted' | 'closed';

export interface NodeControllerStatus {
  readonly phase: NodePhase;
  /** Whether the node is Ready in the API, by the word of this process. */
  readonly ready: boolean;
  /** Why the backend is taken to be out of reach. */
  readonly unreachable: VkError | undefined;
  readonly lease: LeaseStatus;
  /** Why the node could not be written, until it can. */
  readonly failure: VkError | undefined;
}

/** Of a condition: what a provider throws may be an error page. */
const messageLimit = 1_024;

/**
 * ```ts
 * const controller = new NodeController(defaultNode('edge-1'), client);
 * controller.start();
 * await controller.ready();
 * ```
 */
export class NodeController {
  readonly #template: Node;
  readonly #options: ResolvedNodeControllerOptions;
  readonly #logger: Logger;
  readonly #writer: NodeWriter;
  readonly #lease: LeaseKeeper;
  readonly #check: NodeHealthCheck | undefined;
  #said: Node | undefined;
  #unreachable: VkError | undefined;
  #silence: Timer | undefined;
  #phase: NodePhase = 'new';
  #writing = false;
  #wasReady: boolean | undefined;
  #failure: VkError | undefined;
  #waiters: { resolve(): void; reject(error: Error): void }[] = [];
  #closed: Promise<void> | undefined;

  /**
   * @param node - What the node is to be: labels, annotations, taints, capacity, addresses, conditions other than the
   * usual. See `defaultNode`. Copied.
   * @throws VkError `InvalidInput` for a node without a name, and for options that make no sense.
   */
  constructor(node: Node, api: KubeApi, options: NodeControllerOptions = {}) {
    const name = node.metadata.name;
    if (!name) throw new VkError('InvalidInput', 'node: metadata.name is missing');
    this.#template = cloneJson(node);
    this.#options = resolveNodeControllerOptions(options);
    const { clock, random, nodes, nodesIndex, leaseRenewIntervalMs } = this.#options;
    this.#logger = withNode(this.#options.logger, name);
    const shared = { clock, random, logger: this.#logger };
    this.#writer = new NodeWriter(api, this.#template, this.#intent(undefined), {
      ...shared,
      heartbeatMs: this.#options.statusUpdateIntervalMs,
      requestDeadlineMs: leaseRenewIntervalMs,
      nodes,
      nodesIndex,
      onLive: (live) => this.#onLive(live),
      onGone: () => this.#onGone(),
      onFailure: (error) => this.#set({ failure: error }),
    });
    this.#lease = new LeaseKeeper(api, name, {
      ...shared,
      durationSeconds: this.#options.leaseDurationSeconds,
      renewIntervalMs: leaseRenewIntervalMs,
      onChange: (lease) => this.#onLease(lease),
      onLapse: () => this.#writer.writeStatus(),
    });
    const { health, pingIntervalMs, pingTimeoutMs } = this.#options;
    if (health.ping !== undefined) {
      this.#check = new NodeHealthCheck((context) => health.ping?.(context) ?? Promise.resolve(), {
        ...shared,
        intervalMs: pingIntervalMs,
        timeoutMs: pingTimeoutMs,
        onResult: (error) => this.#onPing(error),
      });
    }
  }

  /** The node as the API last had it. Not to be changed. Undefined while none is known. */
  get node(): Node | undefined {
    return this.#writer.live;
  }

  get status(): NodeControllerStatus {
    return {
      phase: this.#phase,
      ready: this.#ready,
      unreachable: this.#unreachable,
      lease: this.#lease.status,
      failure: this.#failure,
    };
  }

  /** Begins. Whatever goes wrong from here on is tried again until it works or `close` is called. */
  start(): void {
    if (this.#phase !== 'new') return;
    this.#set({ phase: 'registering' });
    this.#options.health.notifyNodeStatus?.((node) => this.#onNotify(node));
    if (this.#check === undefined) this.#beginWriting();
    else this.#check.start();
  }

  /** Resolves when the node is in the API and Ready there. Rejects with code `Aborted` if the controller closes first. */
  ready(): Promise<void> {
    if (this.#phase === 'closed') return Promise.reject(this.#closedError());
    if (this.#phase === 'registered' && this.#ready) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /**
   * Says in the API that the node is shutting down (Ready is False from then on) and stops. The node and its lease stay.
   * If the server does not answer within `graceMs` (default 5,000) the node is left as it is; Kubernetes finds it dead
   * when its lease has run out. Never rejects; further calls get the same promise.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.graceMs ?? 5_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    const farewell = this.#intent({ reason: 'KubeletNotReady', message: 'node is shutting down' });
    this.#set({ phase: 'closed' });
    this.#silence?.cancel();
    for (const { reject } of this.#waiters.splice(0)) reject(this.#closedError());
    const over = new AbortController();
    const timer = this.#options.clock.setTimer(graceMs, () => over.abort(new VkError('Timeout', 'no answer in time')));
    try {
      await Promise.all([this.#check?.stop(), this.#lease.stop(), this.#writer.stop(farewell, over.signal)]);
    } catch (error) {
      this.#logger.warn({ err: VkError.from(error) }, 'node could not be marked as shutting down');
    } finally {
      timer.cancel();
    }
  }

  get #ready(): boolean {
    return this.#writer.hasSpoken && isReady(this.#writer.live);
  }

  #intent(unready: Unready | undefined): NodeIntent {
    return nodeIntent(this.#template, this.#said, unready);
  }

  #want(): void {
    const message = `the backend is out of reach: ${this.#unreachable?.message ?? ''}`.slice(0, messageLimit);
    this.#writer.want(this.#intent(this.#unreachable && { reason: 'KubeletNotReady', message }));
  }

  #beginWriting(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#writer.start();
  }

  #onNotify(node: Node): void {
    if (this.#phase === 'closed') return;
    const said = cloneJson(node);
    const before = this.#said;
    // What is left out is left as it was said before.
    this.#said = {
      metadata: { ...before?.metadata, ...defined(said.metadata) },
      spec: { ...before?.spec, ...defined(said.spec) },
      status: { ...before?.status, ...defined(said.status) },
    };
    if (!jsonEqual(before, this.#said)) this.#want();
  }

  #onPing(error: VkError | undefined): void {
    if (this.#phase === 'closed') return;
    const before = this.#unreachable;
    if (error?.message !== before?.message || (error === undefined) !== (before === undefined)) {
      this.#set({ unreachable: error });
      this.#want();
    }
    if (error !== undefined && before === undefined) this.#onUnreachable(error);
    if (error === undefined && before !== undefined) this.#onReachable();
    this.#beginWriting();
  }

  #onUnreachable(error: VkError): void {
    const { clock, unreachableAfterMs } = this.#options;
    this.#logger.warn({ err: error }, 'backend out of reach, node is not ready');
    this.#silence = clock.setTimer(unreachableAfterMs, () => {
      this.#logger.warn({ err: error }, 'backend still out of reach, lease is no longer renewed');
      this.#lease.setSuspended(true);
      this.#writer.setSilent(true);
    });
  }

  #onReachable(): void {
    this.#logger.info({}, 'backend within reach again');
    this.#silence?.cancel();
    this.#silence = undefined;
    this.#writer.setSilent(false);
    this.#lease.setSuspended(false);
  }

  #onLive(live: Node): void {
    if (this.#phase === 'closed') return;
    this.#lease.setOwner(live.metadata.uid);
    const returned = this.#phase === 'deleted';
    this.#set({ phase: 'registered', failure: undefined });
    if (returned) this.#event(live, 'Normal', 'NodeRecreated', 'was deleted and has been made again');
    if (!this.#writer.hasSpoken) return;
    const ready = isReady(live);
    if (ready !== this.#wasReady) {
      this.#wasReady = ready;
      const reason = ready ? 'NodeReady' : 'NodeNotReady';
      this.#event(live, 'Normal', reason, `status is now: ${reason}`);
      this.#options.onChange?.();
    }
    if (ready) for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #onGone(): void {
    if (this.#phase === 'closed') return;
    this.#wasReady = undefined;
    this.#lease.setOwner(undefined);
    this.#set({ phase: 'deleted' });
  }

  #onLease(lease: LeaseStatus): void {
    if (this.#phase === 'closed') return;
    const { statusUpdateIntervalMs, leaseRenewIntervalMs, onChange } = this.#options;
    this.#writer.setHeartbeat(
      lease.state === 'unavailable' ? Math.min(leaseRenewIntervalMs, statusUpdateIntervalMs) : statusUpdateIntervalMs,
    );
    const live = this.#writer.live;
    if (lease.rival && live) this.#event(live, 'Warning', 'NodeNameConflict', 'is run by another process as well');
    onChange?.();
  }

  #event(live: Node, type: 'Normal' | 'Warning', reason: string, text: string): void {
    this.#options.events.event({ ...live, kind: 'Node' }, type, reason, `Node ${this.#template.metadata.name} ${text}`);
  }

  #set(change: { phase?: NodePhase; failure?: VkError | undefined; unreachable?: VkError | undefined }): void {
    const before = [this.#phase, this.#failure, this.#unreachable];
    if (change.phase !== undefined) this.#phase = change.phase;
    if ('failure' in change) this.#failure = change.failure;
    if ('unreachable' in change) this.#unreachable = change.unreachable;
    const after = [this.#phase, this.#failure, this.#unreachable];
    if (after.some((value, index) => value !== before[index])) this.#options.onChange?.();
  }

  #closedError(): VkError {
    return new VkError('Aborted', `node ${this.#template.metadata.name}: closed`);
  }
}

function defined<T extends object>(value: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== undefined)) as Partial<T>;
}

function withNode(logger: Logger, node: string): Logger {
  if (logger === silentLogger) return logger;
  return {
    debug: (fields, message) => logger.debug({ node, ...fields }, message),
    info: (fields, message) => logger.info({ node, ...fields }, message),
    warn: (fields, message) => logger.warn({ node, ...fields }, message),
    error: (fields, message) => logger.error({ node, ...fields }, message),
  };
}
