/** Who does not read slows who writes, both ways, and what waits meanwhile is bounded. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/kube/types.js';
import type { RemoteCommandSession } from '../../../src/stream/remote-command/session.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';
import { type Client, dial, serve } from './support/web-socket-server.js';

const success: Status = { metadata: {}, status: 'Success' };
const all = { stdin: true, stdout: true, stderr: true, tty: false };
const kib = 1024;
const mib = 1024 * kib;

interface Exec {
  readonly client: Client;
  readonly session: RemoteCommandSession;
  readonly socket: Socket;
  readonly clock: ManualClock;
}

async function exec(options: { readonly tls?: boolean; readonly protocol?: string } = {}): Promise<Exec> {
  const clock = new ManualClock();
  const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock }), options);
  const client = await dial(server, [options.protocol ?? 'v5.channel.k8s.io']);
  return { client, session: await server.next(), socket: server.sockets[0] as Socket, clock };
}

/** Turns of the event loop until `count` says the same for fifty of them. */
async function settled(count: () => number): Promise<number> {
  for (let before = Number.NaN; before !== count();) {
    before = count();
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return count();
}

function pattern(bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let index = 0; index < bytes; index += 4) buffer.writeUInt32LE((index * 2_654_435_761) >>> 0, index);
  return buffer;
}

function digest(buffers: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const buffer of buffers) hash.update(buffer);
  return hash.digest('hex');
}

describe('a client that stops reading', () => {
  it.each([{ tls: false }, { tls: true }])(
    'P8: has at most 1 MiB of a stream waiting for it, with $tls for TLS',
    async (options) => {
      const { client, session, socket } = await exec(options);
      client.webSocket.pause();
      let produced = 0;
      const endless = Readable.from(
        (function* () {
          for (;;) {
            produced += 64 * kib;
            yield Buffer.alloc(64 * kib);
          }
        })(),
      );
      const piping = pipeline(endless, session.stdout!).catch(() => undefined);
      const whenStopped = await settled(() => produced);
      expect(session.stdout!.writableLength + socket.writableLength).toBeLessThan(mib);
      expect(session.stdout!.writableLength + socket.writableLength).toBeGreaterThan(0);
      client.webSocket.resume();
      await eventually('more output', () => produced > whenStopped + 4 * mib);
      client.webSocket.terminate();
      await piping;
    },
  );

  it('gets one long write in messages as it reads them', async () => {
    const { client, session, socket } = await exec();
    client.webSocket.pause();
    session.stdout!.write(Buffer.alloc(64 * mib));
    await settled(() => socket.bytesWritten);
    expect(socket.writableLength).toBeLessThan(256 * kib);
  });

  it('does not keep stderr from its turn once it reads', async () => {
    const { client, session } = await exec();
    const channels: number[] = [];
    client.webSocket.on('message', (message: Buffer) => channels.push(message[0]!));
    client.webSocket.pause();
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(64 * kib);
      })(),
    );
    const piping = pipeline(endless, session.stdout!).catch(() => undefined);
    await settled(() => session.stdout!.writableLength);
    session.stderr!.write('a word');
    client.webSocket.resume();
    await eventually('a word on stderr', () => channels.includes(2));
    client.webSocket.terminate();
    await piping;
  });
});

