/**
 * The assembly: a name, a provider and a client become a node. It has no behaviour of its own beyond the order in which
 * its parts begin and end; each of them can be used without it.
 *
 * Neighbours: `controller/pods/pod-controller.ts`, `controller/node/node-controller.ts`, `controller/events/event-recorder.ts`,
 * `kube/reflector`, `kubelet.ts` (the server of its streams).
 *
 * Invariants
 * 1. A phase only moves forward: new, starting, running, closing, closed.
 * 2. The node is not Ready before the backend's pods are adopted: nothing is scheduled to a node that does not know yet
 *    what it runs.
 * 3. What the node made it ends; what it was given it leaves alone.
 * 4. The kubelet server listens before the node says where, and until the node says that it is not Ready.
 */
import { EventEmitter } from 'eventemitter3';
import { defaultNode } from '../controller/node/default-node.js';
import { EventRecorder } from '../controller/events/event-recorder.js';
import { PodInputSource } from '../controller/inputs/pod-input-source.js';
import { NodeController, type NodeControllerStatus } from '../controller/node/node-controller.js';
import { nodeNameIndex, PodController, type PodControllerStatus } from '../controller/pods/pod-controller.js';
import type { KubeApi } from '../kube/api.js';
import type { ObjectSource } from '../kube/object-source.js';
import { Reflector } from '../kube/reflector/reflector.js';
import { pods } from '../kube/resources.js';
import type { Node, Pod } from '../kube/types.js';
import type { NodeHealth, PodRef, Provider } from '../provider/provider.js';
import { systemClock, type Clock } from '../runtime/clock.js';
import { VkError } from '../runtime/errors.js';
import { silentLogger, type Logger } from '../runtime/logger.js';
import { untilAborted } from '../runtime/until-aborted.js';
import { nodeMetrics, type NodeFigures } from '../stream/stats/node-metrics.js';
import { checkParts } from './check-parts.js';
import { Kubelet, streamingCapabilities, type KubeletStatus } from './kubelet.js';
import { podsOfNode } from './pod-lookup.js';
import type { VirtualNodeOptions } from './virtual-node-options.js';
import { WorkMetrics } from './work-metrics.js';

export type VirtualNodePhase = 'new' | 'starting' | 'running' | 'closing' | 'closed';

export interface VirtualNodeStatus {
  readonly phase: VirtualNodePhase;
  /** Undefined before the node is configured. */
  readonly node: NodeControllerStatus | undefined;
  readonly pods: PodControllerStatus | undefined;
  /** Undefined without a kubelet server, and while it does not serve. */
  readonly kubelet: KubeletStatus | undefined;
}

/** What a VirtualNode emits. A listener that throws is logged and disturbs nothing. */
export interface VirtualNodeEvents {
  /** The phase changed. */
  phase: (phase: VirtualNodePhase) => void;
  /** The node became Ready in Kubernetes, or ceased to be. */
  readiness: (ready: boolean) => void;
  /** Kubernetes took a new status of the pod. The pod is shared with the cache: not to be changed. */
  podStatus: (pod: Pod) => void;
  /** Neither Kubernetes nor the backend has the pod any more. */
  podGone: (ref: PodRef) => void;
}

/**
 * ```ts
 * const client = await connect({ kubeconfig: 'kubeconfig.yaml' });
 * const node = new VirtualNode('edge-1', provider, client);
 * await node.start();
 * await node.ready();
 * // … until it is time to go:
 * await node.close({ graceMs: 10_000 });
 * await client.close();
 * ```
 *
 * Takes no signals and ends no process: that is its user's to do. Does not close the client.
 */
