import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { staticConnection } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { clientOf, closingAfterEach, eventually, json, rejection, web, webName, type Reply } from './client-peer.js';

const track = closingAfterEach();
const silent: Reply = () => undefined;
const watch = { method: 'GET', path: '/api/v1/pods', query: { watch: true } } as const;
const oneEvent: Reply = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"type":"BOOKMARK"}\n');
};

/** A server that accepts connections and never says a word, like a host behind a dead tunnel. */
async function startMute(): Promise<{ url: string; open: Set<Socket> } & AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('deadlines', () => {
  it('end a call that is not answered, and its connection', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, silent, { clock });
    const call = rejection(client.get(pods, webName));
    await peer.requests(1);
    const [socket] = peer.open;
    await clock.advance(29_999);
    expect(socket?.destroyed).toBe(false);
    await clock.advance(1);
    const message = 'pods default/web: not answered within 30000 ms';
    expect(await call).toMatchObject({ name: 'VkError', code: 'Timeout', object: 'pods default/web', message });
    await eventually(() => socket?.destroyed === true);
    expect(clock.pending).toBe(0);
  });

  it('end a call whose answer stops in the middle', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, oneEvent, { clock });
    const call = rejection(client.get(pods, webName, { deadlineMs: 500 }));
    await peer.requests(1);
    await clock.advance(500);
    expect(await call).toMatchObject({ code: 'Timeout' });
  });

  it('end a call that waits for a handshake', async () => {
    const mute = track(await startMute());
    const clock = new ManualClock();
    const client = track(new KubeClient(staticConnection(mute.url), { clock }));
    const call = rejection(client.get(pods, webName));
    await eventually(() => mute.open.size === 1);
    await clock.advance(30_000);
    expect(await call).toMatchObject({ code: 'Timeout' });
  });

  it('end a call that waits for credentials', async () => {
    const clock = new ManualClock();
    const credentials = { get: () => new Promise<never>(() => undefined), renew: async () => false };
    const client = track(new KubeClient({ ...staticConnection('https://127.0.0.1:1'), credentials }, { clock }));
    const call = rejection(client.get(pods, webName));
    await clock.advance(30_000);
    expect(await call).toMatchObject({ code: 'Timeout' });
  });

  it('end a call that waits for a free connection', async () => {
    const clock = new ManualClock();
    const { client, peer } = await clientOf(track, silent, { clock, connections: 1 });
    const first = rejection(client.get(pods, webName));
    const second = rejection(client.get(pods, webName, { deadlineMs: 10 }));
    await peer.requests(1);
    await clock.advance(10);
    expect(await second).toMatchObject({ code: 'Timeout' });
    await clock.advance(30_000);
    expect(await first).toMatchObject({ code: 'Timeout' });
    expect(peer.seen).toHaveLength(1);
  });

  it('leave no timer behind when the answer comes', async () => {
    const clock = new ManualClock();
    const { client } = await clientOf(track, json(web), { clock });
    await client.get(pods, webName);
    expect(clock.pending).toBe(0);
  });

  it('apply to a stream until its headers have come, and not after', async () => {
    const clock = new ManualClock();
    const quiet = await clientOf(track, silent, { clock });
    const opening = rejection(quiet.client.stream(watch));
    await quiet.peer.requests(1);
    await clock.advance(30_000);
    expect(await opening).toMatchObject({ code: 'Timeout' });

    const talking = await clientOf(track, oneEvent, { clock });
    const { body } = await talking.client.stream(watch);
    await clock.advance(24 * 3_600_000);
    const [chunk] = (await once(body, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('{"type":"BOOKMARK"}\n');
    expect(body.destroyed).toBe(false);
    body.destroy();
  });
});

describe('signals', () => {
  it('that have aborted mean that nothing is sent', async () => {
    const { client, peer } = await clientOf(track, json(web));
    const signal = AbortSignal.abort(new Error('enough'));
    const error = await rejection(client.get(pods, webName, { signal }));
    expect(error).toMatchObject({ code: 'Aborted', message: 'pods default/web: aborted' });
    expect((error as Error).cause).toMatchObject({ message: 'enough' });
    expect(await rejection(client.stream({ ...watch, signal }))).toMatchObject({ code: 'Aborted' });
    expect(peer.accepted).toBe(0);
  });

  it('end a call and its connection', async () => {
    const { client, peer } = await clientOf(track, silent);
    const controller = new AbortController();
    const call = rejection(client.get(pods, webName, { signal: controller.signal }));
    await peer.requests(1);
    const [socket] = peer.open;
    controller.abort();
    expect(await call).toMatchObject({ code: 'Aborted' });
    await eventually(() => socket?.destroyed === true);
  });

  it('end a wait between tries', async () => {
    const clock = new ManualClock();
    const busy = json({ kind: 'Status' }, 429, { 'retry-after': '5' });
    const { client, peer } = await clientOf(track, busy, { clock });
    const controller = new AbortController();
    const call = rejection(client.get(pods, webName, { signal: controller.signal }));
    await peer.requests(1);
    await clock.runUntil(() => clock.pending === 2);
    controller.abort();
    expect(await call).toMatchObject({ code: 'Aborted' });
    expect(clock.pending).toBe(0);
  });

  it('end a stream that is being read, which then fails with Aborted', async () => {
    const { client, peer } = await clientOf(track, oneEvent);
    const controller = new AbortController();
    const { body } = await client.stream({ ...watch, signal: controller.signal });
    const read = rejection(body.toArray());
    controller.abort();
    expect(await read).toMatchObject({ code: 'Aborted', message: 'GET /api/v1/pods: aborted' });
    await eventually(() => peer.open.size === 0);
  });

  it('are listened to once, however many calls they may end', async () => {
    const { client, peer } = await clientOf(track, silent, { connections: 50 });
    const controller = new AbortController();
    const { signal } = controller;
    const listen = vi.spyOn(signal, 'addEventListener');
    const calls = Array.from({ length: 40 }, () => rejection(client.get(pods, webName, { signal })));
    calls.push(rejection(client.stream({ ...watch, signal })));
    await peer.requests(41);
    controller.abort();
    for (const call of calls) expect(await call).toMatchObject({ code: 'Aborted' });
    expect(listen).toHaveBeenCalledTimes(1);
  });
});

