/** A peer that is not ours: moby/spdystream, which kubectl and the apiserver are built with. Skipped where Go is not. */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { answerTask, buildGoPeer, chunksOf, GoServer, runGoClient } from '../../../bench/peers/spdystream/peer.js';
import type { SpdyConnectionOptions } from '../../../src/stream/spdy/spdy-connection-options.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import { pki, readAll } from './peers.js';

const hasGo = await buildGoPeer();
const megabyte = 1_000_000;

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server of ours, which does what each stream asks for. Its port, and the connections that it was asked for. */
async function ourServer(
  options: Partial<SpdyConnectionOptions> = {},
): Promise<{ port: number; connections: SpdyConnection[] }> {
  const connections: SpdyConnection[] = [];
  const server = tls.createServer(
    { key: pki('server.key'), cert: pki('server.crt'), allowHalfOpen: true },
    (socket) => {
      const onStream: SpdyConnectionOptions['onStream'] = (stream) => void answerTask(stream);
      connections.push(new SpdyConnection(socket, { role: 'server', onStream, ...options }));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, connections };
}

async function connectToGo(): Promise<SpdyConnection> {
  const file = (name: string): string => fileURLToPath(new URL(`../../fixtures/pki/${name}`, import.meta.url));
  const server = await GoServer.start({ cert: file('server.crt'), key: file('server.key') });
  const socket = tls.connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const connection = new SpdyConnection(socket, { role: 'client' });
  closers.push(async () => {
    connection.destroy();
    await connection.closed;
    await server.close();
  });
  return connection;
}

function digestOf(size: number): string {
  const sum = createHash('sha256');
  for (const chunk of chunksOf(size)) sum.update(chunk);
  return sum.digest('hex');
}

describe.skipIf(!hasGo)('a Go client with our server (skipped without Go)', () => {
  it('kubelet-protocol §2: gets bytes through both ways, with pings among them', async () => {
    const { port, connections } = await ourServer();
    const size = 24 * megabyte + 7;
    const sent = await runGoClient('upload', port, { bytes: size, digest: true, pingMs: 3 });
    const received = await runGoClient('download', port, { bytes: size, digest: true, pingMs: 3 });
    const echoed = await runGoClient('echo', port, { bytes: size, digest: true, pingMs: 3 });
    expect([sent.sha256, received.sha256, echoed.sha256]).toEqual(Array.from({ length: 3 }, () => digestOf(size)));
    // Go's client closes in order.
    expect(await Promise.all(connections.map(({ closed }) => closed))).toEqual([undefined, undefined, undefined]);
  });

  it('kubelet-protocol §2: opens streams one after the other, each when the one before was replied to', async () => {
    const { port } = await ourServer();
    const { bytes, seconds } = await runGoClient('open', port, { count: 500 });
    expect(bytes).toBe(0);
    // A reply that waits for more to send, or for the client's acknowledgement, takes 40 ms.
    expect(seconds).toBeLessThan(10);
  });

  it('is not disturbed by our probes', async () => {
    const { port } = await ourServer({ probeIntervalMs: 1 });
    const size = 24 * megabyte;
    expect((await runGoClient('echo', port, { bytes: size, digest: true })).sha256).toBe(digestOf(size));
  });

  it('kubelet-protocol §2: has everything that was written before the connection was closed', async () => {
    const size = 12 * megabyte + 3;
    const { port, connections } = await ourServer({
      onStream: (stream) => {
        stream.resume();
        void pipeline(Readable.from(chunksOf(size), { objectMode: false }), stream, { end: false }).then(() => {
          stream.end();
          return connections[0]?.close();
        });
      },
    });
    expect(await runGoClient('download', port, { bytes: size, digest: true })).toMatchObject({
      bytes: size,
      sha256: digestOf(size),
    });
    expect(await connections[0]?.closed).toBeUndefined();
  });
});

describe.skipIf(!hasGo)('our client with a Go server (skipped without Go)', () => {
  it('gets bytes through both ways', async () => {
    const connection = await connectToGo();
    const size = 12 * megabyte + 5;
    const headers = { bytes: [String(size)], digest: ['true'] };
    const upload = await connection.openStream({ task: ['upload'], ...headers });
    void pipeline(Readable.from(chunksOf(size), { objectMode: false }), upload, { end: true }).catch(() => undefined);
    expect(String(await readAll(upload))).toBe(digestOf(size));
    const download = await connection.openStream({ task: ['download'], ...headers });
    const received = await readAll(download);
    expect(createHash('sha256').update(received).digest('hex')).toBe(digestOf(size));
    await connection.ping();
  });

  it('opens many streams at once, and ends in order', async () => {
    const connection = await connectToGo();
    const streams = await Promise.all(Array.from({ length: 100 }, () => connection.openStream({ task: ['echo'] })));
    const echoes = streams.map(async (stream, index) => {
      stream.end(Buffer.alloc(10_000, index));
      return (await readAll(stream)).equals(Buffer.alloc(10_000, index));
    });
    expect(new Set(await Promise.all(echoes))).toEqual(new Set([true]));
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });
});
