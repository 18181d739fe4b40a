import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { duplexPair } from '../../../src/stream/bridges/duplex-pair.js';
import { pipeToSocket } from '../../../src/stream/bridges/socket.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(onSocket: (socket: Socket) => void, where: { path: string } | { port: number } = { port: 0 }) {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    cleanups.push(() => socket.destroy());
    onSocket(socket.on('error', () => undefined));
  });
  server.listen('path' in where ? where : { ...where, host: '127.0.0.1' });
  await once(server, 'listening');
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return { port: (server.address() as AddressInfo).port };
}

async function received(stream: Readable): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, 'end');
  return text;
}

function client(): [Duplex, Duplex] {
  const [near, far] = duplexPair();
  // A session listens to its streams for as long as they live.
  far.on('error', () => undefined);
  cleanups.push(() => near.on('error', () => undefined).destroy());
  return [near, far];
}

describe('pipeToSocket', () => {
  it('passes each end on by itself, and counts', async () => {
    const target = await listen((socket) => {
      void received(socket).then((question) => socket.end(`${question}? yes`));
    });
    const [near, far] = client();
    const joined = pipeToSocket(far, target);
    near.end('echo');
    expect(await received(near)).toBe('echo? yes');
    expect(await joined).toEqual({ sentBytes: 4, receivedBytes: 9 });
  });

  it('lets the target say its end first', async () => {
    let heard: Promise<string> | undefined;
    const target = await listen((socket) => {
      heard = received(socket);
      socket.end('banner');
    });
    const [near, far] = client();
    const joined = pipeToSocket(far, target);
    expect(await received(near)).toBe('banner');
    near.end('thanks');
    await joined;
    expect(await heard).toBe('thanks');
  });

  it('reaches Unix sockets, and what a function opens', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'vk-'));
    const address = path.join(folder, 'socket');
    await listen((socket) => socket.pipe(socket), { path: address });
    const [near, far] = client();
    const joined = pipeToSocket(far, { path: address });
    near.end('unix');
    expect(await received(near)).toBe('unix');
    await joined;
    await rm(folder, { recursive: true });

    const [tunnel, end] = duplexPair();
    end.pipe(end);
    const [user, connection] = client();
    const tunnelled = pipeToSocket(connection, async () => tunnel);
    user.end('tunnel');
    expect(await received(user)).toBe('tunnel');
    expect(await tunnelled).toEqual({ sentBytes: 6, receivedBytes: 6 });
  });

  it('names the target that nobody listens at', async () => {
    const { port } = await listen(() => undefined);
    await cleanups.pop()?.();
    await expect(pipeToSocket(client()[1], { port })).rejects.toMatchObject({
      code: 'Unavailable',
      message: `127.0.0.1:${port}: cannot connect: connection refused, nobody listens there`,
    });
    await expect(pipeToSocket(client()[1], { path: '/no/such/socket' })).rejects.toMatchObject({
      message: 'socket /no/such/socket: cannot connect: there is no such socket',
    });
  });

  it('gives up a target that does not accept in time, and closes what comes of it too late', async () => {
    const clock = new ManualClock();
    const [late, far] = duplexPair();
    far.on('error', () => undefined);
    let open: (stream: Duplex) => void = () => undefined;
    const opening = new Promise<Duplex>((resolve) => (open = resolve));
    const joined = pipeToSocket(client()[1], () => opening, { connectTimeoutMs: 3_000, clock });
    const settled = joined.catch((error: unknown) => error);
    await clock.advance(3_000);
    expect(await settled).toMatchObject({ code: 'Timeout', message: 'connection: not connected within 3000 ms' });
    open(late);
    await once(late, 'close');
    expect(clock.pending).toBe(0);
  });

  it('resets the target when the client has gone, for that is no end', async () => {
    let accepted: (socket: Socket) => void = () => undefined;
    const accepting = new Promise<Socket>((resolve) => (accepted = resolve));
    const target = await listen((socket) => accepted(socket.resume()));
    const [near, far] = client();
    const joined = pipeToSocket(far, target);
    const socket = await accepting;
    const reset = once(socket, 'error');
    near.destroy();
    expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(await joined).toMatchObject({ brokenBy: 'client' });
  });

  it('leaves no socket open when the client vanishes right after its end', async () => {
    const target = await listen((socket) => socket.resume());
    const [near, far] = client();
    near.on('error', () => undefined);
    const joined = pipeToSocket(far, target);
    // The target's end is on its way by then, and not there yet.
    far.once('end', () => void Promise.resolve().then(() => process.nextTick(() => far.destroy())));
    near.end('all of it');
    expect(await joined).toMatchObject({ sentBytes: 9, brokenBy: 'client' });
    const sockets = process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap');
    expect(sockets.length).toBeLessThanOrEqual(1);
  });

  it('is over when its signal aborts, before it is connected and after', async () => {
    const reason = new Error('the session is over');
    let accepted: () => void = () => undefined;
    const accepting = new Promise<void>((resolve) => (accepted = resolve));
    const target = await listen((socket) => {
      socket.resume();
      accepted();
    });
    const signal = AbortSignal.abort(reason);
    await expect(pipeToSocket(client()[1], target, { signal })).rejects.toBe(reason);
    const aborting = new AbortController();
    const joined = pipeToSocket(client()[1], target, { signal: aborting.signal });
    await accepting;
    aborting.abort(reason);
    await expect(joined).rejects.toBe(reason);
  });

  it('does not go on dialling for a client that has gone', async () => {
    const [near, far] = client();
    const joined = pipeToSocket(far, () => new Promise<Duplex>(() => undefined));
    near.destroy();
    await expect(joined).rejects.toMatchObject({ code: 'Aborted', message: 'connection: its client has gone' });
  });

  it('breaks the client’s connection off when the target breaks off, and does not call that a failure', async () => {
    const target = await listen((socket) => {
      socket.write('half an ans');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const [near, far] = client();
    const broken = once(near, 'error');
    const joined = pipeToSocket(far, target);
    await once(near, 'data');
    near.write('go on');
    expect(await joined).toMatchObject({ brokenBy: 'target' });
    expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('ends in order when the target has answered and hears no more', async () => {
    let answered: Socket | undefined;
    const target = await listen((socket) => {
      answered = socket.end('413');
    });
    const [near, far] = client();
    const joined = pipeToSocket(far, target);
    const sending = setInterval(() => near.writable && near.write(Buffer.alloc(1_000)), 1);
    expect(await received(near)).toBe('413');
    // Not before: the reset that comes of it would overtake the answer.
    answered?.destroy();
    const { brokenBy } = await joined;
    clearInterval(sending);
    expect(brokenBy).toBeUndefined();
  });

  it('holds a fast target back for a slow client, and carries all of 64 MiB', async () => {
    const size = 2 ** 26;
    const target = await listen((socket) => {
      let left = size;
      const send = (): void => {
        while (left > 0 && socket.write(Buffer.alloc(65_536))) left -= 65_536;
        if (left <= 0) socket.end();
        else socket.once('drain', () => ((left -= 65_536), send()));
      };
      send();
      socket.resume();
    });
    const [near, far] = client();
    near.end();
    let held = 0;
    let got = 0;
    const joined = pipeToSocket(far, target);
    for await (const chunk of near) {
      got += (chunk as Buffer).length;
      held = Math.max(held, far.writableLength);
    }
    expect([got, (await joined).receivedBytes]).toEqual([size, size]);
    expect(held).toBeLessThan(200_000);
  });
});