export class VirtualNode extends EventEmitter<VirtualNodeEvents> implements AsyncDisposable {
  readonly name: string;
  readonly #provider: Provider;
  readonly #client: KubeApi;
  /** Undefined where nobody could read them. */
  readonly #work: WorkMetrics | undefined;
  readonly #options: VirtualNodeOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #phase: VirtualNodePhase = 'new';
  #parts: Parts | undefined;
  #kubelet: Kubelet | undefined;
  #wasReady = false;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(name: string, provider: Provider, client: KubeApi, options: VirtualNodeOptions = {}) {
    super();
    if (!isNodeName(name)) {
      throw new VkError('InvalidInput', `node "${name}": the name must be lower-case letters, digits, "-" and "."`);
    }
    checkParts(name, provider, client);
    this.name = name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#work = options.kubelet && new WorkMetrics(provider, client, this.#clock);
    this.#provider = this.#work?.provider ?? provider;
    this.#client = client;
    this.#logger = options.logger ?? silentLogger;
  }

  get status(): VirtualNodeStatus {
    const { node, pods: podController } = this.#parts ?? {};
    return {
      phase: this.#phase,
      node: node?.status,
      pods: podController?.status,
      kubelet: this.#kubelet?.status,
    };
  }

  /**
   * Lets the provider configure the node and begins to keep it and its pods. Resolves when all has begun, which does not
   * wait for the apiserver, apart from up to 5 s for what a kubelet server trusts: see {@link ready}. Rejects if
   * `configureNode` does, if the kubelet server cannot listen, or if the node was closed. Further calls get the same
   * promise.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Resolves when the backend's pods are adopted and Kubernetes shows the node as Ready. Rejects with the signal's
   * reason, or with `Aborted` when the node closes before; never because the apiserver or the backend is out of reach,
   * as that may pass: ask `status`, or give a signal that times out.
   */
  async ready(signal?: AbortSignal): Promise<void> {
    if (this.#started === undefined)
      throw new VkError('InvalidInput', `node ${this.name}: ready() comes after start()`);
    await this.#started;
    const parts = this.#parts;
    if (parts === undefined) throw new VkError('Aborted', `node ${this.name}: closed`);
    await untilAborted(parts.pods.start(), signal);
    await untilAborted(parts.node.ready(), signal);
  }

  /**
   * Marks the node NotReady, stops taking work, gives what runs `graceMs` (default 5 s) to end and then aborts it.
   * Neither pods nor the node object are deleted: the next start finds them. Idempotent, and right in every phase.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.graceMs ?? 5_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    if (this.#phase !== 'new') throw new VkError('Aborted', `node ${this.name}: closed`);
    this.#enter('starting');
    const template = defaultNode(this.name, this.#options.node);
    await this.#provider.configureNode?.(template);
    if (this.#closed !== undefined) throw new VkError('Aborted', `node ${this.name}: closed while it started`);
    const source = this.#podSource();
    try {
      await this.#startKubelet(template, source.pods);
      if (this.#closed !== undefined) throw new VkError('Aborted', `node ${this.name}: closed while it started`);
      this.#parts = this.#assemble(template, source);
    } catch (error) {
      await this.#kubelet?.close({ graceMs: 0 });
      throw error;
    }
    const { reflector, pods, node } = this.#parts;
    reflector?.start();
    pods.start().catch((err: unknown) => {
      if (this.#closed === undefined) this.#logger.error({ node: this.name, err }, 'pod controller could not start');
    });
    node.start();
    this.#enter('running');
  }

  #podSource(): PodSource {
    const { random = Math.random, podSource } = this.#options;
    if (podSource !== undefined) return { pods: podSource, reflector: undefined };
    const reflector = new Reflector(this.#work?.client ?? this.#client, pods, {
      ...{ clock: this.#clock, random, logger: this.#logger },
      fieldSelector: `spec.nodeName=${this.name}`,
      indexes: { [nodeNameIndex]: (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []) },
    });
    return { pods: reflector, reflector };
  }

  async #startKubelet(template: Node, source: ObjectSource<Pod>): Promise<void> {
    const { kubelet: options, random = Math.random } = this.#options;
    const provider = this.#provider;
    if (options === undefined) {
      const capabilities = streamingCapabilities(provider);
      if (capabilities.length > 0) this.#logger.info({ node: this.name, capabilities }, noKubelet);
      return;
    }
    const lookup = podsOfNode(source, this.name);
    const kubelet = await Kubelet.for(template, options, {
      ...{ provider, client: this.#client, clock: this.#clock, random, logger: this.#logger },
      pods: lookup,
      metrics: [
        nodeMetrics(
          this.name,
          () => lookup.list(),
          () => this.#figures(),
          this.#clock,
        ),
        ...(this.#work?.sources ?? []),
      ],
    });
    if (this.#closed !== undefined) return;
    this.#kubelet = kubelet;
    await kubelet.start(template);
  }

  #figures(): NodeFigures {
    const { node, pods: podController } = this.status;
    return {
      ready: node?.ready,
      lease: node?.lease,
      waiting: podController && { calls: podController.waitingCalls, writes: podController.waitingWrites },
      caches: this.#parts?.reflector && { pods: this.#parts.reflector.status.type },
    };
  }

  #assemble(template: Node, { pods: source, reflector }: PodSource): Parts {
    const { random = Math.random } = this.#options;
    const shared = { clock: this.#clock, random, logger: this.#logger };
    const client = this.#work?.client ?? this.#client;
    const recorder = this.#options.events ? undefined : new EventRecorder(client, { ...shared, host: this.name });
    const events = this.#options.events ?? recorder;
    const withEvents = { ...shared, ...(events ? { events } : {}) };
    const inputs =
      this.#options.pods?.inputs === undefined
        ? new PodInputSource(client, { ...shared, allocatable: () => template.status?.allocatable ?? {} })
        : undefined;
    const podController = new PodController(this.name, this.#provider, client, source, {
      ...this.#options.pods,
      ...(inputs && { inputs }),
      ...(this.#work && { queueMetrics: this.#work.queues }),
      ...withEvents,
      observer: {
        statusWritten: (pod) => this.emit('podStatus', pod),
        forgotten: (ref) => this.emit('podGone', ref),
      },
    });
    const nodeController = new NodeController(template, client, {
      ...this.#options.heartbeat,
      ...withEvents,
      health: this.#health(podController),
      onChange: () => this.#nodeChanged(),
    });
    return { reflector, recorder, inputs, pods: podController, node: nodeController };
  }

  /** The provider's health, behind invariant 2: until the pods are adopted a ping is not answered. */
  #health(podController: PodController): Partial<NodeHealth> {
    const provider = this.#provider;
    return {
      ping: async (context) => {
        await untilAborted(podController.start(), context.signal);
        await provider.ping?.(context);
      },
      notifyNodeStatus: (notify) => provider.notifyNodeStatus?.(notify),
    };
  }

  async #close(graceMs: number): Promise<void> {
    this.#enter('closing');
    if (this.#parts !== undefined) {
      const { reflector, recorder, inputs, pods, node } = this.#parts;
      // The node says goodbye while its pods' last words are written; both need the client for no longer than the grace.
      const unreachable = node.close({ graceMs }).then(() => this.#kubelet?.close({ graceMs }));
      await Promise.all([unreachable, pods.close({ graceMs })]);
      await Promise.all([reflector?.close(), recorder?.close(), inputs?.close()]);
    }
    // Of a start that failed, or was overtaken by this.
    await this.#kubelet?.close({ graceMs });
    this.#enter('closed');
  }

  #enter(phase: VirtualNodePhase): void {
    this.#phase = phase;
    this.#tell(() => this.emit('phase', phase));
  }

  #nodeChanged(): void {
    const ready = this.#parts?.node.status.ready ?? false;
    if (ready === this.#wasReady) return;
    this.#wasReady = ready;
    this.#tell(() => this.emit('readiness', ready));
  }

  #tell(emit: () => void): void {
    try {
      emit();
    } catch (err) {
      this.#logger.error({ node: this.name, err }, 'listener failed');
    }
  }
}

const noKubelet =
  'the provider can serve streams, but the node has no kubelet server: kubectl logs and the like are refused. ' +
  'Set the option kubelet: {} for one';

interface PodSource {
  readonly pods: ObjectSource<Pod>;
  /** The one that was made here. Undefined if the pods come from a shared source. */
  readonly reflector: Reflector<Pod> | undefined;
}

interface Parts {
  readonly reflector: Reflector<Pod> | undefined;
  /** Undefined if Events go to a shared recorder. */
  readonly recorder: EventRecorder | undefined;
  /** Undefined if what pods bring with them comes from a shared source, or from nowhere. */
  readonly inputs: PodInputSource | undefined;
  readonly pods: PodController;
  readonly node: NodeController;
}

/** RFC 1123 subdomain, as the apiserver demands of node names. */
function isNodeName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}
