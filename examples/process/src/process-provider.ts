/**
 * A provider that runs the containers of pods as processes of this machine. It isolates nothing: they see its files, its
 * network and each other, as the user that the provider runs as.
 *
 * Neighbours: `pods/pod-life.ts` (one pod), `decide/` (all that is decided), `disk/state-folder.ts` (what is remembered),
 * `supervisor/` (what outlives the provider), `streams/` and `stats/` (the ways in).
 *
 * Invariants
 * 1. A pod is its uid: what is asked of another one of that name is not answered by this one.
 * 2. What `createPod` has taken over is on disk; a provider that starts later has it again.
 */
import { cpus, release, totalmem, type as osType } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import {
  objectKey,
  pipeToSocket,
  readCriLogs,
  silentLogger,
  systemClock,
  VkError,
  type AttachIO,
  type CallContext,
  type Clock,
  type ContainerLogOptions,
  type ContainerRef,
  type DeleteContext,
  type Logger,
  type Node,
  type Pod,
  type PodContext as PodCallContext,
  type PodInputsReceiver,
  type PodRef,
  type PodStatus,
  type Provider,
  type StatsSummary,
} from 'vk-sdk';
import { commandOf } from './decide/container-command.js';
import { unsupportedBy } from './decide/pod-support.js';
import { kubeletBackoff, type Backoff } from './decide/restart.js';
import { StateFolder } from './disk/state-folder.js';
import { findNamespaces, type NamespaceChoice } from './mounts/namespaces.js';
import type { PodContext } from './pods/context.js';
import { PodLife, type PodLifeOptions } from './pods/pod-life.js';
import type { ContainerRun } from './runs/container-run.js';
import { StatsCollector } from './stats/summary.js';
import { attachTo } from './streams/attach.js';
import { execIn } from './streams/exec.js';
import type { Rotation } from './supervisor/cri-log.js';
import type { NamespaceTools } from './supervisor/namespace.js';

export interface ProcessProviderOptions {
  readonly nodeName: string;
  /** Folder for what has to outlive the provider. One provider at a time has it. */
  readonly stateFolder: string;
  /** This machine's address, which is also its pods'. Default: 127.0.0.1. */
  readonly address?: string;
  /** Search path of the containers. Default: the provider's own. */
  readonly path?: string;
  /** Default: the kubelet's. */
  readonly backoff?: Backoff;
  /** When logs are rotated, and how many files a run has. Default: the kubelet's, 10 MiB and 5. */
  readonly rotation?: Rotation;
  /** How volumes get to their paths. Default: by a mount namespace of each container, where the machine lets us. */
  readonly namespaces?: NamespaceChoice;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const loopback = '127.0.0.1';

export class ProcessProvider implements Provider, PodInputsReceiver {
  readonly #context: PodContext;
  readonly #stats: StatsCollector;
  readonly #choice: NamespaceChoice;
  #namespaces: NamespaceTools | undefined;
  #closed = false;
  readonly #pods = new Map<string, PodLife>();
  /** Processes of execs, by the mark of the run that they are in. */
  readonly #execs = new Map<string, Set<number>>();
  #notify: (pod: Pod) => void = () => undefined;

  constructor(options: ProcessProviderOptions) {
    const { clock = systemClock, logger = silentLogger, address = loopback } = options;
    this.#context = {
      state: new StateFolder(options.stateFolder),
      clock,
      logger,
      address,
      loopback,
      path: options.path ?? process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      backoff: options.backoff ?? kubeletBackoff,
      namespaces: () => this.#namespaces,
      rotation: options.rotation ?? { maxBytes: 10 * 1024 * 1024, maxFiles: 5 },
    };
    this.#choice = options.namespaces ?? 'auto';
    this.#stats = new StatsCollector(options.nodeName, () => clock.now());
  }

