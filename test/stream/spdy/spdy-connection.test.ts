import { Buffer } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { encodeGoAway, encodePing, encodeReset } from '../../../src/stream/spdy/frame-encoder.js';
import type { DataFrame, Frame } from '../../../src/stream/spdy/frames.js';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import { connectionPair, Queue, rawClient, RawPeer, readAll, socketPair, streamPair } from './peers.js';

const data = { streamtype: ['data'] };

async function next(streams: AsyncIterator<SpdyStream>): Promise<SpdyStream> {
  return ((await streams.next()) as IteratorYieldResult<SpdyStream>).value;
}

/** Types and ids, and for data how much. */
function brief(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    if (frame.type === 'data') return `data ${frame.id} ${frame.fin ? 'fin' : frame.payload.length}`;
    if (frame.type === 'rstStream') return `rst ${frame.id} ${frame.status}`;
    return 'id' in frame ? `${frame.type} ${frame.id}` : frame.type;
  });
}

describe('two ends of a connection over TLS', () => {
  it('carry bytes both ways on many streams at once, each direction ending by itself', async () => {
    const pair = await connectionPair();
    const streams = await Promise.all(Array.from({ length: 20 }, () => pair.ofClient.openStream(data)));
    const exchanges = streams.map(async (client, index) => {
      const server = await next(pair.accepted);
      const [up, down] = [Buffer.alloc(index * 40_000 + 1, 'up'), Buffer.alloc(800_000 - index * 40_000, 'down')];
      client.end(up);
      // Ids and the order of their arrival are the same.
      expect(server.id).toBe(client.id);
      expect((await readAll(server)).equals(up)).toBe(true);
      server.end(down);
      expect((await readAll(client)).equals(down)).toBe(true);
    });
    await Promise.all(exchanges);
    await pair.ofServer.close();
    expect(await pair.ofClient.closed).toBeUndefined();
  });

  it('tell each other headers, and answer pings', async () => {
    const pair = await connectionPair();
    await Promise.all([pair.ofClient.ping(), pair.ofServer.ping(), pair.ofServer.ping()]);
    const headers = { port: ['80'], requestid: ['7'], streamtype: ['data', 'error'] };
    await pair.ofClient.openStream(headers);
    expect({ ...(await next(pair.accepted)).headers }).toEqual(headers);
  });

  it('reset a stream for both, with Aborted at the other end', async () => {
    const pair = await connectionPair();
    for (const resets of ['client', 'server'] as const) {
      const { client, server } = await streamPair(pair);
      const [one, other] = resets === 'client' ? [client, server] : [server, client];
      one.reset('InternalError');
      await finished(other).catch(() => undefined);
      expect(other.errored).toMatchObject({
        code: 'Aborted',
        message: `spdy stream ${client.id}: reset by the peer (InternalError)`,
      });
      expect(one.errored).toBeNull();
    }
    await pair.ofClient.ping();
  });

  it('refuse streams that nobody takes', async () => {
    const pair = await connectionPair();
    await expect(pair.ofServer.openStream(data)).rejects.toMatchObject({
      code: 'Aborted',
      message: 'spdy stream 2: reset by the peer (RefusedStream)',
    });
  });

  it('open no stream after the end, nor on the way there', async () => {
    const pair = await connectionPair();
    const refusal = {
      code: 'Unavailable',
      message: 'spdy connection: takes no new streams; open another connection',
    };
    const closing = pair.ofClient.close();
    await expect(pair.ofClient.openStream(data)).rejects.toMatchObject(refusal);
    await closing;
    await expect(pair.ofServer.openStream(data)).rejects.toMatchObject(refusal);
    await expect(pair.ofServer.ping()).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('begin with what was read of the transport before', async () => {
    const { client, server } = await socketPair();
    const peer = new RawPeer(client);
    const accepted = new Queue<SpdyStream>();
    const bytes = Buffer.concat([peer.encoder.synStream(1, data), peer.data(1, 'early '), peer.data(1, 'late', true)]);
    new SpdyConnection(server, {
      role: 'server',
      onStream: (stream) => accepted.push(stream),
      head: bytes.subarray(0, 50),
    });
    peer.send(bytes.subarray(50));
    expect(String(await readAll(await next(accepted)))).toBe('early late');
  });
});

describe('kubelet-protocol §2: a server on the wire', () => {
  it('replies to a stream at once and without headers, before anything of it', async () => {
    const { peer } = await rawClient({ onStream: (stream) => stream.end('hello') });
    peer.send(peer.encoder.synStream(1, data), encodePing(1));
    await peer.frame((frame) => frame.type === 'data' && frame.fin);
    const [first] = peer.frames;
    expect(brief(peer.frames)).toEqual(['synReply 1', 'ping 1', 'data 1 5', 'data 1 fin']);
    expect({ ...(first as { headers: object }).headers }).toEqual({});
  });

  it('resets instead what it does not accept, by the headers', async () => {
    const { peer } = await rawClient({
      accept: ({ streamtype }, id) => (streamtype?.[0] === 'data' && id !== 5 ? undefined : 'InvalidStream'),
    });
    const { encoder } = peer;
    peer.send(encoder.synStream(1, { streamtype: ['other'] }), encoder.synStream(3, data), encoder.synStream(5, data));
    await peer.settled();
    expect(brief(peer.frames).slice(0, 3)).toEqual(['rst 1 2', 'synReply 3', 'rst 5 2']);
  });

  it('answers a bad id with RST PROTOCOL_ERROR, and goes on', async () => {
    const { peer, accepted } = await rawClient();
    const { encoder } = peer;
    peer.send(encoder.synStream(2, data), encoder.synStream(5, data), encoder.synStream(3, data));
    await peer.settled();
    expect(brief(peer.frames).slice(0, 3)).toEqual(['rst 2 1', 'synReply 5', 'rst 3 1']);
    expect((await next(accepted)).id).toBe(5);
  });

  it('resets a stream whose id is opened again', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data), peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    await finished(stream).catch(() => undefined);
    await peer.settled();
    expect(brief(peer.frames).slice(0, 2)).toEqual(['synReply 1', 'rst 1 1']);
  });

  it('takes FIN for the end of one direction: output goes on', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data), peer.data(1, 'last words', true));
    const stream = await next(accepted);
    expect(String(await readAll(stream))).toBe('last words');
    stream.write('answer');
    await peer.frame((frame) => frame.type === 'data');
    stream.end();
    await peer.frame((frame) => frame.type === 'data' && frame.fin);
    await finished(stream);
    await peer.settled();
    expect(brief(peer.frames).filter((frame) => frame.startsWith('rst'))).toEqual([]);
  });

  it('takes a stream that is opened with FIN for one without input', async () => {
    const { peer, accepted } = await rawClient();
    const syn = peer.encoder.synStream(1, data);
    syn.writeUInt8(0x01, 4);
    peer.send(syn);
    expect((await readAll(await next(accepted))).length).toBe(0);
  });

  it('takes RST_STREAM for the end of both, and answers it with nothing', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    peer.send(encodeReset(1, 'Cancel'));
    await finished(stream).catch(() => undefined);
    stream.write('nobody gets this');
    await peer.settled();
    expect(brief(peer.frames)[1]).toMatch(/^ping/);
  });

  it('sends CANCEL (5) for what it drops, once', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    stream.reset();
    stream.reset('InternalError');
    peer.send(peer.data(1, 'under way'));
    await peer.settled();
    expect(brief(peer.frames).slice(1, -1)).toEqual(['rst 1 5']);
  });

  it('says nothing of a stream that is over on both sides when it goes', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data), peer.data(1, 'x', true));
    const stream = await next(accepted);
    stream.end();
    await finished(stream, { readable: false });
    stream.destroy();
    await peer.settled();
    expect(brief(peer.frames).slice(0, -1)).toEqual(['synReply 1', 'data 1 fin']);
  });

  it('echoes pings of the other parity unchanged, and no others', async () => {
    const { peer } = await rawClient();
    peer.send(encodePing(1), encodePing(2), encodePing(0x7fffffff), encodePing(4));
    await peer.settled();
    expect(brief(peer.frames).slice(0, 2)).toEqual(['ping 1', 'ping 2147483647']);
    expect(peer.frames).toHaveLength(3);
  });

  it('waits for no window, and cuts data into frames of 32 KiB', async () => {
    const { peer } = await rawClient({ onStream: (stream) => stream.end(Buffer.alloc(1_048_576 + 5)) });
    const ignored = [
      Buffer.from('800300040000000400000000', 'hex'),
      Buffer.from('80030009000000080000000100000001', 'hex'),
    ];
    peer.send(...ignored, peer.encoder.synStream(1, data), ...ignored);
    await peer.frame((frame) => frame.type === 'data' && frame.fin);
    const received = peer.frames.filter((frame): frame is DataFrame => frame.type === 'data');
    expect(received.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(1_048_581);
    expect(Math.max(...received.map(({ payload }) => payload.length))).toBeLessThanOrEqual(32_768);
  });

  it('sends what is written in small pieces in few frames', async () => {
    const { peer } = await rawClient({
      onStream: (stream) => {
        for (let count = 0; count < 1_000; count += 1) stream.write(String(count % 10));
        stream.end(Buffer.alloc(100_000, '.'));
      },
    });
    peer.send(peer.encoder.synStream(1, data));
    await peer.frame((frame) => frame.type === 'data' && frame.fin);
    const received = peer.frames.filter((frame): frame is DataFrame => frame.type === 'data');
    const text = Buffer.concat(received.map(({ payload }) => payload)).toString();
    expect(text).toBe(`${'0123456789'.repeat(100)}${'.'.repeat(100_000)}`);
    expect(received.length).toBeLessThan(20);
  });

  it('gives streams fair turns: a short answer does not wait for a long one', async () => {
    const { peer } = await rawClient({
      onStream: (stream) => stream.end(Buffer.alloc(stream.id === 1 ? 2_000_000 : 10)),
    });
    peer.send(peer.encoder.synStream(1, data), peer.encoder.synStream(3, data));
    await peer.frame((frame) => frame.type === 'data' && frame.id === 1 && frame.fin);
    const before = peer.frames.slice(
      0,
      peer.frames.findIndex((frame) => frame.type === 'data' && frame.id === 3),
    );
    const bytes = before.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.payload.length : 0), 0);
    expect(bytes).toBeLessThanOrEqual(32_768);
  });

  it('takes as many streams at a time as it is told, and more when some are over', async () => {
    const { peer, accepted } = await rawClient({ limits: { streams: 2 } });
    const { encoder } = peer;
    peer.send(encoder.synStream(1, data), encoder.synStream(3, data), encoder.synStream(5, data));
    await peer.settled();
    const first = await next(accepted);
    first.reset();
    peer.send(encoder.synStream(7, data));
    await peer.settled();
    expect(brief(peer.frames).filter((frame) => !frame.startsWith('ping'))).toEqual([
      'synReply 1',
      'synReply 3',
      'rst 5 3',
      'rst 1 5',
      'synReply 7',
    ]);
  });

  it('resets a stream on which data follow its end', async () => {
    const { peer, accepted } = await rawClient();
    peer.send(peer.encoder.synStream(1, data), peer.data(1, 'x', true), peer.data(1, 'y'));
    await next(accepted);
    await peer.settled();
    expect(brief(peer.frames).slice(0, 2)).toEqual(['synReply 1', 'rst 1 9']);
  });

  it('CVE-2026-35469: ends a connection whose frames are over a bound with GOAWAY, and says why here', async () => {
    const { peer, connection, accepted } = await rawClient({ limits: { headerCount: 1 } });
    peer.send(peer.encoder.synStream(1, data));
    const stream = await next(accepted);
    peer.send(peer.encoder.synStream(3, { a: ['1'], b: ['2'] }), encodePing(9));
    const error = await connection.closed;
    expect(error).toMatchObject({
      code: 'InvalidInput',
      message: 'spdy header block: 2 headers are over the bound of 1',
    });
    expect(stream.errored).toBe(error);
    await peer.ended;
    expect(peer.frames.slice(1)).toEqual([{ type: 'goAway', lastGoodId: 1, status: 1 }]);
  });
});

