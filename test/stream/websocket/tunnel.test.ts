import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { StreamingOptions } from '../../../src/stream/streaming-options.js';
import { acceptPortForwardTunnel } from '../../../src/stream/websocket/tunnel.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';
import { untilEnd } from './support/reading.js';
import { type Client, dialTunnel, serve } from './support/web-socket-server.js';

async function dig(options: StreamingOptions = {}): Promise<{ client: Client; tunnel: Duplex; socket: Duplex }> {
  const server = await serve((call) => acceptPortForwardTunnel(call, options));
  const client = await dialTunnel(server);
  return { client, tunnel: await server.next(), socket: server.sockets[0]! };
}

describe('the tunnel of a port-forward', () => {
  it('kubelet-protocol §4: is one stream of bytes, whatever the messages', async () => {
    const { client, tunnel } = await dig();
    for (const part of ['a', '', 'bc', 'def']) client.webSocket.send(Buffer.from(part));
    let received = '';
    for await (const chunk of tunnel.iterator({ destroyOnReturn: false })) {
      received += String(chunk);
      if (received.length === 6) break;
    }
    expect(received).toBe('abcdef');
    tunnel.cork();
    for (const part of ['1', '23', '456']) tunnel.write(part);
    tunnel.uncork();
    let sent = '';
    while (sent.length < 6) sent += (await client.message()).toString();
    expect(sent).toBe('123456');
  });

  it('sends binary messages', async () => {
    const { client, tunnel } = await dig();
    const message = once(client.webSocket, 'message');
    tunnel.write('x');
    expect((await message)[1]).toBe(true);
  });

  it('kubelet-protocol §4: is closed with code 1000 when its server ends it, after all that was written', async () => {
    const { client, tunnel } = await dig();
    tunnel.resume();
    tunnel.end(Buffer.alloc(1_000_000, 1));
    let bytes = 0;
    while (bytes < 1_000_000) bytes += (await client.message()).length;
    expect((await client.closed).code).toBe(1000);
    await finished(tunnel);
    expect(tunnel.errored).toBeNull();
  });

  it.each([[1000], [undefined]])('ends, without an error, when the client closes with code %s', async (code) => {
    const { client, tunnel } = await dig();
    client.webSocket.send(Buffer.from('last'));
    client.webSocket.close(code);
    expect(await untilEnd(tunnel)).toBe('last');
    expect(tunnel.errored).toBeNull();
    tunnel.end();
    await eventually('the end', () => tunnel.destroyed);
  });

  it.each([
    ['vanishes', (client: Client) => client.webSocket.terminate()],
    ['closes with another code', (client: Client) => client.webSocket.close(1011)],
  ])('is destroyed with an error when the client %s', async (_how, end) => {
    const { client, tunnel } = await dig();
    tunnel.resume();
    end(client);
    await expect(finished(tunnel)).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('ends at text, which it never carries', async () => {
    const { client, tunnel } = await dig();
    client.webSocket.send('text');
    expect((await client.closed).code).toBe(1002);
    expect(tunnel.errored).toMatchObject({ code: 'InvalidInput' });
  });

  it('takes its socket along when it is destroyed', async () => {
    const { client, tunnel, socket } = await dig();
    tunnel.destroy();
    expect((await client.closed).code).toBe(1006);
    expect(socket.destroyed).toBe(true);
  });

  it('leaves no timer behind, also when the client does not close', async () => {
    const clock = new ManualClock();
    const { client, tunnel, socket } = await dig({ clock });
    client.webSocket.pause();
    tunnel.resume();
    tunnel.end();
    await clock.advance(10_000);
    expect(socket.destroyed).toBe(true);
    await eventually('the end', () => tunnel.destroyed);
    expect(clock.pending).toBe(0);
  });

  it('P8: holds up a client whose bytes are not read, and has at most 1 MiB of them waiting', async () => {
    const { client, tunnel, socket } = await dig();
    for (let count = 0; count < 200; count += 1) client.webSocket.send(Buffer.alloc(65_536, count));
    await eventually('held up', () => (socket as { isPaused?: () => boolean }).isPaused?.() === true);
    expect((socket as unknown as { bytesRead: number }).bytesRead).toBeLessThan(1024 * 1024);
    let bytes = 0;
    for await (const chunk of tunnel) {
      bytes += (chunk as Buffer).length;
      if (bytes === 200 * 65_536) break;
    }
    expect(bytes).toBe(200 * 65_536);
  });

  it('is closed in order though its client is held up', async () => {
    const { client, tunnel, socket } = await dig();
    for (let count = 0; count < 200; count += 1) client.webSocket.send(Buffer.alloc(65_536));
    await eventually('held up', () => (socket as { isPaused?: () => boolean }).isPaused?.() === true);
    tunnel.end('last');
    expect((await client.message()).toString()).toBe('last');
    expect((await client.closed).code).toBe(1000);
    await eventually('gone', () => socket.destroyed);
  });

  it('slows whoever writes while the client does not read', async () => {
    const { client, tunnel, socket } = await dig();
    client.webSocket.pause();
    const write = (): void => {
      while (!tunnel.writableNeedDrain && !tunnel.destroyed) tunnel.write(Buffer.alloc(32_768));
    };
    tunnel.on('drain', write);
    write();
    for (let turn = 0; turn < 300; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(tunnel.writableNeedDrain).toBe(true);
    expect(tunnel.writableLength + socket.writableLength).toBeLessThan(1024 * 1024);
  });
});
