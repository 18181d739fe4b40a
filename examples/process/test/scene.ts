/** A node of processes on an apiserver in memory, in this process. */
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { podRef, pods, silentLogger, VirtualNode } from 'vk-sdk';
import type { AttachIO, CallContext, Container, ContainerLogOptions, ContainerStatus, Pod, PodStatus } from 'vk-sdk';
import { FakeApiServer } from 'vk-sdk/testing';
import { ProcessProvider, type ProcessProviderOptions } from '../src/process-provider.js';

export const context: CallContext = { signal: new AbortController().signal, logger: silentLogger };

export function sh(name: string, script: string, more: Partial<Container> = {}): Container {
  return { name, image: 'not-used', command: ['sh', '-c', script], ...more };
}

/** A pod of one container, unless `spec` says otherwise. */
export function podOf(name: string, container: Container, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: {
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      terminationGracePeriodSeconds: 1,
      containers: [container],
      ...spec,
    },
  };
}

export class Scene implements AsyncDisposable {
  readonly stateFolder = mkdtempSync(join(tmpdir(), 'vk-process-'));
  readonly server = new FakeApiServer({ scheduler: true });
  readonly provider: ProcessProvider;
  #node: VirtualNode | undefined;

  private constructor(options: Partial<ProcessProviderOptions>) {
    this.provider = new ProcessProvider({
      ...options,
      nodeName: 'node-1',
      stateFolder: this.stateFolder,
      // The kubelet's, in small.
      backoff: { firstMs: 200, longestMs: 400, resetAfterMs: 60_000 },
    });
  }

  static async start(options: Partial<ProcessProviderOptions> = {}): Promise<Scene> {
    const scene = new Scene(options);
    await scene.server.start();
    scene.provider.start();
    scene.#node = new VirtualNode('node-1', scene.provider, scene.server.client, { kubelet: { port: 0 } });
    await scene.#node.start();
    await scene.#node.ready();
    return scene;
  }

  /** Creates the pod and waits until its status is as wanted. */
  async run(pod: Pod, wanted: (status: PodStatus) => unknown = ({ phase }) => phase === 'Running'): Promise<Pod> {
    await this.server.client.create(pods, pod);
    return this.until(pod.metadata.name ?? '', wanted);
  }

  async until(name: string, wanted: (status: PodStatus) => unknown): Promise<Pod> {
    return eventually(`pod ${name}: ${String(wanted)}`, () => {
      const pod = this.pod(name);
      return pod?.status && wanted(pod.status) ? pod : undefined;
    });
  }

  pod(name: string): Pod | undefined {
    return this.server.objects(pods).find(({ metadata }) => metadata.name === name);
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.server.client.delete(pods, { namespace: 'default', name }, grace);
    await eventually(`pod ${name} is gone`, () => this.pod(name) === undefined);
  }

  async logs(pod: Pod, container = 'app', options: ContainerLogOptions = {}): Promise<string> {
    return text(await this.provider.getContainerLogs({ ...podRef(pod), container }, options, context));
  }

  /** Runs a command in the container. */
  exec(pod: Pod, command: string[], input?: string, more: Partial<AttachIO> = {}): Promise<ExecResult> {
    return execIn(this.provider, pod, command, input, more);
  }

  /** The folder of the pod on this machine. */
  folder(pod: Pod): string {
    return join(this.stateFolder, 'pods', pod.metadata.uid ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node?.close();
    await this.provider.remove();
    await this.server.stop();
    if (existsSync(this.stateFolder)) throw new Error(`${this.stateFolder}: left behind`);
  }
}

/** Runs a command in the container `app`. */
export async function execIn(
  provider: ProcessProvider,
  pod: Pod,
  command: string[],
  input?: string,
  more: Partial<AttachIO> = {},
): Promise<ExecResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = input === undefined ? {} : { stdin: Readable.from([Buffer.from(input)]) };
  const said = Promise.all([text(stdout), text(stderr)]);
  const io = { ...stdin, stdout, stderr, tty: false, ...more };
  const exitCode = await provider.runInContainer({ ...podRef(pod), container: 'app' }, command, io, context);
  stdout.end();
  stderr.end();
  const [output, errors] = await said;
  return { exitCode, output, errors };
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export async function text(stream: AsyncIterable<unknown>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

export function appOf(status: PodStatus | undefined): ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === 'app');
}

export function condition(status: PodStatus, type: string): string | undefined {
  return status.conditions?.find((each) => each.type === type)?.status;
}
