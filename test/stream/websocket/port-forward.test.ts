import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { VkError } from '../../../src/runtime/errors.js';
import type { ForwardedConnection, PortForwardSession } from '../../../src/stream/port-forward/session.js';
import type { StreamingOptions } from '../../../src/stream/streaming-options.js';
import { acceptWebSocketPortForward } from '../../../src/stream/websocket/port-forward.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';
import { nextChunk, untilEnd } from './support/reading.js';
import { type Client, dial, serve } from './support/web-socket-server.js';

interface Forwarding {
  readonly client: Client;
  readonly session: PortForwardSession;
  readonly connections: readonly ForwardedConnection[];
  readonly socket: Socket;
}

async function forward(
  ports: readonly number[],
  protocol?: string,
  options: StreamingOptions = {},
): Promise<Forwarding> {
  const server = await serve((call) => acceptWebSocketPortForward(call, ports, options));
  const client = await dial(server, protocol === undefined ? [] : [protocol]);
  const session = await server.next();
  const connections: ForwardedConnection[] = [];
  if (ports.length > 0) {
    for await (const connection of session.connections) {
      connections.push(connection);
      if (connections.length === ports.length) break;
    }
  }
  return { client, session, connections, socket: server.sockets[0] as Socket };
}

/** Takes the messages that a session begins with. */
async function greeted({ client, connections }: Forwarding): Promise<void> {
  for (let count = 0; count < 2 * connections.length; count += 1) await client.message();
}

