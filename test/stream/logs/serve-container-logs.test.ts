import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod } from '../../../src/kube/types.js';
import type { CallContext, ContainerLogOptions, ContainerRef } from '../../../src/provider/provider.js';
import { VkError } from '../../../src/runtime/errors.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import { serveContainerLogs } from '../../../src/stream/logs/serve-container-logs.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';

const ref: ContainerRef = { namespace: 'default', name: 'web', uid: 'u1', container: 'main' };

const status = (
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

const pod = (containerStatuses: ContainerStatus[] | undefined, more: Partial<Pod['status']> = {}): Pod => ({
  metadata: { namespace: 'default', name: 'web', uid: 'u1' },
  spec: {
    containers: [{ name: 'main' }],
    initContainers: [{ name: 'setup' }],
    ephemeralContainers: [{ name: 'debugger' }],
  },
  status: { phase: 'Running', ...(containerStatuses ? { containerStatuses } : {}), ...more },
});

const runningPod = pod([status('main', { running: { startedAt: '2026-01-01T00:00:00Z' } })]);

/** A server with the one route, as the kubelet's server has it, and what happened in it. */
class Scene {
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
      this.stopping.signal.addEventListener('abort', () => gone.abort());
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

async function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { headers }), 'response')) as [IncomingMessage];
  return response;
}

async function answer(url: string): Promise<string> {
  const response = await open(url);
  return `${response.statusCode}: ${await text(response)}`;
}

let scene: Scene;
beforeEach(() => (scene = new Scene()));
afterEach(() => scene.close());