describe('kubelet-protocol §2: a client on the wire', () => {
  async function rawServer(): Promise<{ peer: RawPeer; connection: SpdyConnection }> {
    const { client, server } = await socketPair();
    return { peer: new RawPeer(server), connection: new SpdyConnection(client, { role: 'client' }) };
  }

  it('has a stream when it is replied to, and not before', async () => {
    const { peer, connection } = await rawServer();
    const opened = connection.openStream(data);
    let isOpen = false;
    void opened.then(() => (isOpen = true));
    expect(await peer.frame((frame) => frame.type === 'synStream')).toMatchObject({ id: 1, fin: false });
    expect(isOpen).toBe(false);
    peer.send(peer.encoder.synReply(1, {}), peer.data(1, 'welcome', true));
    expect(String(await readAll(await opened))).toBe('welcome');
  });

  it('gives up what the server resets, or has not acted on when it goes away', async () => {
    const { peer, connection } = await rawServer();
    const opening = [0, 1, 2].map(() =>
      connection.openStream(data).catch((error: unknown) => (error as Error).message),
    );
    await peer.frame((frame) => frame.type === 'synStream' && frame.id === 5);
    peer.send(encodeReset(1, 'RefusedStream'), peer.encoder.synReply(3, {}), encodeGoAway(3, 0));
    const [reset, stream, unserved] = await Promise.all(opening);
    expect(reset).toBe('spdy stream 1: reset by the peer (RefusedStream)');
    expect(unserved).toBe('spdy stream 5: the peer went away before it acted on it');
    peer.send(peer.data(3, 'still served', true));
    expect(String(await readAll(stream as SpdyStream))).toBe('still served');
  });

  it('rejects what is not open when the connection ends', async () => {
    const { peer, connection } = await rawServer();
    const opened = connection.openStream(data);
    const pinged = connection.ping();
    await peer.frame((frame) => frame.type === 'ping');
    connection.destroy();
    await expect(opened).rejects.toMatchObject({ code: 'Aborted' });
    await expect(pinged).rejects.toMatchObject({ code: 'Aborted' });
  });
});