describe('port-forward over WebSocket channels', () => {
  it.each([undefined, 'v4.channel.k8s.io'])(
    'kubelet-protocol §4: by %s first says on each channel which port it is for, the lower byte first',
    async (protocol) => {
      const { client } = await forward([80, 8443], protocol);
      const messages = [await client.message(), await client.message(), await client.message(), await client.message()];
      expect(messages.map((message) => [...message])).toEqual([
        [0, 80, 0],
        [1, 80, 0],
        [2, 0xfb, 0x20],
        [3, 0xfb, 0x20],
      ]);
    },
  );

  it('kubelet-protocol §4: by v4.base64.channel.k8s.io says so in base64', async () => {
    const { client } = await forward([80, 8443], 'v4.base64.channel.k8s.io');
    const messages = [await client.message(), await client.message(), await client.message()];
    expect(messages.map(String)).toEqual(['0UAA=', '1UAA=', '2+yA=']);
  });

  it('kubelet-protocol §4: channel 2i carries the data of connection i, both ways', async () => {
    const scene = await forward([80, 443], 'v4.channel.k8s.io');
    await greeted(scene);
    const { client, connections } = scene;
    expect(connections.map(({ port }) => port)).toEqual([80, 443]);
    client.webSocket.send(Buffer.from('\u0002to 443'));
    client.webSocket.send(Buffer.from('\0to 80'));
    const received = await Promise.all(connections.map(({ connection }) => nextChunk(connection)));
    expect(received).toEqual(['to 80', 'to 443']);
    connections[1]!.connection.write('from 443');
    expect((await client.message()).toString()).toBe('\u0002from 443');
    connections[0]!.connection.write('from 80');
    expect((await client.message()).toString()).toBe('\0from 80');
  });

  it('carries one port twice, as two connections', async () => {
    const { client, connections } = await forward([80, 80], 'v4.channel.k8s.io');
    client.webSocket.send(Buffer.from('\u0002second'));
    expect(await nextChunk(connections[1]!.connection)).toBe('second');
  });

  it('kubelet-protocol §4: channel 2i+1 says why a connection failed; the others go on', async () => {
    const scene = await forward([80, 443], 'v4.channel.k8s.io');
    await greeted(scene);
    const { client, connections, session } = scene;
    const message = 'error forwarding port 80 to pod web, uid 1: connection refused';
    connections[0]!.finish(message);
    connections[0]!.finish('said once only');
    expect((await client.message()).toString()).toBe(`\u0001${message}`);
    connections[1]!.connection.write('fine');
    expect((await client.message()).toString()).toBe('\u0002fine');
    await eventually('the failed one is gone', () => connections[0]!.connection.destroyed);
    expect(session.gone.aborted).toBe(false);
  });

  it('says what the pod had sent before it says why the connection failed', async () => {
    const scene = await forward([80], 'v4.channel.k8s.io');
    await greeted(scene);
    scene.connections[0]!.connection.write('half an answer');
    scene.connections[0]!.finish('reset');
    expect((await scene.client.message()).toString()).toBe('\0half an answer');
    expect((await scene.client.message()).toString()).toBe('\u0001reset');
    expect((await scene.client.closed).code).toBe(1000);
  });

  it('kubelet-protocol §4: ends in order when the last connection has: there is no half-close', async () => {
    const scene = await forward([80, 443], 'v4.channel.k8s.io');
    await greeted(scene);
    const { client, connections, session } = scene;
    connections[0]!.finish();
    connections[1]!.connection.write('last words');
    connections[1]!.finish();
    expect((await client.message()).toString()).toBe('\u0002last words');
    expect(await client.closed).toEqual({ code: 1000, reason: '' });
    await session.close();
    expect(session.gone.aborted).toBe(false);
  });

  it("kubelet-protocol §4: takes the end of the pod's side for that of both", async () => {
    const { client, connections } = await forward([80], 'v4.channel.k8s.io');
    client.webSocket.send(Buffer.from('\0request'));
    expect(await nextChunk(connections[0]!.connection)).toBe('request');
    connections[0]!.connection.end('answer');
    // A provider that joins both ways with a socket waits for this end.
    expect(await untilEnd(connections[0]!.connection)).toBe('');
    connections[0]!.finish();
    expect((await client.closed).code).toBe(1000);
  });

  it('ignores what the client writes on error channels and on those that there are not', async () => {
    const { client, connections } = await forward([80], 'v4.channel.k8s.io');
    for (const channel of [1, 2, 3, 254, 255]) client.webSocket.send(Buffer.of(channel, 0x21));
    client.webSocket.send(Buffer.alloc(0));
    client.webSocket.send(Buffer.from('\0x'));
    expect(await nextChunk(connections[0]!.connection)).toBe('x');
  });

  it('ends at a message that is not base64', async () => {
    const { client, session, connections } = await forward([80], 'v4.base64.channel.k8s.io');
    client.webSocket.send('0***');
    expect((await client.closed).code).toBe(1002);
    expect((session.gone.reason as VkError).code).toBe('InvalidInput');
    expect(connections[0]!.connection.destroyed).toBe(true);
  });

  it('destroys all connections when the client goes, and has no more of them', async () => {
    const { client, session, connections } = await forward([80, 443], 'v4.channel.k8s.io');
    client.webSocket.terminate();
    await eventually('gone', () => session.gone.aborted);
    expect(connections.map(({ connection }) => connection.destroyed)).toEqual([true, true]);
    expect(connections[0]!.connection.errored).toMatchObject({ code: 'Aborted' });
    connections[0]!.finish('nobody hears this');
    expect((await session.connections[Symbol.asyncIterator]().next()).done).toBe(true);
    await session.close();
  });

  it('ends what is left when it is closed, once', async () => {
    const scene = await forward([80, 443], 'v4.channel.k8s.io');
    await greeted(scene);
    scene.connections[0]!.connection.write('on its way');
    await Promise.all([scene.session.close(), scene.session.close()]);
    expect((await scene.client.message()).toString()).toBe('\0on its way');
    expect((await scene.client.closed).code).toBe(1000);
    expect(scene.connections.map(({ connection }) => connection.destroyed)).toEqual([true, true]);
  });

  it('has its iteration end with the session', async () => {
    const { client, session } = await forward([80], 'v4.channel.k8s.io');
    const ports: number[] = [];
    const iterating = (async () => {
      for await (const { port } of session.connections) ports.push(port);
    })();
    client.webSocket.close();
    await iterating;
    expect(ports).toEqual([80]);
  });

  it('P8: has at most 1 MiB of each connection waiting, when the client does not read', async () => {
    const { client, connections, socket } = await forward([80, 443], 'v4.channel.k8s.io');
    client.webSocket.pause();
    for (const { connection } of connections) {
      const write = (): void => {
        while (!connection.writableNeedDrain && !connection.destroyed) connection.write(Buffer.alloc(16_384));
      };
      connection.on('drain', write);
      write();
    }
    await eventually('full', () => connections.every(({ connection }) => connection.writableNeedDrain));
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const waiting = connections.reduce((sum, { connection }) => sum + connection.writableLength, socket.writableLength);
    expect(waiting).toBeLessThan(2 * 1024 * 1024);
  });

  it('holds up the client while one pod does not read, and goes on when it does', async () => {
    const { client, connections, socket } = await forward([80, 443], 'v4.channel.k8s.io');
    const chunk = Buffer.alloc(65_537);
    for (let count = 0; count < 100; count += 1) client.webSocket.send(chunk);
    client.webSocket.send(Buffer.from('\u0002after it'));
    await eventually('held up', () => socket.isPaused());
    let bytes = 0;
    connections[0]!.connection.on('data', (data: Buffer) => (bytes += data.length));
    expect(await nextChunk(connections[1]!.connection)).toBe('after it');
    expect(bytes).toBe(100 * 65_536);
  });

  it('is closed in order though its client reads only after it has sent what it has', async () => {
    const { client, session, connections, socket } = await forward([80], 'v4.channel.k8s.io');
    client.webSocket.pause();
    connections[0]!.connection.write(Buffer.alloc(16 * 1024 * 1024));
    let left = 200;
    for (let count = left; count > 0; count -= 1) client.webSocket.send(Buffer.alloc(65_537), () => (left -= 1));
    await eventually('held up', () => socket.isPaused());
    const closed = session.close();
    await eventually('all is sent', () => left === 0);
    client.webSocket.resume();
    expect((await client.closed).code).toBe(1000);
    await closed;
  });

  it('is idle after 4 hours without a byte, and then is gone', async () => {
    const clock = new ManualClock();
    const { session } = await forward([80], 'v4.channel.k8s.io', { clock });
    await clock.runUntil(() => session.gone.aborted, { limitMs: 5 * 3_600_000 });
    expect((session.gone.reason as VkError).code).toBe('Timeout');
    await session.close();
    expect(clock.pending).toBe(0);
  });
});
