import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { encodePing } from '../../../src/stream/spdy/frame-encoder.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import { connectionPair, rawClient, readAll, socketPair, streamPair } from './peers.js';

const data = { streamtype: ['data'] };
const hour = 3_600_000;

async function next(streams: AsyncIterator<SpdyStream>): Promise<SpdyStream> {
  return ((await streams.next()) as IteratorYieldResult<SpdyStream>).value;
}

describe('closing a connection', () => {
  it('kubelet-protocol §2: sends all data and every FIN before GOAWAY, and nothing after', async () => {
    const { peer, client, connection, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data), peer.encoder.synStream(3, data), peer.encoder.synStream(5, data));
    const [whole, open, ended] = [await next(accepted), await next(accepted), await next(accepted)];
    // The peer is slow: most of this is still to be sent when the end is asked for.
    client.pause();
    whole.end(Buffer.alloc(6_000_000));
    open.write(Buffer.alloc(1_000_000));
    ended.end();
    const closing = connection.close();
    client.resume();
    await peer.ended;
    expect(peer.frames.at(-1)).toEqual({ type: 'goAway', lastGoodId: 5, status: 0 });
    const received = [1, 3, 5].map((id) => {
      const frames = peer.frames.filter((frame) => frame.type === 'data' && frame.id === id);
      const bytes = frames.reduce((sum, frame) => sum + ('payload' in frame ? frame.payload.length : 0), 0);
      return [bytes, frames.some((frame) => 'fin' in frame && frame.fin)];
    });
    expect(received).toEqual([
      [6_000_000, true],
      [1_000_000, false],
      [0, true],
    ]);
    client.end();
    await closing;
    expect(await connection.closed).toBeUndefined();
    expect(open.errored).toMatchObject({ code: 'Aborted', message: 'spdy connection: has ended' });
  });

  it('kubelet-protocol §3: goes on reading until the peer closes', async () => {
    const { peer, client, connection, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    stream.end('output');
    const closing = connection.close();
    await peer.ended;
    expect(connection.signal.aborted).toBe(false);
    // What the client says now is read, so that its socket does not answer with a reset that takes the output back.
    peer.send(peer.data(1, 'late input', true));
    expect(String(await readAll(stream))).toBe('late input');
    client.end();
    await closing;
    expect(connection.signal.aborted).toBe(true);
  });

  it('cuts a peer off that neither closes nor says anything, and waits for one that pings, within the idle timeout', async () => {
    const clock = new ManualClock();
    const { peer, server, connection } = await rawClient({ clock, idleTimeoutMs: 60_000 });
    const closing = connection.close({ lingerMs: 10_000 });
    await peer.ended;
    // The peer has our end; this side's socket has said so too by then, or a turn later.
    await eventually(() => expect(server.writableFinished).toBe(true));
    for (let seconds = 0; seconds < 55; seconds += 5) {
      peer.send(encodePing(seconds * 2 + 1));
      const read = server.bytesRead;
      await eventually(() => expect(server.bytesRead).toBeGreaterThan(read));
      await clock.advance(5_000);
      expect(connection.signal.aborted).toBe(false);
    }
    await clock.advance(10_000);
    await closing;
    expect(await connection.closed).toBeUndefined();
  });

  it('cuts a silent peer off after the linger time', async () => {
    const clock = new ManualClock();
    const { peer, server, connection } = await rawClient({ clock });
    const closing = connection.close({ lingerMs: 7_000 });
    await peer.ended;
    await eventually(() => expect(server.writableFinished).toBe(true));
    await clock.advance(6_999);
    expect(connection.signal.aborted).toBe(false);
    await clock.advance(1);
    await closing;
    expect(clock.pending).toBe(0);
  });

  it('is one thing, however often it is asked for, and does nothing to a connection that is gone', async () => {
    const pair = await connectionPair();
    await Promise.all([pair.ofClient.close(), pair.ofClient.close(), pair.ofServer.close()]);
    await pair.ofClient.close();
    pair.ofClient.destroy();
    expect(await Promise.all([pair.ofClient.closed, pair.ofServer.closed])).toEqual([undefined, undefined]);
  });

  it('leaves no timer behind, whichever way it goes', async () => {
    for (const end of ['close', 'destroy'] as const) {
      const clock = new ManualClock();
      const { connection, client } = await rawClient({ clock });
      client.on('end', () => client.end());
      void connection[end]();
      await connection.closed;
      expect(clock.pending).toBe(0);
    }
  });
});

