/** How what is open ends: with the server, with its pod, with its client. */
import { once } from 'node:events';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { VkError } from '../../../src/runtime/errors.js';
import type { StreamingProvider } from '../../../src/stream/backend.js';
import { KubeletServer } from '../../../src/stream/server/kubelet-server.js';
import { Refusal } from '../../../src/stream/refusal.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import {
  apiserver,
  ask,
  authority,
  everybody,
  Lookup,
  podOf,
  startServer,
  TableAuthorizer,
  type SceneOptions,
} from './kubelet-scene.js';

const webSocketHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'v4.channel.k8s.io',
};

const never = new Promise<never>(() => undefined);

describe('KubeletServer', () => {
  let server: KubeletServer;
  let signals: AbortSignal[];
  let logs: PassThrough;
  let provider: StreamingProvider;
  let pods: Lookup;
  let clock: ManualClock;

  const start = async (options: SceneOptions = {}): Promise<void> => {
    server = await startServer({ provider, pods, clock, ...options });
  };
  beforeEach(() => {
    signals = [];
    logs = new PassThrough();
    pods = new Lookup(podOf('web'));
    clock = new ManualClock({ nowMs: Date.now() });
    provider = {
      runInContainer: (_ref, _command, _io, { signal }) => {
        signals.push(signal);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      getContainerLogs: async (_ref, _options, { signal }) => {
        signals.push(signal);
        return logs;
      },
    };
  });
  afterEach(async () => {
    const closed = server.close({ graceMs: 0 });
    await clock.advance(60_000);
    await closed;
  });

  const exec = '/exec/default/web/main?command=cat&output=1';
  function openExec(): WebSocket & { readonly errors: string[] } {
    const { host, port } = server.address;
    const options = { ca: server.certificate, cert: apiserver.certificate, key: apiserver.key, servername: 'edge-1' };
    const socket = new WebSocket(`wss://${host}:${port}${exec}`, ['v4.channel.k8s.io'], options);
    const errors: string[] = [];
    socket.on('error', (error) => errors.push(error.message));
    socket.on('message', (data: Buffer) => {
      if (data[0] === 3) errors.push(data.subarray(1).toString());
    });
    return Object.assign(socket, { errors });
  }

  function follow(): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options: RequestOptions = {
        ...server.address,
        ca: server.certificate,
        cert: apiserver.certificate,
        key: apiserver.key,
        servername: 'edge-1',
        path: '/containerLogs/default/web/main?follow=true',
        agent: false,
      };
      const request = httpsRequest(options);
      request.on('response', resolve).on('error', reject);
      request.end();
    });
  }

  it('ends sessions with their status when it closes, and followed logs, and takes nothing new', async () => {
    await start();
    const session = openExec();
    await once(session, 'open');
    logs.write('a line\n');
    const followed = await follow();
    followed.resume();
    const cut = new Promise((resolve) => followed.once('close', resolve));
    await eventually(() => expect(signals).toHaveLength(2));
    const ended = once(session, 'close');
    const closed = server.close({ graceMs: 5_000 });
    await ended;
    expect(JSON.parse(session.errors.at(-1) ?? '')).toMatchObject({ status: 'Failure' });
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    await cut;
    await closed;
    await expect(ask(server, '/healthz', { as: apiserver })).rejects.toThrow('ECONNREFUSED');
  });

  it('lets a short request finish within the grace', async () => {
    let answer = (): void => undefined;
    provider.getStatsSummary = () =>
      new Promise((resolve) => (answer = () => resolve({ node: { nodeName: 'edge-1' }, pods: [] })));
    await start();
    const asked = ask(server, '/stats/summary', { as: apiserver });
    await eventually(() => expect(answer.toString()).toContain('resolve'));
    const closed = server.close({ graceMs: 5_000 });
    answer();
    expect(await asked).toMatchObject({ status: 200 });
    await closed;
  });

  it('is closed after the grace, whatever providers do', async () => {
    provider.getStatsSummary = () => new Promise(() => undefined);
    provider.runInContainer = () => new Promise(() => undefined);
    await start();
    const asked = ask(server, '/stats/summary', { as: apiserver });
    const session = openExec();
    await once(session, 'open');
    const failed = expect(asked).rejects.toThrow();
    const closed = server.close({ graceMs: 5_000 });
    await clock.advance(5_000);
    await closed;
    await failed;
    expect(server.close()).toBe(closed);
  });

  it('can be closed before it is started, and then is not', async () => {
    await start();
    const other = new KubeletServer(
      { nodeName: 'edge-2', provider, pods },
      { port: 0, authorizer: everybody, clientAuthorities: authority.certificate },
    );
    await other.close();
    await expect(other.start()).rejects.toMatchObject({ code: 'Aborted' });
    expect(other.isServing).toBe(false);
    expect(() => other.address).toThrow('kubelet server: not started');
  });

  it('can be closed while it waits for a certificate that never comes', async () => {
    await start();
    const other = new KubeletServer(
      { nodeName: 'edge-2', provider, pods },
      { port: 0, authorizer: everybody, clientAuthorities: authority.certificate, certificate: { open: () => never } },
    );
    void other.start();
    await other.close({ graceMs: 10 });
    expect(other.isServing).toBe(false);
  });

  it('ends what goes on in a pod that is gone, after a while in which it may end by itself', async () => {
    await start();
    const session = openExec();
    await once(session, 'open');
    await eventually(() => expect(signals).toHaveLength(1));
    pods.remove(podOf('web'));
    await clock.advance(29_000);
    expect(signals[0]?.aborted).toBe(false);
    const ended = once(session, 'close');
    await clock.advance(1_000);
    expect(signals[0]?.aborted).toBe(true);
    await ended;
    expect(session.errors.join()).toContain('Failure');
  });

  it('leaves alone what goes on in a pod while another of its name comes and goes', async () => {
    await start();
    const session = openExec();
    await once(session, 'open');
    await eventually(() => expect(signals).toHaveLength(1));
    pods.remove(podOf('web', 'uid-of-another'));
    await clock.advance(60_000);
    expect(signals[0]?.aborted).toBe(false);
    session.terminate();
  });

  it('tells the provider when a client that follows has gone', async () => {
    await start();
    logs.write('a line\n');
    const followed = await follow();
    followed.destroy();
    await eventually(() => expect(signals[0]?.aborted).toBe(true));
    expect(logs.destroyed).toBe(true);
  });

  it('S4: has no more sessions than it may, and says when to come again', async () => {
    await start({ limits: { sessions: 1 } });
    const session = openExec();
    await once(session, 'open');
    const answer = await ask(server, exec, { as: apiserver, headers: webSocketHeaders });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
    const ended = once(session, 'close');
    session.close();
    await ended;
    await eventually(async () => {
      expect((await ask(server, exec, { as: apiserver, headers: webSocketHeaders })).status).toBe(101);
    });
  });
});

