/**
 * A backend in memory. It forgets everything when the process ends, as a machine that loses power would. Neighbours:
 * `pod-life.ts` (one pod), `container-log.ts`, `echo.ts` and `figures.ts` (what is seen of it from outside), `config.ts`
 * (the node), `failures.ts` and the delays below (what goes wrong, and slowly).
 */
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StatsBuilder, VkError, logStream, objectKey, systemClock } from 'vk-sdk';
import type {
  AttachIO,
  CallContext,
  Clock,
  ContainerLogOptions,
  ContainerRef,
  Node,
  Pod,
  PodNotifier,
  PodRef,
  PodStatus,
  Provider,
  StatsSummary,
} from 'vk-sdk';
import { applyMockConfig, type MockNodeConfig } from './config.js';
import { containerLog, runOf } from './container-log.js';
import { echo, echoConnection } from './echo.js';
import type { Failures } from './failures.js';
import { nodeUsage, podUsages } from './figures.js';
import { IpPool } from './ip-pool.js';
import { PodLife } from './pod-life.js';

export interface MockProviderOptions {
  readonly node: MockNodeConfig;
  /** Default: `127.0.0.1`. */
  readonly hostIP?: string;
  /** How long a creation takes. Default: 0. */
  readonly createDelayMs?: number;
  /** How long a deletion takes. Default: 0. */
  readonly deleteDelayMs?: number;
  /** From a pod's creation to its containers' start. Default: 0. */
  readonly startDelayMs?: number;
  /** Which creations, and deletions, fail. Default: none. */
  readonly failCreate?: Failures;
  readonly failDelete?: Failures;
  readonly clock?: Clock;
}

/** The synchronous mode: it tells of nothing by itself, the SDK asks. */
export class MockProvider implements Provider {
  readonly #options: MockProviderOptions;
  readonly #clock: Clock;
  readonly #lives = new Map<string, PodLife>();
  readonly #addresses = new IpPool();
  #stats: StatsBuilder;

  constructor(options: MockProviderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#stats = new StatsBuilder('mock', { clock: this.#clock });
  }

  configureNode(node: Node): void {
    this.#stats = new StatsBuilder(node.metadata.name ?? 'mock', { clock: this.#clock });
    applyMockConfig(node, this.#options.node);
  }

  async createPod(pod: Pod, { signal }: CallContext): Promise<void> {
    const { createDelayMs = 0, startDelayMs = 0, hostIP = '127.0.0.1', failCreate } = this.#options;
    if (createDelayMs > 0) await this.#clock.sleep(createDelayMs, signal);
    if (failCreate?.strikes()) {
      throw new VkError('Unavailable', `pod ${objectKey(pod)}: creation fails, as --fail-create asks`);
    }
    const uid = pod.metadata.uid ?? '';
    const life = this.#lives.get(uid);
    if (life) {
      life.update(pod);
      return;
    }
    const podIP = this.#addresses.take();
    const onChange = (changed: PodLife): void => this.onChange(changed.pod);
    this.#lives.set(uid, new PodLife(pod, { clock: this.#clock, hostIP, podIP, startDelayMs, onChange }));
  }

  async updatePod(pod: Pod): Promise<void> {
    this.#lives.get(pod.metadata.uid ?? '')?.update(pod);
  }

  async deletePod(pod: Pod, { signal }: CallContext): Promise<void> {
    const { deleteDelayMs = 0, failDelete } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const life = this.#lives.get(uid);
    if (!life) return;
    if (deleteDelayMs > 0) await this.#clock.sleep(deleteDelayMs, signal);
    if (failDelete?.strikes()) {
      throw new VkError('Unavailable', `pod ${objectKey(pod)}: deletion fails, as --fail-delete asks`);
    }
    life.end();
    this.#lives.delete(uid);
    this.#addresses.release(life.podIP);
  }

  async getPod(ref: PodRef): Promise<Pod | undefined> {
    return this.#lives.get(ref.uid)?.pod;
  }

  async getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return this.#lives.get(ref.uid)?.status;
  }

  async getPods(): Promise<Pod[]> {
    return [...this.#lives.values()].map(({ pod }) => pod);
  }

  /** Lines that tell of the container's run, as `container-log.ts` has them. */
  async getContainerLogs(ref: ContainerRef, options: ContainerLogOptions, { signal }: CallContext): Promise<Readable> {
    const life = this.#lifeOf(ref);
    const runs = () => {
      const { now, before } = life.statesOf(ref.container);
      return { now: now && runOf(now), before: before && runOf(before) };
    };
    const { now, before } = runs();
    // One that waits to be restarted shows the run before.
    const run = options.previous ? before : (now ?? before);
    if (!run) throw new VkError('NotFound', `container ${ref.container} of pod ${ref.namespace}/${ref.name}: no log`);
    const asItIs = () => Object.values(runs()).find((each) => each?.startedAtMs === run.startedAtMs);
    const lines = containerLog(ref.container, run, asItIs, this.#clock, signal);
    return logStream(lines, options, { clock: this.#clock, signal });
  }

  /** Echoes its command and its input. The command `exit N` ends with exit code N. */
  async runInContainer(ref: ContainerRef, command: string[], io: AttachIO): Promise<number> {
    this.#lifeOf(ref);
    const [name, exitCode = ''] = command;
    if (name === 'exit' && /^\d{1,3}$/.test(exitCode)) return Number(exitCode);
    return echo(io, `mock container ${ref.container} runs ${command.join(' ')}`);
  }

  /** Echoes its input. Without any it shows the log, from now until the container ends. */
  async attachToContainer(ref: ContainerRef, io: AttachIO, context: CallContext): Promise<number | void> {
    if (io.stdin || !io.stdout) return echo(io, `attached to mock container ${ref.container}`);
    const log = await this.getContainerLogs(ref, { follow: true, tailLines: 0 }, context);
    await pipeline(log, io.stdout, { end: false });
  }

  /** Echoes, on every port that a container of the pod names, or on any if none does. */
  async portForward(ref: PodRef, port: number, connection: Duplex): Promise<void> {
    const { spec } = this.#lifeOf(ref).pod;
    const ports = spec.containers.flatMap((container) => container.ports ?? []);
    if (ports.length > 0 && !ports.some(({ containerPort }) => containerPort === port)) {
      throw new VkError('Unavailable', `port ${port} of pod ${ref.namespace}/${ref.name}: nobody listens there`);
    }
    await echoConnection(connection);
  }

  async getStatsSummary(): Promise<StatsSummary> {
    const pods = podUsages([...this.#lives.values()].map(({ pod }) => pod));
    return this.#stats.build(pods, nodeUsage(pods));
  }

  /** Stops all pods' clocks. Call it once the node is closed. */
  close(): void {
    for (const life of this.#lives.values()) life.forget();
  }

  #lifeOf(ref: PodRef): PodLife {
    const life = this.#lives.get(ref.uid);
    if (!life) throw new VkError('NotFound', `pod ${ref.namespace}/${ref.name}: not known to the mock`);
    return life;
  }

  protected onChange(_pod: Pod): void {
    // Whoever wants to know asks.
  }
}

/** The asynchronous mode: every change is told at once. */
export class NotifyingMockProvider extends MockProvider implements PodNotifier {
  #notify: (pod: Pod) => void = () => undefined;

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  protected override onChange(pod: Pod): void {
    this.#notify(pod);
  }
}