describe('streams', () => {
  it('end when the server ends them', async () => {
    const { client } = await clientOf(track, (_, r) => r.writeHead(200).end('a\nb\n'));
    const { body, headers } = await client.stream(watch);
    expect(Buffer.concat(await body.toArray()).toString()).toBe('a\nb\n');
    expect(headers['transfer-encoding'] ?? headers['content-length']).toBeDefined();
  });

  it('fail with Unavailable when they are cut off', async () => {
    const { client, peer } = await clientOf(track, oneEvent);
    const { body } = await client.stream(watch);
    const read = rejection(body.toArray());
    for (const socket of peer.open) socket.destroy();
    expect(await read).toMatchObject({
      code: 'Unavailable',
      message: `GET /api/v1/pods: no answer from ${peer.url}: connection lost before the answer was complete`,
    });
  });

  it('hold the server back while nobody reads', async () => {
    let sent = 0;
    let stopped = false;
    const endless: Reply = (_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (!response.destroyed && sent < 512 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            stopped = true;
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    };
    const { client } = await clientOf(track, endless);
    const { body } = await client.stream({ method: 'GET', path: '/log' });
    await eventually(() => stopped);
    const held = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBeLessThan(held + 16 * 1024 * 1024);
    body.destroy();
  });

  it('let go of the connection when their reader destroys them', async () => {
    const { client, peer } = await clientOf(track, oneEvent);
    const { body } = await client.stream(watch);
    body.destroy();
    await eventually(() => peer.open.size === 0);
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    const { client, peer } = await clientOf(track, json(web));
    for (let i = 0; i < 50; i += 1) await client.get(pods, webName);
    expect(peer.accepted).toBeLessThanOrEqual(2);
  });

  it('are no more than asked for, and all calls are answered', async () => {
    const { client, peer } = await clientOf(track, json(web), { connections: 4 });
    await Promise.all(Array.from({ length: 100 }, () => client.get(pods, webName)));
    expect(peer.accepted).toBeLessThanOrEqual(4);
    expect(peer.seen).toHaveLength(100);
  });

  it('of watches never starve calls', async () => {
    const reply: Reply = (request, response) =>
      (request.url.includes('watch') ? oneEvent : json(web))(request, response);
    const { client, peer } = await clientOf(track, reply, { connections: 1 });
    const streams = await Promise.all(Array.from({ length: 40 }, () => client.stream(watch)));
    expect(await client.get(pods, webName)).toEqual(web);
    expect(peer.open.size).toBe(41);
    for (const { body } of streams) body.destroy();
  });
});

describe('close', () => {
  it('ends calls, streams and connections, and what comes later is Aborted', async () => {
    const reply: Reply = (request, response) => (request.url.includes('watch') ? oneEvent : silent)(request, response);
    const { client, peer } = await clientOf(track, reply);
    const { body } = await client.stream(watch);
    const read = rejection(body.toArray());
    const call = rejection(client.get(pods, webName));
    await peer.requests(2);
    await Promise.all([client.close(), client.close()]);
    expect(await call).toMatchObject({ code: 'Aborted', message: 'pods default/web: the client is closed' });
    expect(await read).toMatchObject({ code: 'Aborted' });
    await eventually(() => peer.open.size === 0);
    expect(await rejection(client.get(pods, webName))).toMatchObject({ code: 'Aborted' });
    expect(await rejection(client.stream(watch))).toMatchObject({ code: 'Aborted' });
  });

  it('of a client with a stream that nobody reads ends the stream, not the process', async () => {
    const { client } = await clientOf(track, oneEvent);
    const { body } = await client.stream(watch);
    await client.close();
    expect(body.destroyed).toBe(true);
    expect(body.errored).toMatchObject({ code: 'Aborted' });
  });

  it.each([0, 1, 2, 3])('comes in time for calls that began %i turns ago', async (turns) => {
    const { client, peer } = await clientOf(track, silent);
    const calls = [rejection(client.get(pods, webName)), rejection(client.stream(watch))];
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    await client.close();
    for (const call of calls) expect(await call).toMatchObject({ code: 'Aborted' });
    await eventually(() => peer.open.size === 0);
  });

  it('of a client that was never used does nothing', async () => {
    const client = new KubeClient(staticConnection('https://127.0.0.1:1'));
    await client.close();
    await client[Symbol.asyncDispose]();
  });
});
