import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { encodeDataHeader, encodePing, type FrameEncoder } from '../../../src/stream/spdy/frame-encoder.js';
import { defaultSpdyLimits } from '../../../src/stream/spdy/limits.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { eventually } from '../../e2e/support/eventually.js';
import { connectionPair, rawClient, streamPair } from './peers.js';

const data = { streamtype: ['data'] };
const mebibyte = 1_048_576;
/** What two kernels and a TLS library keep of one direction of a socket on loopback. */
const socketBuffersBytes = 8 * mebibyte;

async function next(streams: AsyncIterator<SpdyStream>): Promise<SpdyStream> {
  return ((await streams.next()) as IteratorYieldResult<SpdyStream>).value;
}

/** Writes until the stream takes no more for a while. What it has taken. */
async function fill(stream: SpdyStream): Promise<number> {
  const chunk = Buffer.alloc(65_536, 'x');
  let written = 0;
  for (;;) {
    written += chunk.length;
    if (stream.write(chunk)) continue;
    const drained = once(stream, 'drain').then(() => true);
    const stuck = new Promise<false>((resolve) => setTimeout(() => resolve(false), 300));
    if (!(await Promise.race([drained, stuck]))) return written;
  }
}

/** Reads `bytes` bytes, slowly: a chunk a turn. */
async function drain(stream: SpdyStream, bytes: number): Promise<void> {
  let read = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    read += (chunk as Buffer).length;
    if (read >= bytes) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(read).toBe(bytes);
}

describe('backpressure', () => {
  it('stops the writer of a stream that is not read, and lets it go on when it is', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    const written = await fill(client);
    expect(written).toBeLessThan(socketBuffersBytes);
    expect(pair.server.isPaused()).toBe(true);
    await drain(server, written);
    expect(pair.server.isPaused()).toBe(false);
    client.end('more');
    server.resume();
    await finished(server, { writable: false });
  });

  it('keeps at most 256 KiB and a chunk of a stream that is not read', async () => {
    const { server, client, accepted, peer } = await rawClient();
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    const sent = server.bytesRead;
    peer.send(peer.data(1, Buffer.alloc(2 * mebibyte)));
    await eventually(() => expect(server.isPaused()).toBe(true));
    // What follows has nowhere to go: the kernel's buffers are all that fills.
    const { bytesRead } = server;
    client.write(peer.data(1, Buffer.alloc(2 * mebibyte)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.bytesRead - bytesRead).toBeLessThan(100_000);
    expect(bytesRead - sent).toBeLessThan(defaultSpdyLimits.streamBufferBytes + 2 * 65_536);
    stream.resume();
  });

  it('keeps at most 1 MiB and a chunk of all streams together', async () => {
    const { server, peer, accepted } = await rawClient();
    const ids = Array.from({ length: 40 }, (_, index) => 2 * index + 1);
    peer.send(...ids.map((id) => peer.encoder.synStream(id, data)));
    await peer.settled();
    const before = server.bytesRead;
    peer.send(...ids.map((id) => peer.data(id, Buffer.alloc(100_000))));
    await eventually(() => expect(server.isPaused()).toBe(true));
    expect(server.bytesRead - before).toBeLessThan(defaultSpdyLimits.connectionBufferBytes + 2 * 65_536);
    for (let count = 0; count < ids.length; count += 1) (await next(accepted)).resume();
    await peer.settled();
  });

  it('charges for bytes that come one by one what they cost', async () => {
    const { server, peer } = await rawClient();
    peer.send(peer.encoder.synStream(1, data));
    await peer.settled();
    const before = process.memoryUsage();
    const drop = Buffer.concat([encodeDataHeader(1, 1, false), Buffer.from('x')]);
    peer.send(Buffer.concat(Array.from({ length: 200_000 }, () => drop)));
    await eventually(() => expect(server.isPaused()).toBe(true));
    expect(server.bytesRead).toBeLessThan(9 * (defaultSpdyLimits.streamBufferBytes / 512) + 2 * 65_536);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    // 1.8 MB of it is what this test sends.
    expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(30 * mebibyte);
  });

  it('stops our writer when the peer does not read, and keeps a bounded rest', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    pair.client.pause();
    const written = await fill(server);
    expect(written).toBeLessThan(socketBuffersBytes);
    expect(server.writableLength).toBeLessThan(3 * 65_536);
    expect(pair.server.writableLength).toBeLessThan(4 * 65_536);
    pair.client.resume();
    await drain(client, written);
  });

  it.each([
    ['pings', (_encoder: FrameEncoder, count: number) => encodePing(2 * count + 1)],
    ['streams that are refused', (encoder: FrameEncoder, count: number) => encoder.synStream(2 * count, {})],
  ])('R8: does not grow by a flood of %s from a peer that does not read', async (_what, frame) => {
    const { server, client, peer } = await rawClient();
    client.pause();
    let largest = 0;
    for (let sent = 0; sent < 32 * mebibyte && !server.isPaused(); sent += 100_000) {
      const flood = Array.from({ length: 5_000 }, (_, count) => frame(peer.encoder, count));
      if (!client.write(Buffer.concat(flood))) await new Promise((resolve) => setTimeout(resolve, 5));
      largest = Math.max(largest, server.writableLength);
    }
    await eventually(() => expect(server.isPaused()).toBe(true));
    expect(largest).toBeLessThan(mebibyte);
    client.resume();
    await eventually(() => expect(server.isPaused()).toBe(false));
    peer.frames.length = 0;
  });

  it('carries 256 MiB of a stream in bounded memory', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    const chunk = Buffer.alloc(65_536, 'y');
    let [received, largest] = [0, 0];
    const before = process.memoryUsage().arrayBuffers;
    server.on('data', (part: Buffer) => {
      received += part.length;
      largest = Math.max(largest, process.memoryUsage().arrayBuffers);
    });
    for (let sent = 0; sent < 256 * mebibyte; sent += chunk.length) {
      if (!client.write(chunk)) await once(client, 'drain');
    }
    client.end();
    await finished(server, { writable: false });
    expect(received).toBe(256 * mebibyte);
    // Node frees what it has read when it collects, which takes it some tens of MiB.
    expect(largest - before).toBeLessThan(100 * mebibyte);
  });
});
