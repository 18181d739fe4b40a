/** A node of the ACI provider between an apiserver in memory and the emulated cloud, all of them on one clock. */
import { PassThrough, Readable } from 'node:stream';
import { podRef, pods, silentLogger, VirtualNode } from 'vk-sdk';
import type { AttachIO, CallContext, Container, ContainerLogOptions, KubeEvent, Logger, Pod, PodStatus } from 'vk-sdk';
import { events, type ObjectMeta } from 'vk-sdk';
import { FakeApiServer, ManualClock } from 'vk-sdk/testing';
import { AciProvider, type AciProviderOptions } from '../src/aci-provider.js';
import { emulatedSettings } from '../src/emulated-cloud.js';
import { groupName } from '../src/mapping/index.js';
import { AciEmulator, type AciEmulatorOptions } from './emulator/index.js';

export interface SceneOptions {
  readonly cloud?: AciEmulatorOptions;
  readonly provider?: Partial<AciProviderOptions>;
  readonly logger?: Logger;
  /** Default: one that begins at the time of the apiserver's, whose creation times it is compared with. */
  readonly clock?: ManualClock;
}

/** A pod of one container, unless `spec` says otherwise. */
export function podOf(
  name: string,
  container: Partial<Container> = {},
  spec: Partial<Pod['spec']> = {},
  metadata: ObjectMeta = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, namespace: 'default', name },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'app', image: 'docker.io/library/busybox', ...container }],
      ...spec,
    },
  };
}

/** How far the clock goes between two looks at whether something has come about. */
const stepMs = 250;
/** In real time: what does not come about in that does not come about. */
const patienceMs = 15_000;

export class Scene implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly server = new FakeApiServer({ scheduler: true });
  readonly cloud: AciEmulator;
  readonly #options: SceneOptions;
  #provider: AciProvider | undefined;
  #node: VirtualNode | undefined;

  private constructor(options: SceneOptions) {
    this.#options = options;
    this.clock = options.clock ?? new ManualClock({ nowMs: Date.now() });
    // The SDK goes by the machine's clock for how long a token is good, and would not see it end.
    this.cloud = new AciEmulator({ clock: this.clock, tokenLifeMs: 86_400_000, ...options.cloud });
  }

  static async start(options: SceneOptions = {}): Promise<Scene> {
    const scene = new Scene(options);
    await scene.server.start();
    await scene.cloud.start();
    await scene.startNode();
    return scene;
  }

  get provider(): AciProvider {
    if (this.#provider === undefined) throw new Error('the node has not been started');
    return this.#provider;
  }

  /** The names of the groups that the cloud has. */
  get groups(): readonly string[] {
    return [...this.cloud.groups.keys()];
  }

  /** A new process of the node, as far as memory goes. */
  async startNode(): Promise<void> {
    const { clock } = this;
    const { logger = silentLogger } = this.#options;
    const provider = new AciProvider(emulatedSettings(this.cloud, 'node-1'), {
      clock,
      logger,
      hostIP: '10.9.8.7',
      ...this.#options.provider,
    });
    this.#provider = provider;
    this.#node = new VirtualNode('node-1', provider, this.server.client, {
      clock,
      logger,
      pods: { danglingIntervalMs: Infinity },
    });
    await this.#node.start();
    await this.#during(this.#node.ready());
  }

  async stopNode(): Promise<void> {
    const closing = this.#node?.close();
    if (closing) await this.#during(closing);
    await this.#provider?.close();
  }

  async create(pod: Pod): Promise<Pod> {
    return this.server.client.create(pods, pod);
  }

  /** Creates the pod and waits until its status is as wanted. */
  async run(pod: Pod, wanted: (status: PodStatus) => unknown = isRunning): Promise<Pod> {
    await this.create(pod);
    return this.status(pod.metadata.name ?? '', wanted);
  }

  status(name: string, wanted: (status: PodStatus) => unknown): Promise<Pod> {
    return this.until(`status of ${name}: ${String(wanted)}`, () => {
      const pod = this.pod(name);
      return pod?.status && wanted(pod.status) ? pod : undefined;
    });
  }

  pod(name: string): Pod | undefined {
    return this.server.objects(pods).find(({ metadata }) => metadata.name === name);
  }

  node(): VirtualNode['status'] | undefined {
    return this.#node?.status;
  }

  group(pod: Pod): string {
    return groupName(podRef(pod));
  }

  eventsOf(name: string): KubeEvent[] {
    return this.server.objects(events).filter(({ involvedObject }) => involvedObject.name === name);
  }

  /** Asks for the pod's end. */
  async startDelete(name: string): Promise<void> {
    await this.server.client.delete(pods, { namespace: 'default', name });
  }

  async delete(name: string): Promise<void> {
    await this.startDelete(name);
    await this.until(`pod ${name} is gone`, () => this.pod(name) === undefined);
  }

  async logs(pod: Pod, options: ContainerLogOptions = {}): Promise<Readable> {
    return this.provider.getContainerLogs({ ...podRef(pod), container: 'app' }, options, context);
  }

  /** Runs a command in the container `app`, and answers its output and what it resolved with. */
  async exec(pod: Pod, command: string[], input?: string, more: Partial<AttachIO> = {}): Promise<[string, unknown]> {
    const stdout = new PassThrough();
    const said = text(stdout);
    const stdin = input === undefined ? {} : { stdin: Readable.from([Buffer.from(input)]) };
    const io = { ...stdin, stdout, tty: false, ...more };
    try {
      const code = await this.provider.runInContainer({ ...podRef(pod), container: 'app' }, command, io, context);
      stdout.end();
      return [await said, code];
    } finally {
      stdout.destroy();
      await said.catch(() => undefined);
    }
  }

  /** Moves the clock until `probe` answers something that is neither undefined nor false. */
  async until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
    const deadline = Date.now() + patienceMs;
    for (const begunAt = this.clock.now(); ;) {
      const answer = probe();
      if (answer !== undefined && answer !== false) return answer;
      if (Date.now() > deadline) throw new Error(`${what}: not within ${patienceMs} ms`);
      // What takes minutes is not looked at four times a second.
      await this.clock.advance(Math.max(stepMs, (this.clock.now() - begunAt) / 50));
    }
  }

  /** Moves the clock by so much, in steps that leave requests the time to be answered. */
  async pass(ms: number): Promise<void> {
    const longMs = Math.max(stepMs, ms / 500);
    for (let left = ms; left > 0; left -= longMs) await this.clock.advance(Math.min(longMs, left));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopNode();
    await this.cloud.close();
    await this.server.stop();
  }

  /** Moves the clock until `work` has settled. */
  async #during<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    work.then(
      () => (settled = true),
      () => (settled = true),
    );
    await this.until('what was begun', () => settled);
    return work;
  }
}

export const context: CallContext = { signal: new AbortController().signal, logger: silentLogger };

export function isRunning({ phase, containerStatuses = [] }: PodStatus): boolean {
  return phase === 'Running' && containerStatuses.every(({ ready }) => ready);
}

export async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
