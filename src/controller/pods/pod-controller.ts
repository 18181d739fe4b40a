/**
 * Keeps the pods of one node and a backend in agreement.
 *
 * One pod's way: watch event → record → queue key (uid) → `decideCall` → one provider call → the provider's report →
 * `decideWrite` → one API write → the watch shows it. Each arrow is one call in one direction. There are two queues so
 * that a status write never waits for a slow create; in each a pod has one thing done at a time.
 *
 * Neighbours: `pod-record.ts` (memory), `pod-call-decision.ts` and `pod-write-decision.ts` (what is due),
 * `pod-caller.ts` and `pod-writer.ts` (doing it), `pod-observation.ts` (what an answer means),
 * `backend-inventory.ts` (adoption and clean-up), `node-pods-view.ts` (what the provider is told), `status-poller.ts` (providers that do not notify).
 *
 * Invariants
 * 1. No provider call for a pod before the cache has synced and `getPods` has answered once.
 * 2. A record is made when a pod is first seen and dropped when neither Kubernetes nor the backend has it.
 * 3. Whatever changes a record adds its key to both queues.
 * 4. A pod waits until every other uid of its name has left the backend.
 */
import type { KubeApi } from '../../kube/api.js';
import type { ObjectHandler, ObjectSource } from '../../kube/object-source.js';
import { isOlder } from '../../kube/resource-version.js';
import type { Pod } from '../../kube/types.js';
import type { CallContext, Provider } from '../../provider/provider.js';
import { StatusPoller } from '../../provider/tracker/status-poller.js';
import type { Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { PodInputSource } from '../inputs/pod-input-source.js';
import { BackendInventory } from './backend-inventory.js';
import { backoffDelayMs } from '../../runtime/backoff.js';
import { decideCall, isInTheWay } from './pod-call-decision.js';
import { PodCaller } from './pod-caller.js';
import {
  resolvePodControllerOptions,
  type PodControllerOptions,
  type ResolvedPodControllerOptions,
} from './pod-controller-options.js';
import { takeDisappearance, takeEviction, takeObject, takeReport } from './pod-observation.js';
import type { PodRecord } from './pod-record.js';
import { PodInputsKeeper } from './pod-inputs-keeper.js';
import { PodRecords } from './pod-records.js';
import { decideWrite } from './pod-write-decision.js';
import { PodWriter } from './pod-writer.js';
import { readPods, readStatus, statusSource } from './provider-answers.js';
import { NodePodsView } from './node-pods-view.js';
import { WorkQueue } from '../queue/work-queue.js';

/** The index under which a source of several nodes' pods must file them, by `spec.nodeName`. */
export const nodeNameIndex = 'nodeName';

export interface PodControllerStatus {
  readonly phase: 'new' | 'adopting' | 'running' | 'closed';
  /** Pods that Kubernetes or the backend has. */
  readonly pods: number;
  /** Pods waiting for their turn to have a provider call or an API write made. */
  readonly waitingCalls: number;
  readonly waitingWrites: number;
}

/**
 * ```ts
 * const source = new Reflector(client, pods, { fieldSelector: 'spec.nodeName=my-node', indexes: { nodeName: (pod) => [pod.spec.nodeName ?? ''] } });
 * const controller = new PodController('my-node', provider, client, source);
 * source.start();
 * await controller.start();
 * ```
 */
export class PodController {
  readonly #nodeName: string;
  readonly #provider: Provider;
  readonly #source: ObjectSource<Pod>;
  readonly #options: ResolvedPodControllerOptions;
  readonly #records = new PodRecords();
  readonly #inventory: BackendInventory;
  readonly #caller: PodCaller;
  readonly #writer: PodWriter;
  readonly #calls: WorkQueue;
  readonly #writes: WorkQueue;
  readonly #view: NodePodsView;
  readonly #poller: StatusPoller | undefined;
  /** Undefined if pods are handed over as they are written. */
  readonly #inputs: PodInputsKeeper | undefined;
  /** Undefined if it is shared, and so not ours to close. */
  readonly #ownInputs: PodInputSource | undefined;
  readonly #abort = new AbortController();
  #phase: PodControllerStatus['phase'] = 'new';
  #removeHandler: (() => void) | undefined;
  #sweepTimer: Timer | undefined;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** `source` must hold the pods of the node, indexed under {@link nodeNameIndex}; it is started by whoever made it. */
  constructor(
    nodeName: string,
    provider: Provider,
    api: KubeApi,
    source: ObjectSource<Pod>,
    options: PodControllerOptions = {},
  ) {
    this.#nodeName = nodeName;
    this.#provider = provider;
    this.#source = source;
    this.#options = resolvePodControllerOptions(options);
    const { clock, random, logger, events, backoff, dangling } = this.#options;
    this.#inventory = new BackendInventory(this.#records, dangling);
    this.#caller = new PodCaller({ provider, api, events, clock, random, logger, backoff });
    this.#writer = new PodWriter(api, clock, logger);
    this.#view = new NodePodsView({
      ...{ records: this.#records, source, api, events },
      isAdopted: () => this.#phase === 'running',
      changed: (record) => this.#changed(record),
    });
    const queue = { clock, random, logger };
    const { inputs } = this.#options;
    this.#ownInputs = inputs === undefined ? new PodInputSource(api, queue) : undefined;
    const inputSource = inputs === false ? undefined : (inputs ?? this.#ownInputs);
    this.#inputs = inputSource && this.#keeperOf(inputSource);
    this.#calls = new WorkQueue((key) => this.#call(key), {
      ...queue,
      name: 'provider calls',
      metrics: this.#options.queueMetrics.calls,
      concurrency: this.#options.providerConcurrency,
    });
    this.#writes = new WorkQueue((key, signal) => this.#write(key, signal), {
      ...queue,
      name: 'pod writes',
      metrics: this.#options.queueMetrics.writes,
      concurrency: this.#options.writeConcurrency,
    });
    if (provider.notifyPods === undefined) {
      const { pollIntervalMs } = this.#options;
      const pace = { fastestMs: pollIntervalMs, slowestMs: pollIntervalMs, growth: 0 };
      const notify = (pod: Pod): void => this.#notified(pod);
      this.#poller = new StatusPoller(statusSource(provider), this.#view, notify, { ...queue, pace });
    }
  }

  get status(): PodControllerStatus {
    return {
      phase: this.#phase,
      pods: this.#records.size,
      waitingCalls: this.#calls.depth,
      waitingWrites: this.#writes.depth,
    };
  }

  /**
   * Waits for the cache, asks the provider what it has, adopts it and begins to work. Resolves when it has begun; tries
   * for ever while the provider does not answer. Rejects if it is closed before. Further calls get the same promise.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    if (this.#phase === 'closed') throw new VkError('Aborted', `node ${this.#nodeName}: pod controller is closed`);
    this.#phase = 'adopting';
    const context = this.#context();
    this.#provider.notifyPods?.((pod) => this.#notified(pod), { ...context, pods: this.#view });
    await this.#source.waitForSync(context.signal);
    context.signal.throwIfAborted();
    this.#removeHandler = this.#source.addHandler(this.#handler(), { index: nodeNameIndex, value: this.#nodeName });
    const listed = await this.#listBackend(context);
    context.signal.throwIfAborted();
    this.#inventory.adopt(listed);
    this.#claimUnwanted(listed);
    this.#phase = 'running';
    this.#calls.start();
    this.#writes.start();
    this.#poller?.start();
    this.#planSweep();
  }

  /**
   * Stops: nothing new is begun, what runs has `graceMs` (default 5 s) to end, then its signals abort. Deletes nothing,
   * neither here nor in the backend. Idempotent; every call gets the same promise.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.graceMs ?? 5_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    this.#phase = 'closed';
    this.#removeHandler?.();
    this.#sweepTimer?.cancel();
    this.#abort.abort(new VkError('Aborted', `node ${this.#nodeName}: pod controller is closed`));
    const abortCalls = this.#options.clock.setTimer(graceMs, () => {
      for (const record of this.#records.values()) record.inFlight?.abort.abort();
    });
    await Promise.all([this.#calls.close({ graceMs }), this.#writes.close({ graceMs }), this.#poller?.close()]);
    abortCalls.cancel();
    for (const record of this.#records.values()) this.#inputs?.drop(record);
    await this.#ownInputs?.close();
  }

  #keeperOf(source: PodInputSource): PodInputsKeeper {
    return new PodInputsKeeper({
      source,
      events: this.#options.events,
      isFollowed: this.#provider.updatePodInputs !== undefined,
      changed: (record) => this.#changed(record),
    });
  }

  #context(): CallContext {
    return { signal: this.#abort.signal, logger: this.#options.logger };
  }

  #handler(): ObjectHandler<Pod> {
    return {
      onAdd: (pod) => this.#appeared(pod),
      onUpdate: (pod) => this.#appeared(pod),
      onDelete: (pod, missed) => this.#disappeared(pod, missed),
    };
  }

  #appeared(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    const known = this.#records.get(uid);
    if (known === undefined) this.#deleteUnwanted(this.#inventory.claimPredecessors(pod));
    const record = known ?? this.#records.add(pod, this.#phase === 'running' ? 'absent' : 'unknown');
    takeObject(record, pod);
    if (known === undefined) this.#inventory.adoptUnclaimed(record);
    this.#inputs?.follow(record);
    this.#settleName(record);
    this.#changed(record);
  }

  /** Of two uids with an object of the same name the older has none any more. */
  #settleName(record: PodRecord): void {
    for (const other of this.#records.named(record.ref.namespace, record.ref.name)) {
      if (other === record || other.desired === undefined || record.desired === undefined) continue;
      const isStale = isOlder(record.desired.metadata.resourceVersion, other.desired.metadata.resourceVersion);
      const gone = isStale ? record : other;
      takeDisappearance(gone, gone.lastSeen, 'certain');
      this.#inputs?.follow(gone);
      this.#changed(gone);
    }
  }

  #disappeared(pod: Pod, missed: boolean): void {
    const record = this.#records.get(pod.metadata.uid ?? '');
    if (record === undefined) return;
    takeDisappearance(record, pod, missed ? 'inferred' : 'certain');
    this.#inputs?.follow(record);
    this.#changed(record);
  }

  /** The provider's word. Never throws, whatever it is given. */
  #notified(pod: Pod): void {
    try {
      const record = this.#records.find(pod);
      if (record === undefined) return;
      takeEviction(record, pod.metadata);
      if (pod.status !== undefined) takeReport(record, readStatus(pod.status));
      this.#changed(record);
    } catch (err) {
      this.#options.logger.error({ node: this.#nodeName, err }, 'notification of the provider could not be read');
    }
  }

  #changed(record: PodRecord): void {
    if (isInTheWay(record)) {
      record.inFlight?.abort.abort();
      record.inputs?.held.interrupt();
    }
    this.#calls.add(record.key);
    this.#writes.add(record.key);
  }

  async #call(key: string): Promise<void> {
    const record = this.#records.get(key);
    // What is asked about right now comes back when the answer is there.
    if (record === undefined || record.inFlight !== undefined) return;
    if (this.#inputs?.judge(record)) this.#writes.add(key);
    const now = this.#options.clock.now();
    const call = decideCall(record, this.#records.isBlocked(record), now);
    switch (call.type) {
      case 'none':
        return;
      case 'wait':
        this.#calls.addAfter(key, call.until - now);
        return;
      case 'forget':
        this.#inputs?.drop(record);
        for (const other of this.#records.remove(record)) this.#changed(other);
        this.#tell(() => this.#options.observer.forgotten?.(record.ref));
        return;
      default:
        await this.#caller.call(record, call);
        if (call.type === 'confirm') this.#settleName(record);
        this.#changed(record);
    }
  }

  async #write(key: string, signal: AbortSignal): Promise<void> {
    const record = this.#records.get(key);
    if (record === undefined) return;
    const now = this.#options.clock.now();
    const write = decideWrite(record, this.#options.writeRules, now);
    switch (write.type) {
      case 'none':
        return;
      case 'wait':
        this.#writes.addAfter(key, write.until - now);
        return;
      default: {
        await this.#writer.write(record, write, signal);
        this.#changed(record);
        const { desired } = record;
        if (write.type === 'status' && record.refused === undefined && desired) {
          this.#tell(() => this.#options.observer.statusWritten?.(desired));
        }
      }
    }
  }

  #tell(observe: () => void): void {
    try {
      observe();
    } catch (err) {
      this.#options.logger.error({ node: this.#nodeName, err }, 'observer of pods failed');
    }
  }

  /** The backend's whole list, asked for until it answers. */
  async #listBackend(context: CallContext): Promise<readonly Pod[]> {
    const { clock, backoff, random, logger } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return readPods(await this.#provider.getPods(context));
      } catch (err) {
        context.signal.throwIfAborted();
        logger.warn({ node: this.#nodeName, attempt, err }, 'provider could not list its pods');
        await clock.sleep(backoffDelayMs(attempt, backoff, random), context.signal);
      }
    }
  }

  #planSweep(): void {
    if (this.#options.danglingIntervalMs === Infinity) return;
    this.#sweepTimer = this.#options.clock.setTimer(this.#options.danglingIntervalMs, () => {
      void this.#sweep().finally(() => {
        if (this.#phase === 'running') this.#planSweep();
      });
    });
  }

  async #sweep(): Promise<void> {
    try {
      this.#claimUnwanted(readPods(await this.#provider.getPods(this.#context())));
    } catch (err) {
      if (!this.#abort.signal.aborted) {
        this.#options.logger.warn({ node: this.#nodeName, err }, 'provider could not list its pods');
      }
    }
  }

  #claimUnwanted(listed: readonly Pod[]): void {
    this.#deleteUnwanted(this.#inventory.claimUnwanted(listed, this.#source.isFresh, this.#options.clock.now()));
  }

  #deleteUnwanted(claimed: readonly PodRecord[]): void {
    for (const record of claimed) {
      this.#options.logger.warn(
        { pod: `${record.ref.namespace}/${record.ref.name}`, uid: record.ref.uid },
        'pod is in the backend alone and will be deleted there unless the apiserver has it',
      );
      this.#changed(record);
    }
  }
}