describe('a connection whose peer goes', () => {
  it.each([
    ['ends its socket', (socket: { end(): unknown }) => socket.end()],
    ['vanishes', (socket: { destroy(): unknown }) => socket.destroy()],
  ])('destroys every stream when it %s, and then says so', async (_what, leave) => {
    const pair = await connectionPair();
    const streams = [await streamPair(pair), await streamPair(pair)];
    const [reading, writing] = streams.map(({ server }) => server);
    const read = readAll(reading!);
    writing!.write(Buffer.alloc(100));
    leave(pair.client);
    await expect(read).rejects.toMatchObject({ code: 'Aborted' });
    expect(await pair.ofServer.closed).toMatchObject({ code: 'Aborted', message: 'spdy connection: has ended' });
    expect(pair.ofServer.signal.aborted).toBe(true);
    expect(streams.map(({ server }) => server.destroyed)).toEqual([true, true]);
  });

  it('still has what came whole: an end that was received is not taken back', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    client.end(Buffer.alloc(200_000, 'x'));
    const other = await streamPair(pair);
    other.client.write('half');
    // The echo comes when everything before it has been acted on.
    await pair.ofClient.ping();
    pair.client.destroy();
    await pair.ofServer.closed;
    await expect(readAll(other.server)).rejects.toMatchObject({ code: 'Aborted' });
    expect((await readAll(server)).length).toBe(200_000);
    await finished(server).catch(() => undefined);
    expect(server.errored).toMatchObject({ code: 'Aborted' });
  });

  it('ends well for streams that were over on both sides and wait to be read', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    server.end();
    client.end('read me later');
    client.resume();
    await pair.ofClient.ping();
    await finished(server, { readable: false });
    pair.client.end();
    expect(await pair.ofServer.closed).toBeUndefined();
    expect(String(await readAll(server))).toBe('read me later');
    await finished(server);
    expect(server.errored).toBeNull();
  });

  it('is noticed while nothing is read, since a stream is not', async () => {
    const clock = new ManualClock();
    const { peer, client, server, connection, accepted } = await rawClient({ clock });
    peer.send(peer.encoder.synStream(1, data));
    await next(accepted);
    peer.send(peer.data(1, Buffer.alloc(400_000)));
    await eventually(() => expect(server.isPaused()).toBe(true));
    const closed = once(client, 'close');
    client.destroy();
    await closed;
    for (let probes = 0; probes < 3 && !connection.signal.aborted; probes += 1) await clock.advance(15_000);
    expect(await connection.closed).toMatchObject({ code: 'Aborted' });
  });

  it('was gone before the connection was made', async () => {
    const { server } = await socketPair();
    server.destroy();
    await once(server, 'close');
    const connection = new SpdyConnection(server, { role: 'server' });
    expect(await connection.closed).toBeUndefined();
    await connection.close();
  });
});

describe('kubelet-protocol §2: an idle connection', () => {
  it('is given up after 4 hours', async () => {
    const clock = new ManualClock();
    const { connection, accepted, peer } = await rawClient({ clock });
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    await clock.advance(4 * hour - 1);
    expect(connection.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await connection.closed).toMatchObject({
      code: 'Timeout',
      message: 'spdy connection: no frame for 14400000 ms',
    });
    expect(stream.errored).toMatchObject({ code: 'Timeout' });
  });

  it('is not one whose peer pings, or takes our data', async () => {
    const clock = new ManualClock();
    const { connection, accepted, peer } = await rawClient({ clock, probeIntervalMs: 10 * hour });
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    await clock.advance(3 * hour);
    await peer.settled();
    await clock.advance(3 * hour);
    stream.write('still here');
    await peer.frame((frame) => frame.type === 'data');
    await clock.advance(3 * hour);
    expect(connection.signal.aborted).toBe(false);
    await clock.advance(hour);
    expect(connection.signal.aborted).toBe(true);
  });

  it('is not kept alive by our own probes', async () => {
    const clock = new ManualClock();
    const { connection, peer } = await rawClient({ clock, idleTimeoutMs: 100_000 });
    await clock.advance(100_000);
    expect(await connection.closed).toMatchObject({ code: 'Timeout' });
    await peer.ended;
    expect(peer.frames).toEqual(Array.from({ length: 6 }, () => ({ type: 'ignored' })));
  });

  it('is over within the idle timeout with a peer that pings for ever and takes nothing', async () => {
    const clock = new ManualClock();
    const socket = new DeafSocket();
    const connection = new SpdyConnection(socket, { role: 'server', clock, idleTimeoutMs: 60_000 });
    const closed = connection.close({ lingerMs: 1_000 });
    for (let count = 0; count < 6; count += 1) {
      expect(socket.destroyed).toBe(false);
      socket.push(encodePing(2 * count + 1));
      await clock.advance(10_000);
    }
    expect(socket.destroyed).toBe(true);
    await closed;
    expect(clock.pending).toBe(0);
  });
});

/** A peer's end of which nothing is taken. */
class DeafSocket extends Duplex {
  override _read(): void {}
  override _write(): void {}
}