describe('GET /containerLogs', () => {
  it('kubelet-protocol §5: answers the log as text/plain in chunks, not compressed though the client could', async () => {
    const url = await scene.start(async () => Readable.from([Buffer.from('one\n'), 'two – ', new Uint8Array([0x33])]));
    const response = await open(`${url}?tailLines=3&timestamps=true`, { 'accept-encoding': 'gzip' });
    expect(response.headers).toMatchObject({ 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
    expect(response.headers['content-encoding']).toBeUndefined();
    expect(await text(response)).toBe('one\ntwo – 3');
    expect(scene.asked).toEqual([{ tailLines: 3, timestamps: true }]);
    expect(scene.contexts[0]?.signal.aborted).toBe(false);
  });

  it('kubelet-protocol §5: passes on each write at once, and ends a followed log when the stream ends', async () => {
    const source = new PassThrough();
    const response = await (async () => {
      const url = await scene.start(async () => source);
      source.write('first\n');
      return open(`${url}?follow=true`);
    })();
    for (const line of ['first\n', 'second\n', 'third\n']) {
      if (line !== 'first\n') source.write(line);
      expect(String((await once(response, 'data'))[0])).toBe(line);
    }
    source.end();
    await once(response, 'end');
    expect(response.complete).toBe(true);
  });

  it('sends the head of a followed log that is silent, before its first line', async () => {
    const source = new PassThrough();
    const url = await scene.start(async () => source);
    const opened = open(`${url}?follow=true`);
    await eventually(() => expect(scene.clock.pending).toBe(1));
    await scene.clock.advance(1_000);
    const response = await opened;
    expect(response.statusCode).toBe(200);
    source.end('late\n');
    expect(await text(response)).toBe('late\n');
  });

  it('kubelet-protocol §5: keeps to limitBytes though the provider does not, and lets go of its stream', async () => {
    const source = Readable.from(
      (function* () {
        for (;;) yield 'abc\n';
      })(),
    );
    const url = await scene.start(async () => source);
    expect(await answer(`${url}?limitBytes=10`)).toBe('200: abc\nabc\nab');
    await eventually(() => expect(source.destroyed).toBe(true));
    expect(scene.contexts[0]?.signal.aborted).toBe(true);
  });

  it('answers an empty log in full', async () => {
    const url = await scene.start(async () => Readable.from([]));
    expect(await answer(url)).toBe('200: ');
  });

  it.each([
    ['kubelet-protocol §5: 400 for a bad query', 'tailLines=-1', '400: log query: tailLines must be 0 or greater'],
    [
      'kubelet-protocol §5: 400 for a conflict',
      'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
      '400: log query: at most',
    ],
  ])('%s, without asking the provider', async (_, query, expected) => {
    const url = await scene.start(async () => Readable.from(['never']));
    expect(await answer(`${url}?${query}`)).toContain(expected);
    expect(scene.asked).toEqual([]);
  });

  it.each([
    [new VkError('NotFound', 'machine web: no log yet'), '404: machine web: no log yet'],
    [new VkError('TooManyRequests', 'backend: come back later'), '429: backend: come back later'],
    [new Error('boom'), '500: boom'],
  ])('answers what the provider throws: %s', async (error, expected) => {
    const url = await scene.start(() => Promise.reject(error));
    expect(await answer(url)).toBe(expected);
  });

  it('answers a stream that fails before its first byte as a failure, followed or not', async () => {
    const url = await scene.start(async () => {
      const source = new PassThrough();
      setImmediate(() => source.destroy(new VkError('Unavailable', 'backend: away')));
      return source;
    });
    expect(await answer(url)).toBe('503: backend: away');
    expect(await answer(`${url}?follow=true`)).toBe('503: backend: away');
  });

  it('says which method is missing, and what is not a stream', async () => {
    const url = await scene.start(async () => 'text' as unknown as Readable);
    expect(await answer(url)).toBe('500: logs of default/web/main: getContainerLogs answered no stream');
    await scene.close();
    scene = new Scene();
    const numbers = await scene.start(async () => Readable.from([1, 2]));
    expect(await answer(numbers)).toBe('500: logs of default/web/main: its stream holds numbers, not bytes or text');
  });

  it.each([
    ['with an error', (source: PassThrough) => source.destroy(new Error('boom'))],
    ['without a word', (source: PassThrough) => source.destroy()],
  ])('cuts the connection when the stream fails midway %s: the end is no lie', async (_, fail) => {
    const source = new PassThrough();
    const url = await scene.start(async () => source);
    source.write('half a lo');
    const response = await open(`${url}?follow=true`);
    expect(String((await once(response, 'data'))[0])).toBe('half a lo');
    const failed = once(response, 'error');
    fail(source);
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(response.complete).toBe(false);
    expect(scene.contexts[0]?.signal.aborted).toBe(true);
  });

  it('destroys the stream and aborts the signal when the client goes', async () => {
    const source = new PassThrough();
    const url = await scene.start(async () => source);
    source.write('line\n');
    const response = await open(`${url}?follow=true`);
    await once(response, 'data');
    response.destroy();
    await eventually(() => expect(source.destroyed).toBe(true));
    expect(scene.contexts[0]?.signal.aborted).toBe(true);
    await Promise.all(scene.served);
  });

  it('does not wait for a provider that goes on after the client has gone, and destroys what it answers then', async () => {
    const source = new PassThrough();
    let answerNow = (_: Readable): void => {};
    const url = await scene.start(() => new Promise((resolve) => (answerNow = resolve)));
    const request = get(url);
    request.on('error', () => {});
    await eventually(() => expect(scene.contexts).toHaveLength(1));
    request.destroy();
    await eventually(() => expect(scene.contexts[0]?.signal.aborted).toBe(true));
    await Promise.all(scene.served);
    answerNow(source);
    await eventually(() => expect(source.destroyed).toBe(true));
  });

  it('reads no more from the provider than the client reads, and gives up on one that never does', async () => {
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (;;) {
          given += 65_536;
          yield Buffer.alloc(65_536);
        }
      })(),
    );
    const url = await scene.start(async () => source);
    const response = await open(`${url}?follow=true`);
    let before = -1;
    await eventually(() => {
      const settled = given === before;
      before = given;
      expect(settled).toBe(true);
    });
    expect(given).toBeLessThan(32 * 1024 * 1024);
    await scene.clock.advance(4 * 3_600_000);
    await eventually(() => expect(source.destroyed).toBe(true));
    await expect(text(response)).rejects.toThrow('aborted');
  });

  it('cuts followed logs off when the server ends', async () => {
    const source = new PassThrough();
    const url = await scene.start(async () => source);
    source.write('line\n');
    const response = await open(`${url}?follow=true`);
    await once(response, 'data');
    const failed = once(response, 'error');
    scene.stopping.abort();
    await failed;
    expect(source.destroyed).toBe(true);
  });
});

