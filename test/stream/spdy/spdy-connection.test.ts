import { Buffer } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { connectionPair, readAll, streamPair } from './peers.js';

describe('a stream', () => {
  it('carries bytes both ways, each direction ending by itself', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    expect(server.headers).toEqual({ streamtype: ['data'] });
    client.end('from the client');
    expect((await readAll(server)).toString()).toBe('from the client');
    const answer = Buffer.alloc(3_000_000, 'abc');
    server.end(answer);
    expect((await readAll(client)).equals(answer)).toBe(true);
    await pair.ofServer.close();
    expect(await pair.ofClient.closed).toBeUndefined();
  });

  it('that is reset is destroyed at the other side with Aborted', async () => {
    const pair = await connectionPair();
    const { client, server } = await streamPair(pair);
    client.reset();
    await finished(server).catch(() => undefined);
    expect(server.errored).toMatchObject({ code: 'Aborted', message: 'spdy stream 1: reset by the peer (Cancel)' });
  });
});
