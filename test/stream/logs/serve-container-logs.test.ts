import { once } from 'node:events';
import { get } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { eventually } from '../../e2e/support/eventually.js';
import { answer, LogScene, open, pod, runningPod, status } from './log-scene.js';

let scene: LogScene;
beforeEach(() => (scene = new LogScene()));
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
    scene = new LogScene();
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
    // An apiserver hands on what was written, and ends its own answer in order.
    const [last] = await once(response, 'data');
    expect(String(last)).toMatch(/^\nerror reading logs of default\/web\/main: (boom|Premature close)\n$/);
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(response.complete).toBe(false);
    expect(scene.contexts[0]?.signal.aborted).toBe(true);
  });

  it('says in the last line that the server ends, when the container has not', async () => {
    const source = new PassThrough();
    const url = await scene.start(async () => source);
    source.write('whole\n');
    const response = await open(`${url}?follow=true`);
    await once(response, 'data');
    const failed = once(response, 'error');
    scene.stopping.abort(new VkError('Unavailable', 'kubelet server: shutting down'));
    const [last] = await once(response, 'data');
    expect(String(last)).toBe('error reading logs of default/web/main: kubelet server: shutting down\n');
    await failed;
    expect(response.complete).toBe(false);
    expect(source.destroyed).toBe(true);
    await Promise.all(scene.served);
  });

  it('does not wait long to say why to a client that does not read', async () => {
    let read = 0;
    const source = new Readable({
      read() {
        read += 1;
        this.push(Buffer.alloc(65_536));
      },
    });
    const response = await open(`${await scene.start(async () => source)}?follow=true`);
    response.pause().on('error', () => undefined);
    for (let before = -1; before !== read;) {
      before = read;
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    scene.stopping.abort(new VkError('Unavailable', 'kubelet server: shutting down'));
    let over = false;
    void Promise.all(scene.served).then(() => (over = true));
    await scene.clock.runUntil(() => over, { limitMs: 20_000 });
    expect(response.complete).toBe(false);
    response.destroy();
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
