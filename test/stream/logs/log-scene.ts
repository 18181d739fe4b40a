/** The route of logs by itself, and what happened in it. */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ContainerStatus, Pod } from '../../../src/kube/types.js';
import type { CallContext, ContainerLogOptions, ContainerRef } from '../../../src/provider/provider.js';
import { VkError } from '../../../src/runtime/errors.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import { serveContainerLogs } from '../../../src/stream/logs/serve-container-logs.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const ref: ContainerRef = { namespace: 'default', name: 'web', uid: 'u1', container: 'main' };

export const status = (
  name: string,
  state: ContainerStatus['state'],
  more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
  name,
  image: 'img',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...(state ? { state } : {}),
  ...more,
});

export const pod = (containerStatuses: ContainerStatus[] | undefined, more: Partial<Pod['status']> = {}): Pod => ({
  metadata: { namespace: 'default', name: 'web', uid: 'u1' },
  spec: {
    containers: [{ name: 'main' }],
    initContainers: [{ name: 'setup' }],
    ephemeralContainers: [{ name: 'debugger' }],
  },
  status: { phase: 'Running', ...(containerStatuses ? { containerStatuses } : {}), ...more },
});

export const runningPod = pod([status('main', { running: { startedAt: '2026-01-01T00:00:00Z' } })]);

/** A server with the one route, as the kubelet's server has it, and what happened in it. */
export class LogScene {
  readonly clock = new ManualClock();
  readonly stopping = new AbortController();
  readonly contexts: CallContext[] = [];
  readonly asked: ContainerLogOptions[] = [];
  served: Promise<void>[] = [];
  #server: Server | undefined;

  async start(
    getContainerLogs: (ref: ContainerRef, options: ContainerLogOptions, context: CallContext) => Promise<Readable>,
    of = runningPod,
    container = 'main',
  ): Promise<string> {
    const provider: StreamingProvider = {
      getContainerLogs: (which, options, context) => {
        this.contexts.push(context);
        this.asked.push(options);
        return getContainerLogs(which, options, context);
      },
    };
    this.#server = createServer((request, response) => {
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      this.stopping.signal.addEventListener('abort', () => gone.abort(this.stopping.signal.reason));
      const query = new URLSearchParams(request.url?.split('?')[1] ?? '');
      const call = { request, response, query, signal: gone.signal, logger: silentLogger };
      this.served.push(
        serveContainerLogs(call, { ...ref, container }, of, provider, { clock: this.clock }).catch((error: unknown) => {
          const { httpStatus, message } = VkError.from(error);
          response.writeHead(httpStatus).end(message);
        }),
      );
    }).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/containerLogs/default/web/${container}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    await Promise.all(this.served);
  }
}

export async function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
  return response;
}

export async function answer(url: string): Promise<string> {
  const response = await open(url);
  return `${response.statusCode}: ${await text(response)}`;
}
