import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket as UndiciWebSocket } from 'undici';
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { channelMapping } from '../../../src/stream/bridges/channel-mapping.js';
import { MemorySession, type MemorySessionOptions } from '../../../src/stream/bridges/memory-session.js';
import { rawMapping } from '../../../src/stream/bridges/raw-mapping.js';
import type { WebSocketMapping } from '../../../src/stream/bridges/websocket-mapping.js';
import type { WebSocketLike } from '../../../src/stream/bridges/websocket-like.js';
import { pipeToWebSocket, type WebSocketOptions } from '../../../src/stream/bridges/websocket.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A backend that does with each WebSocket what the test says. Answers its address. */
async function backend(onSocket: (socket: WebSocket, request: IncomingMessage) => void, options: ServerOptions = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  server.on('connection', onSocket);
  cleanups.push(() => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface RunOptions extends WebSocketOptions {
  readonly session?: MemorySessionOptions;
  readonly stdin?: string;
}

async function run(
  socket: WebSocketLike,
  mapping: WebSocketMapping,
  { session: of, stdin, ...options }: RunOptions = {},
) {
  const session = new MemorySession(of);
  if (stdin !== undefined) session.stdin.end(stdin);
  return session.run((io, { signal }) => pipeToWebSocket(io, socket, mapping, { signal, ...options }));
}

const v5 = channelMapping('v5.channel.k8s.io');
const success = { metadata: {}, status: 'Success' };

function channel(number: number, data: string): Buffer {
  return Buffer.concat([Buffer.from([number]), Buffer.from(data)]);
}

describe('pipeToWebSocket', () => {
  describe.each([
    ['ws', (url: string): WebSocketLike => new WebSocket(url)],
    ['undici', (url: string): WebSocketLike => new UndiciWebSocket(url)],
  ])('with a WebSocket of %s', (_, open) => {
    it('sends the password first, then bytes both ways, and says that it knows no exit code', async () => {
      const heard: string[] = [];
      const url = await backend((socket) => {
        socket.on('message', (data, isBinary) => {
          heard.push(`${isBinary ? 'binary' : 'text'} ${(data as Buffer).toString()}`);
          if (heard.length === 2) socket.send('text, ');
          if (heard.length === 2) socket.send(Buffer.from('bytes'), () => socket.close(1000));
        });
      });
      const mapping = rawMapping({ opening: ['password'], stdinEnd: '\x04' });
      expect(await run(open(url), mapping, { stdin: 'ls\n' })).toEqual({
        result: undefined,
        stdout: 'text, bytes',
        stderr: '',
      });
      expect(heard.slice(0, 3)).toEqual(['text password', 'binary ls\n', 'text \x04']);
    });

    it('kubelet-protocol §3: speaks v5 as its client, with exit codes, half-close and sizes', async () => {
      const heard: Buffer[] = [];
      const url = await backend((socket) => {
        socket.send(channel(1, ''));
        socket.on('message', (data: Buffer) => {
          heard.push(data);
          if (heard.length < 3) return;
          socket.send(channel(1, 'out'));
          socket.send(channel(9, 'nobody knows this channel'));
          socket.send(channel(2, 'err'));
          const details = { causes: [{ reason: 'ExitCode', message: '7' }] };
          const status = JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details });
          socket.send(channel(3, status.slice(0, 20)));
          socket.send(channel(3, status.slice(20)));
          socket.close(1000);
        });
      });
      const session = new MemorySession({ tty: true, stderr: true });
      session.resize({ width: 80, height: 24 });
      session.stdin.end('input');
      const answer = await session.run((io) => pipeToWebSocket(io, open(url), v5));
      expect(answer).toEqual({ result: 7, stdout: 'out', stderr: 'err' });
      expect(heard.map(String).sort()).toEqual(
        [channel(0, 'input'), Buffer.from([255, 0]), channel(4, '{"Width":80,"Height":24}')].map(String).sort(),
      );
    });

    it('says where it cannot be opened', async () => {
      const server = createServer((_request, response) => response.writeHead(401).end());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n'));
      await expect(run(open(url), rawMapping())).rejects.toMatchObject({
        code: 'Unavailable',
        message: expect.stringContaining('backend WebSocket: cannot be opened'),
      });
      await new Promise((resolve) => server.close(resolve));
      await expect(run(open(url), rawMapping())).rejects.toMatchObject({ code: 'Unavailable' });
    });
  });

  it('kubelet-protocol §3: has exit code 0 of a status that says so, and of nothing else', async () => {
    const url = await backend((socket, { url: path = '' }) => {
      if (path === '/success') socket.send(channel(3, JSON.stringify(success)));
      if (path === '/refused') {
        const status = { status: 'Failure', reason: 'InternalError', code: 500, message: 'no such container' };
        socket.send(channel(3, JSON.stringify(status)));
      }
      if (path === '/garbage') socket.send(channel(3, 'oops'));
      if (path === '/list') socket.send(channel(3, '[]'));
      socket.close(path === '/1011' ? 1011 : 1000, path === '/1011' ? 'too busy' : '');
    });
    const at = (path: string) => run(new WebSocket(url + path), v5);
    expect((await at('/success')).result).toBe(0);
    await expect(at('/refused')).rejects.toMatchObject({ message: 'backend WebSocket: failed: no such container' });
    await expect(at('/garbage')).rejects.toThrow('backend WebSocket: its status is not JSON');
    await expect(at('/list')).rejects.toThrow('backend WebSocket: its status is no Status');
    await expect(at('/nothing')).rejects.toThrow('backend WebSocket: ended without a status');
    await expect(at('/1011')).rejects.toThrow('backend WebSocket: closed with code 1011: too busy');
  });

  it('takes no lost connection for an end', async () => {
    const url = await backend((socket) => {
      socket.send('half', () => socket.terminate());
    });
    await expect(run(new WebSocket(url), rawMapping())).rejects.toMatchObject({
      code: 'Unavailable',
      message: 'backend WebSocket: the connection was lost',
    });
  });

  it('closes a session whose status has come, though the backend does not', async () => {
    const clock = new ManualClock();
    let closed: Promise<unknown> = Promise.resolve();
    const url = await backend((socket) => {
      closed = once(socket, 'close');
      socket.send(channel(3, JSON.stringify(success)));
    });
    const running = run(new WebSocket(url), v5, { clock, closeTimeoutMs: 1_000 });
    await clock.runUntil(() => clock.pending === 2);
    await clock.advance(1_000);
    expect((await running).result).toBe(0);
    expect(await closed).toEqual([1000, expect.anything()]);
    expect(clock.pending).toBe(0);
  });

  it('closes the WebSocket when the client has gone, and cuts it off if that takes too long', async () => {
    const clock = new ManualClock();
    let deaf: WebSocket | undefined;
    const url = await backend((socket, { url: path }) => {
      if (path === '/deaf') (deaf = socket).pause();
    });
    for (const path of ['/', '/deaf']) {
      const session = new MemorySession();
      const socket = new WebSocket(url + path);
      const running = pipeToWebSocket(session.io, socket, rawMapping(), { signal: session.context.signal, clock });
      const settled = running.catch((error: unknown) => error);
      await once(socket, 'open');
      session.hangUp();
      if (path === '/deaf') await clock.advance(5_000);
      expect(await settled).toMatchObject({
        code: 'Aborted',
        message: 'backend WebSocket: ended, since its client has gone',
      });
      await eventually('it is closed', () => socket.readyState === WebSocket.CLOSED);
    }
    deaf?.resume();
    expect(clock.pending).toBe(0);
  });

  it('gives up a backend that does not accept in time, and one that answers no ping', async () => {
    const clock = new ManualClock();
    const silent = createServer();
    silent.on('upgrade', (_request, socket) => cleanups.push(() => socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => new Promise((resolve) => silent.close(resolve)));
    const opening = run(new WebSocket(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}`), rawMapping(), {
      clock,
    });
    const settled = opening.catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await settled).toMatchObject({ code: 'Timeout', message: 'backend WebSocket: not open within 10000 ms' });

    let pings = 0;
    const url = await backend((socket) => socket.on('ping', () => (pings += 1) < 2 && socket.pong()), {
      autoPong: false,
    });
    const socket = new WebSocket(url);
    const running = run(socket, rawMapping(), { clock }).catch((error: unknown) => error);
    await once(socket, 'open');
    await clock.advance(60_000);
    await eventually('both pings', () => pings === 2);
    await clock.advance(30_000);
    expect(await running).toMatchObject({
      message: 'backend WebSocket: no ping answered for 30000 ms',
    });
  });

  it('holds a fast backend back for a slow client, and loses none of 64 MiB', async () => {
    const size = 2 ** 26;
    const url = await backend((socket) => {
      const send = (left: number): void => {
        if (left > 0) socket.send(Buffer.alloc(65_536), () => send(left - 65_536));
        else socket.close(1000);
      };
      send(size);
    });
    const session = new MemorySession();
    const socket = new WebSocket(url);
    const running = pipeToWebSocket(session.io, socket, rawMapping());
    await eventually('the backend is held back', () => socket.isPaused);
    let [held, received] = [0, 0];
    session.stdout.on('data', (chunk: Buffer) => {
      received += chunk.length;
      held = Math.max(held, session.io.stdout!.writableLength);
    });
    await running;
    session.end();
    await once(session.stdout, 'end');
    expect(received).toBe(size);
    expect(held).toBeLessThan(600_000);
  });

  it('ends a session whose client is too slow for a WebSocket that cannot be paused', async () => {
    const url = await backend((socket) => socket.send(Buffer.alloc(2_000_000)));
    await expect(pipeToWebSocket(new MemorySession().io, new UndiciWebSocket(url), rawMapping())).rejects.toThrow(
      'more than 524288 bytes wait for a slow client, and this WebSocket cannot be paused',
    );
  });

  it('holds a fast client back for a slow backend', async () => {
    let received = 0;
    let reader: WebSocket | undefined;
    const url = await backend((socket) => {
      reader = socket;
      socket.pause();
      socket.on('message', (data: Buffer) => {
        received += data.length;
        if (received === 32_000_000) socket.close(1000);
      });
    });
    const session = new MemorySession();
    const socket = new WebSocket(url);
    const running = pipeToWebSocket(session.io, socket, rawMapping(), { maxBufferedBytes: 200_000 });
    await once(socket, 'open');
    let [sent, held] = [0, 0];
    const sending = (async () => {
      for (; sent < 32_000_000; sent += 64_000) {
        if (!session.stdin.write(Buffer.alloc(64_000))) await once(session.stdin, 'drain');
        held = Math.max(held, socket.bufferedAmount);
      }
    })();
    await eventually('the client is held back', () => socket.bufferedAmount > 200_000);
    reader?.resume();
    await Promise.all([sending, running]);
    expect(received).toBe(32_000_000);
    expect(held).toBeLessThan(300_000);
    session.hangUp();
  });
});