describe('a provider that does not read stdin', () => {
  it('P8: has at most 1 MiB of it waiting, and gets every byte when it reads', async () => {
    const { client, session, socket } = await exec();
    const input = pattern(16 * mib);
    for (let start = 0; start < input.length; start += 48 * kib) {
      client.webSocket.send(Buffer.concat([Buffer.of(0), input.subarray(start, start + 48 * kib)]));
    }
    client.webSocket.send(Buffer.of(255, 0));
    await settled(() => socket.bytesRead);
    expect(socket.isPaused()).toBe(true);
    expect(socket.bytesRead).toBeLessThan(mib);
    const chunks = (await session.stdin!.toArray()) as Buffer[];
    expect(digest(chunks)).toBe(digest([input]));
    session.stdout!.write('done');
    await session.finish(success);
    expect((await client.closed).code).toBe(1000);
  });

  it('has them in order whatever the sizes of messages and reads', async () => {
    const { client, session } = await exec();
    const input = pattern(4 * mib);
    let size = 1;
    for (let start = 0; start < input.length; start += size) {
      size = (size * 7 + 3) % 9_973;
      client.webSocket.send(Buffer.concat([Buffer.of(0), input.subarray(start, start + size)]));
    }
    client.webSocket.send(Buffer.of(255, 0));
    const chunks: Buffer[] = [];
    for await (const chunk of session.stdin!) {
      chunks.push(chunk as Buffer);
      if (chunks.length % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(digest(chunks)).toBe(digest([input]));
  });

  it('holds up nothing when it destroys stdin: the client sees the end', async () => {
    const { client, session, socket } = await exec();
    const sent = 16 * mib;
    for (let start = 0; start < sent; start += 64 * kib) client.webSocket.send(Buffer.alloc(64 * kib));
    await settled(() => socket.bytesRead);
    session.stdin!.destroy();
    await eventually('all is read', () => socket.bytesRead > sent);
    await session.finish(success);
    expect((await client.closed).code).toBe(1000);
  });

  it("kubelet-protocol §3: does not run into kubectl's deadline: the client gets pongs, though its pings are not read", async () => {
    const { client, socket, clock } = await exec();
    for (let count = 0; count < 64; count += 1) client.webSocket.send(Buffer.alloc(64 * kib));
    await settled(() => socket.bytesRead);
    for (let time = 0; time < 10; time += 1) {
      const before = client.pongs.length;
      await clock.advance(61_000);
      await eventually('a pong', () => client.pongs.length > before);
    }
    expect(client.pings).toEqual([]);
  });

  it('is told of the end of stdin after what came before it', async () => {
    const { client, session, socket } = await exec();
    for (let count = 0; count < 10; count += 1) client.webSocket.send(Buffer.alloc(10_001));
    client.webSocket.send(Buffer.of(255, 0));
    await settled(() => socket.bytesRead);
    const chunks = (await session.stdin!.toArray()) as Buffer[];
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(100_000);
  });
});

describe('a transfer over TLS', () => {
  it.each(['v5.channel.k8s.io', 'v4.base64.channel.k8s.io'])(
    'by %s goes both ways at once without an error',
    async (protocol) => {
      const { client, session } = await exec({ tls: true, protocol });
      const base64 = protocol.includes('base64');
      const input = pattern(4 * mib);
      const output = pattern(6 * mib);
      const sum = { in: createHash('sha256'), out: createHash('sha256') };
      let [wentIn, wentOut] = [0, 0];
      session.stdin!.on('data', (chunk: Buffer) => {
        sum.in.update(chunk);
        wentIn += chunk.length;
      });
      client.webSocket.on('message', (message: Buffer) => {
        const payload = base64 ? Buffer.from(message.subarray(1).toString(), 'base64') : message.subarray(1);
        if ((message[0]! & 0xf) !== 1) return;
        sum.out.update(payload);
        wentOut += payload.length;
      });
      const piping = pipeline(Readable.from(chunksOf(output, 100_000)), session.stdout!);
      for (const chunk of chunksOf(input, 30_000)) {
        client.webSocket.send(base64 ? `0${chunk.toString('base64')}` : Buffer.concat([Buffer.of(0), chunk]));
      }
      await piping;
      await eventually('all of it', () => wentIn === input.length && wentOut === output.length);
      expect(sum.in.digest('hex')).toBe(digest([input]));
      expect(sum.out.digest('hex')).toBe(digest([output]));
      await session.finish(success);
    },
  );
});

function* chunksOf(buffer: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < buffer.length; start += size) yield buffer.subarray(start, start + size);
}