describe('KubeletServer answers', () => {
  let server: KubeletServer;
  const provider: StreamingProvider = {};
  const start = async (options: SceneOptions = {}): Promise<void> => {
    server = await startServer({ provider, ...options });
  };
  afterEach(() => server.close({ graceMs: 0 }));

  it.each([
    [new VkError('NotFound', 'container main: no such thing'), 404, 'container main: no such thing\n'],
    [new VkError('TooManyRequests', 'quota', { retry: { afterMs: 1_500 } }), 429, 'quota\n'],
    [new Refusal('InvalidInput', 'odd', { httpStatus: 422 }), 422, 'odd\n'],
    [new Error('bug'), 500, 'bug\n'],
    ['thrown text', 500, 'thrown text\n'],
    [new VkError('Aborted', 'gave up'), 503, 'gave up\n'],
  ])('kubelet-protocol §1: what a provider throws, as text: %s', async (thrown, status, body) => {
    provider.getContainerLogs = async () => {
      throw thrown;
    };
    await start();
    const answer = await ask(server, '/containerLogs/default/web/main', { as: apiserver });
    expect(answer).toMatchObject({ status, body, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    if (status === 429) expect(answer.headers['retry-after']).toBe('2');
  });

  it('kubelet-protocol §1: upgrades that are refused have a Status for their body', async () => {
    provider.runInContainer = async () => 0;
    await start();
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    for (const [path, status, message] of [
      ['/exec/default/none/main?command=a&output=1', 404, 'pod does not exist'],
      ['/exec/default/web/other/main?command=a&output=1', 404, 'pod does not exist'],
      ['/exec/default/web/none?command=a&output=1', 404, 'container none not found in pod web'],
      ['/exec/default/web/main?command=a', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ] as const) {
      const answer = await ask(server, path, { as: apiserver, method: 'POST', headers });
      expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json', connection: 'close' } });
      expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', status: 'Failure', code: status, message });
    }
  });

  it('kubelet-protocol §1: a path with the right uid is served, and init and ephemeral containers are containers', async () => {
    provider.runInContainer = async () => 0;
    await start();
    for (const path of ['web/uid-web/main', 'web/init', 'web/debugger']) {
      const target = `/exec/default/${path}?command=a&output=1`;
      expect(await ask(server, target, { as: apiserver, headers: webSocketHeaders })).toMatchObject({ status: 101 });
    }
  });

  it('kubelet-protocol §5: errors of logs are the kubelet’s', async () => {
    provider.getContainerLogs = async () => new PassThrough().end();
    await start();
    for (const [path, status, body] of [
      ['/containerLogs/default/none/main', 404, 'pod "none" does not exist\n'],
      ['/containerLogs/default/web/none', 404, 'container "none" not found in pod "web"\n'],
    ] as const) {
      expect(await ask(server, path, { as: apiserver })).toMatchObject({ status, body });
    }
    const posted = await ask(server, '/containerLogs/default/web/main', { as: apiserver, method: 'POST' });
    expect(posted).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  it('makes no warning of a client that leaves before its session has begun', async () => {
    provider.runInContainer = async () => 0;
    const said: string[] = [];
    const note = (level: string) => (_fields: object, message: string) => void said.push(`${level}: ${message}`);
    await start({
      logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    });
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    const path = '/exec/default/web/main?command=a&output=1';
    expect(await ask(server, path, { as: apiserver, method: 'POST', headers })).toMatchObject({ status: 101 });
    await eventually(() => expect(said).toContain('debug: request refused'));
    expect(said.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
  });

  it('says which method a provider lacks', async () => {
    delete provider.getContainerLogs;
    await start();
    for (const [path, method] of [
      ['/containerLogs/default/web/main', 'getContainerLogs'],
      ['/stats/summary', 'getStatsSummary'],
      ['/metrics/resource', 'getStatsSummary'],
    ] as const) {
      const { status, body } = await ask(server, path, { as: apiserver });
      expect([status, body]).toEqual([501, expect.stringContaining(`does not implement ${method}`)]);
    }
  });

  it('S4: no secret is in a log line or an answer', async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string): void =>
      void lines.push(
        message,
        JSON.stringify(fields, (_key, value: unknown) =>
          value instanceof Error ? [value.message, value.stack, value.cause] : value,
        ),
      );
    await start({
      logger: { debug: note, info: note, warn: note, error: note },
      authenticator: {
        authenticate: async ({ token }) => {
          if (token === 'known-secret') return { username: 'alice', groups: [] };
          if (token === 'failing-secret') throw new Error('the review failed');
          return undefined;
        },
      },
    });
    const headers = { cookie: 'cookie-secret', 'x-api-key': 'header-secret' };
    for (const token of ['known-secret', 'failing-secret', 'unknown-secret']) {
      for (const path of [
        '/pods?token=query-secret',
        '/containerLogs/default/none/main',
        '/run/default/web/main?cmd=echo+command-secret',
      ]) {
        for (const method of ['GET', 'POST']) {
          const { body } = await ask(server, path, { token, method, headers });
          lines.push(body);
        }
      }
    }
    expect(lines.length).toBeGreaterThan(18);
    expect(lines.filter((line) => line.includes('secret'))).toEqual([]);
  });

  it('lets nobody in without credentials unless it is told to, and then warns and leaves it to the authorizer', async () => {
    const said: string[] = [];
    const note = (_fields: object, message: string): void => void said.push(message);
    const authorizer = new TableAuthorizer({ 'system:anonymous': ['get/healthz'] });
    await start({
      authorizer,
      unauthenticatedRequests: 'let-in-as-system-anonymous',
      logger: { debug: () => undefined, info: () => undefined, warn: note, error: note },
    });
    expect(said).toEqual(['requests without credentials are let in as system:anonymous']);
    expect(await ask(server, '/healthz')).toMatchObject({ status: 200 });
    expect(await ask(server, '/pods')).toMatchObject({ status: 403 });
    expect(await ask(server, '/healthz', { token: 'unknown' })).toMatchObject({ status: 401 });
    expect(authorizer.asked).toEqual([
      'system:anonymous get edge-1/healthz',
      'system:anonymous get edge-1/pods',
      'system:anonymous get edge-1/proxy',
    ]);
  });

  it('refuses options that make no sense', async () => {
    await start();
    const Server = KubeletServer;
    const backend = { nodeName: 'edge-1', provider, pods: new Lookup() };
    expect(() => new Server(backend, {})).toThrow('kubelet server: give it a client');
    const needed = { clientAuthorities: 'x', authorizer: everybody };
    expect(() => new Server(backend, { ...needed, limits: { sessions: 0 } })).toThrow('option sessions of limits');
    expect(() => new Server(backend, { ...needed, port: 70_000 })).toThrow(
      'port of kubelet server: 70000 is not a port',
    );
    expect(() => new Server(backend, { ...needed, reviewTimeoutMs: -1 })).toThrow('option reviewTimeoutMs');
    expect(() => new Server(backend, { ...needed, streaming: { idleTimeoutMs: 0 } })).toThrow(
      'idleTimeoutMs of streaming',
    );
    expect(() => new Server(backend, { ...needed, streaming: { spdyLimits: { streams: NaN } } })).toThrow(
      'option streams of spdyLimits',
    );
  });
});
