import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { duplexPair } from '../../../src/stream/bridges/duplex-pair.js';

/** Iterating over a duplex destroys it at the end; listening does not. */
async function received(stream: Readable): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, 'end');
  return text;
}

describe('duplexPair', () => {
  it('half-closes: one end says its last, and still hears the other out', async () => {
    const [client, server] = duplexPair();
    client.end('question');
    expect(await received(server)).toBe('question');
    server.write('long ');
    server.end('answer');
    expect(await received(client)).toBe('long answer');
    await Promise.all([finished(client), finished(server)]);
    expect([client.destroyed, server.destroyed]).toEqual([true, true]);
  });

  it('slows its writer while nobody reads, and holds no more than its bound on either side', async () => {
    const [client, server] = duplexPair({ highWaterMark: 1_000 });
    let written = 0;
    while (client.write(Buffer.alloc(500)) && written < 1_000_000) written += 500;
    expect(client.writableLength + server.readableLength).toBeLessThanOrEqual(3_000);
    const drained = once(client, 'drain');
    server.resume();
    await drained;
    server.destroy();
    await finished(client).catch(() => undefined);
  });

  it.each([
    ['without a word', undefined],
    ['with an error', new Error('cable pulled')],
  ])('resets the other end when one is destroyed %s', async (_, error) => {
    const [client, server] = duplexPair();
    const reset = once(server, 'error');
    client.on('error', () => undefined).destroy(error);
    expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  it('loses what is sent to an end that has just gone, and does not leave its writer waiting', async () => {
    const [client, server] = duplexPair();
    server.on('error', () => undefined);
    client.destroy();
    await expect(
      new Promise((resolve, reject) => server.write('x', (error) => (error ? reject(error) : resolve('taken')))),
    ).resolves.toBe('taken');
    await finished(server).catch(() => undefined);
  });

  it('carries 50 MB whole', async () => {
    const [client, server] = duplexPair();
    server.pipe(server);
    const chunk = Buffer.alloc(65_536, 7);
    let sent = 0;
    let received = 0;
    client.on('data', (data: Buffer) => (received += data.length));
    for (; sent < 50_000_000; sent += chunk.length) if (!client.write(chunk)) await once(client, 'drain');
    client.end();
    await finished(client);
    expect(received).toBe(sent);
  });
});