  /** Takes the state folder, and up what other providers have left there. To be called before anything else. */
  start(): void {
    const { state, logger } = this.#context;
    state.take();
    logger.warn({}, 'containers run as processes of this machine; nothing isolates them from it or from each other');
    const found = findNamespaces(this.#choice, state.path);
    if (typeof found === 'string') {
      logger.warn({ reason: found }, 'no mount namespaces: volumes are below the directory that POD_ROOT names');
    } else {
      this.#namespaces = found;
      logger.info({ user: found.user }, 'volumes are mounted at their paths, in mount namespaces of the containers');
    }
    for (const folder of state.pods()) {
      const life = PodLife.find(folder, this.#context, this.#lifeOptions());
      if (!life) {
        // The beginning of a creation that its provider did not live to see; nothing runs of it.
        folder.remove();
        continue;
      }
      logger.info({ pod: objectKey(life.pod), uid: life.uid }, 'pod is taken up again');
      this.#pods.set(life.uid, life);
      life.start();
    }
  }

  /** Leaves the pods to the next provider. */
  close(): void {
    this.#closed = true;
    for (const life of this.#pods.values()) life.close();
    this.#context.state.release();
  }

  /** Ends all pods, and leaves nothing: neither processes nor files. */
  async remove(): Promise<void> {
    const { clock, state } = this.#context;
    for (const life of this.#pods.values()) life.stop(0);
    while (this.#pods.size > 0) await clock.sleep(10);
    this.close();
    state.remove();
  }

  configureNode(node: Node): void {
    const capacity = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: '110' };
    const status = (node.status ??= {});
    const addresses = status.addresses ?? [];
    const hasAddress = addresses.some(({ type }) => type === 'InternalIP');
    const own = { type: 'InternalIP', address: this.#context.address };
    node.status = {
      ...status,
      capacity,
      allocatable: capacity,
      addresses: hasAddress ? addresses : [own, ...addresses],
    };
    if (node.status.nodeInfo) {
      node.status.nodeInfo.kernelVersion = release();
      node.status.nodeInfo.osImage = osType();
      node.status.nodeInfo.containerRuntimeVersion = 'process://1';
    }
  }

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  async createPod(pod: Pod, { logger, inputs }: PodCallContext): Promise<void> {
    const known = this.#pods.get(pod.metadata.uid ?? '');
    if (known) {
      await known.updateInputs(pod, inputs);
      return;
    }
    const { refused, ignored } = unsupportedBy(pod);
    if (refused.length > 0) {
      throw new VkError('InvalidInput', `pod ${objectKey(pod)}: not possible as processes: ${refused.join('; ')}`);
    }
    const { initContainers = [], containers } = pod.spec;
    for (const container of [...initContainers, ...containers]) commandOf(pod, container);
    if (ignored.length > 0) logger.warn({ fields: ignored }, 'fields have no effect on processes');
    const life = await PodLife.create(pod, inputs, this.#context, this.#lifeOptions());
    // It is on disk for the next provider.
    if (this.#closed) throw new VkError('Aborted', `pod ${objectKey(pod)}: the provider has been closed`);
    this.#pods.set(life.uid, life);
    life.start();
  }

  async updatePod(pod: Pod, { logger }: CallContext): Promise<void> {
    const { refused } = unsupportedBy(pod);
    if (refused.length > 0) logger.warn({ fields: refused }, 'fields have no effect on processes');
    this.#pods.get(pod.metadata.uid ?? '')?.update(pod);
  }

  async updatePodInputs(pod: Pod, { inputs }: PodCallContext): Promise<void> {
    await this.#pods.get(pod.metadata.uid ?? '')?.updateInputs(pod, inputs);
  }

  async deletePod(pod: Pod, { gracePeriodSeconds }: DeleteContext): Promise<void> {
    this.#pods.get(pod.metadata.uid ?? '')?.stop(gracePeriodSeconds * 1_000);
  }

  async getPod({ uid }: PodRef): Promise<Pod | undefined> {
    return this.#pods.get(uid)?.pod;
  }

  async getPodStatus({ uid }: PodRef): Promise<PodStatus | undefined> {
    return this.#pods.get(uid)?.status;
  }

  async getPods(): Promise<Pod[]> {
    return [...this.#pods.values()].map(({ pod }) => pod);
  }

  async getContainerLogs(ref: ContainerRef, options: ContainerLogOptions, { signal }: CallContext): Promise<Readable> {
    const container = this.#container(ref);
    const run = options.previous ? container.previous : container.run;
    if (!run) throw new VkError('NotFound', `${keyOf(ref)}: there was no such run of the container`);
    const { clock, logger } = this.#context;
    return readCriLogs(run.order.log, options, { signal, stopped: run.ended, clock, logger });
  }

  async runInContainer(ref: ContainerRef, command: string[], io: AttachIO, { signal }: CallContext): Promise<number> {
    const run = this.#running(ref);
    const { mark } = run.order;
    let process: number | undefined;
    return execIn(run, command, io, signal, (pid) => {
      const inRun = this.#execs.get(mark) ?? new Set();
      if (pid !== undefined) inRun.add(pid);
      else if (process !== undefined) inRun.delete(process);
      process = pid;
      if (inRun.size > 0) this.#execs.set(mark, inRun);
      else this.#execs.delete(mark);
    });
  }

  async attachToContainer(ref: ContainerRef, io: AttachIO, { signal }: CallContext): Promise<void> {
    await attachTo(this.#running(ref), io, signal);
  }

  async portForward(ref: PodRef, port: number, connection: Duplex, { signal }: CallContext): Promise<void> {
    this.#life(ref);
    await pipeToSocket(connection, { host: loopback, port }, { signal });
  }

  async getStatsSummary(): Promise<StatsSummary> {
    return this.#stats.collect(this.#pods.values(), this.#execs);
  }

  #lifeOptions(): PodLifeOptions {
    return {
      onStatus: (life) => this.#notify(life.pod),
      onGone: (life) => this.#pods.delete(life.uid),
    };
  }

  #life(ref: PodRef): PodLife {
    const life = this.#pods.get(ref.uid);
    if (!life) throw new VkError('NotFound', `pod ${ref.namespace}/${ref.name}: not on this node`);
    return life;
  }

  #container(ref: ContainerRef): NonNullable<ReturnType<PodLife['container']>> {
    const container = this.#life(ref).container(ref.container);
    if (!container) throw new VkError('NotFound', `${keyOf(ref)}: no such container`);
    return container;
  }

  #running(ref: ContainerRef): ContainerRun {
    const { run } = this.#container(ref);
    if (run?.state.type !== 'running') throw new VkError('Unavailable', `${keyOf(ref)}: the container is not running`);
    return run;
  }
}

function keyOf({ namespace, name, container }: ContainerRef): string {
  return `pod ${namespace}/${name}, container ${container}`;
}