describe('the log of a container', () => {
  const ended = { terminated: { exitCode: 1 } };
  const log = (of: Pod, container: string, query = ''): Promise<string> =>
    scene.start(async () => Readable.from(['log']), of, container).then((url) => answer(`${url}?${query}`));

  it.each<[string, string, Pod, string, string]>([
    ['that the pod lacks', 'nope', runningPod, '', '404: container "nope" not found in pod "web"'],
    [
      'that is being created',
      'main',
      pod([status('main', { waiting: { reason: 'ContainerCreating' } })]),
      '',
      '400: container "main" in pod "web" is waiting to start: ContainerCreating',
    ],
    [
      'whose image cannot be pulled',
      'main',
      pod([status('main', { waiting: { reason: 'ErrImagePull' } })]),
      '',
      '400: container "main" in pod "web" is waiting to start: image can\'t be pulled',
    ],
    [
      'whose image is tried again later',
      'main',
      pod([status('main', { waiting: { reason: 'ImagePullBackOff' } })]),
      '',
      '400: container "main" in pod "web" is waiting to start: trying and failing to pull image',
    ],
    [
      'in no known state',
      'main',
      pod([status('main', undefined)]),
      '',
      '400: container "main" in pod "web" is waiting to start - no logs yet',
    ],
    [
      'of a pod that has no status yet',
      'main',
      pod(undefined, { phase: 'Pending' }),
      '',
      '400: container "main" in pod "web" is not available',
    ],
    [
      'that has not been restarted, of before',
      'main',
      runningPod,
      'previous=true',
      '400: previous terminated container "main" in pod "web" not found',
    ],
    [
      'that is an init container and waits',
      'setup',
      pod([], { initContainerStatuses: [status('setup', { waiting: { reason: 'PodInitializing' } })] }),
      '',
      '400: container "setup" in pod "web" is waiting to start: PodInitializing',
    ],
  ])('kubelet-protocol §5: %s is refused in the words of the kubelet', async (_, container, of, query, expected) => {
    expect(await log(of, container, query)).toBe(expected);
    expect(scene.asked).toEqual([]);
  });

  it.each<[string, string, Pod, string]>([
    ['that has ended', 'main', pod([status('main', ended)]), ''],
    [
      'that waits to be restarted',
      'main',
      pod([status('main', { waiting: { reason: 'CrashLoopBackOff' } }, { lastState: ended })]),
      '',
    ],
    [
      'that is an init container and has ended',
      'setup',
      pod([], { initContainerStatuses: [status('setup', ended)] }),
      '',
    ],
    [
      'that is ephemeral',
      'debugger',
      pod([], { ephemeralContainerStatuses: [status('debugger', { running: {} })] }),
      '',
    ],
    ['of which the status says nothing', 'main', pod(undefined), ''],
    [
      'that was restarted, of before',
      'main',
      pod([status('main', { running: {} }, { lastState: ended })]),
      'previous=true',
    ],
    [
      'that was restarted, by the count alone',
      'main',
      pod([status('main', { running: {} }, { restartCount: 2 })]),
      'previous=1',
    ],
  ])('kubelet-protocol §5: %s is the provider’s to show', async (_, container, of, query) => {
    expect(await log(of, container, query)).toBe('200: log');
  });
});
