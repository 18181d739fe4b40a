/** Sessions that do not end as they should: the client vanishes, the network is cut, nobody reads. */
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Status } from '../../../src/kube/types.js';
import type { Clock } from '../../../src/runtime/clock.js';
import type { VkError } from '../../../src/runtime/errors.js';
import type { RemoteCommandSession } from '../../../src/stream/remote-command/session.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';
import { type Client, dial, dialRaw, serve, upgradeHeaders } from './support/web-socket-server.js';

const success: Status = { metadata: {}, status: 'Success' };
const all = { stdin: true, stdout: true, stderr: true, tty: false };
const minute = 60_000;

interface Exec {
  readonly client: Client;
  readonly session: RemoteCommandSession;
  readonly clock: ManualClock;
  /** The server's side of the connection. */
  readonly socket: Socket;
}

async function exec(options: { readonly answerPings?: boolean } = {}): Promise<Exec> {
  const clock = new ManualClock();
  const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock }));
  const client = await dial(server, ['v5.channel.k8s.io'], { autoPong: options.answerPings ?? true });
  return { client, session: await server.next(), clock, socket: server.sockets[0] as Socket };
}

/** The client's socket, which `ws` keeps to itself. */
function socketOf({ webSocket }: Client): Socket {
  return (webSocket as unknown as { _socket: Socket })._socket;
}

function isGone({ gone }: RemoteCommandSession): Promise<void> {
  return eventually('the client is gone', () => gone.aborted);
}

function expectNothingOpen({ session, clock, socket }: Exec): void {
  expect(clock.pending).toBe(0);
  expect(socket.destroyed).toBe(true);
  for (const stream of [session.stdin, session.stdout, session.stderr]) expect(stream?.destroyed).toBe(true);
}

/** Writes until the kernel takes no more. */
async function fill({ session, socket }: Exec): Promise<void> {
  const chunk = Buffer.alloc(65_536);
  const write = (): void => {
    while (!session.stdout!.writableNeedDrain && !session.stdout!.destroyed) session.stdout!.write(chunk);
  };
  session.stdout!.on('drain', write);
  write();
  let before = -1;
  while (before !== socket.bytesWritten) {
    before = socket.bytesWritten;
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  session.stdout!.off('drain', write);
}

describe('a client that ends a session', () => {
  it.each([
    ['closing', (client: Client) => client.webSocket.close(1000)],
    ['closing without a code', (client: Client) => client.webSocket.close()],
    ['breaking the connection', (client: Client) => client.webSocket.terminate()],
    ['resetting it', (client: Client) => socketOf(client).resetAndDestroy()],
    ['ending it without a close', (client: Client) => socketOf(client).end()],
  ])('by %s is gone: stdin is destroyed, never ended, and nothing is left', async (_how, end) => {
    const scene = await exec();
    const { session, client } = scene;
    const stdin = finished(session.stdin!).catch((error: unknown) => error);
    session.stdin!.resume();
    client.webSocket.send(Buffer.from('\0half a li'));
    end(client);
    await isGone(session);
    expect((session.gone.reason as VkError).code).toBe('Aborted');
    expect(await stdin).toMatchObject({ code: 'Aborted' });
    await session.finish(success);
    expectNothingOpen(scene);
  });

  it('while the provider writes makes its writing fail', async () => {
    const scene = await exec();
    socketOf(scene.client).pause();
    await fill(scene);
    const write = new Promise((resolve) => scene.session.stdout!.write('x', resolve));
    scene.client.webSocket.terminate();
    expect(await write).toMatchObject({ code: 'Aborted' });
    await scene.session.finish(success);
    expectNothingOpen(scene);
  });

  it('while the session is being finished does not hold it up, and is no news any more', async () => {
    const scene = await exec();
    socketOf(scene.client).pause();
    await fill(scene);
    const done = scene.session.finish(success);
    scene.client.webSocket.terminate();
    await done;
    expect(scene.session.gone.aborted).toBe(false);
    expectNothingOpen(scene);
  });

  it('in the moment of its beginning is gone as well', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock }));
    const socket = await dialRaw(server.port, upgradeHeaders);
    socket.resetAndDestroy();
    // The server may see the reset before the request, or the request before the reset: there is a session or none.
    await eventually('the end', () => server.sockets.every(({ destroyed }) => destroyed) && clock.pending === 0);
  });
});

describe('a client that closes but does not go', () => {
  it('is gone at once, and cut off when the linger time is over', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock, lingerMs: 5_000 }));
    const raw = await dialRaw(server.port, upgradeHeaders);
    const session = await server.next();
    // A close frame with code 1000 from a client that then keeps its end open and sends on.
    raw.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    await isGone(session);
    expect(server.sockets[0]!.destroyed).toBe(false);
    raw.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
    await clock.advance(5_000);
    expect(server.sockets[0]!.destroyed).toBe(true);
    await session.finish(success);
    expect(clock.pending).toBe(0);
  });

  it('is noticed though it reads nothing, so that our answer cannot leave', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock }));
    const raw = await dialRaw(server.port, upgradeHeaders);
    const session = await server.next();
    raw.pause();
    await fill({ session, socket: server.sockets[0] as Socket } as Exec);
    raw.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    await clock.runUntil(() => session.gone.aborted, { limitMs: minute });
    await clock.runUntil(() => server.sockets[0]!.destroyed, { limitMs: minute });
    await session.finish(success);
    expect(clock.pending).toBe(0);
  });
});

describe('a client that falls silent', () => {
  it('is pinged, and stays as long as it answers', async () => {
    const { client, session, clock } = await exec();
    await clock.advance(60 * minute);
    expect(client.pings.length).toBeGreaterThan(50);
    expect(session.gone.aborted).toBe(false);
  });

  it('is given up after five minutes without an answer: the network may have been cut', async () => {
    const scene = await exec({ answerPings: false });
    await scene.clock.advance(4 * minute);
    expect(scene.session.gone.aborted).toBe(false);
    await scene.clock.advance(1.5 * minute);
    expect((scene.session.gone.reason as VkError).code).toBe('Timeout');
    await scene.session.finish(success);
    expectNothingOpen(scene);
  });

  it('is not taken for gone, nor for idle, because the wall clock was set', async () => {
    const clock = new ManualClock();
    let setByMs = 0;
    const wall: Clock = {
      now: () => clock.now() + setByMs,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock: wall }));
    const client = await dial(server, ['v5.channel.k8s.io']);
    const session = await server.next();
    for (const hours of [5, -48, 0]) {
      setByMs = hours * 60 * minute;
      await clock.advance(2 * minute);
      expect(session.gone.aborted).toBe(false);
    }
    expect(client.pings.length).toBeGreaterThan(3);
  });

  it('is not pinged while it sends', async () => {
    const { client, session, clock } = await exec();
    session.stdin!.resume();
    for (let step = 0; step < 20; step += 1) {
      client.webSocket.send(Buffer.from('\0x'));
      await clock.advance(20_000);
    }
    expect(client.pings).toEqual([]);
  });

  it('kubelet-protocol §2: and to whom nothing is sent is idle after 4 hours, its pongs notwithstanding', async () => {
    const scene = await exec();
    await scene.clock.advance(4 * 60 * minute - minute);
    expect(scene.session.gone.aborted).toBe(false);
    await scene.clock.advance(minute + 30_000);
    expect((scene.session.gone.reason as VkError).code).toBe('Timeout');
    expect((await scene.client.closed).code).toBe(1001);
    await scene.session.finish(success);
    expectNothingOpen(scene);
  });

  it('is not idle while it gets output', async () => {
    const { session, clock } = await exec();
    for (let hour = 0; hour < 10; hour += 1) {
      session.stdout!.write('tick');
      await clock.advance(60 * minute);
    }
    expect(session.gone.aborted).toBe(false);
  });
});

describe('finishing a session', () => {
  it('kubelet-protocol §3: waits for a client that reads slowly, and loses nothing', async () => {
    const scene = await exec();
    const { client, session, clock } = scene;
    let bytes = 0;
    const codes: number[] = [];
    client.webSocket.on('message', (message: Buffer) => {
      bytes += message.length - 1;
      codes.push(message[0]!);
    });
    socketOf(client).pause();
    const output = Buffer.alloc(8 * 1024 * 1024, 1);
    session.stdout!.write(output);
    const done = session.finish(success);
    await clock.advance(2 * minute);
    expect(scene.socket.destroyed).toBe(false);
    socketOf(client).resume();
    expect((await client.closed).code).toBe(1000);
    await done;
    expect(bytes).toBe(output.length + JSON.stringify(success).length);
    expect(codes.at(-1)).toBe(3);
    expectNothingOpen(scene);
  });

  it('gives up a client that reads nothing when the session would have been idle for too long', async () => {
    const scene = await exec();
    socketOf(scene.client).pause();
    scene.session.stdout!.write(Buffer.alloc(16 * 1024 * 1024));
    let done = false;
    void scene.session.finish(success).then(() => (done = true));
    await scene.clock.advance(3 * 60 * minute);
    expect(done).toBe(false);
    await scene.clock.advance(61 * minute);
    expect(done).toBe(true);
    expectNothingOpen(scene);
  });

  it('cuts off a client that does not close when the linger time is over', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock, lingerMs: 5_000 }));
    const raw = await dialRaw(server.port, upgradeHeaders);
    raw.resume();
    const session = await server.next();
    let done = false;
    void session.finish(success).then(() => (done = true));
    await clock.advance(4_999);
    expect(done).toBe(false);
    await clock.advance(1);
    await eventually('the end', () => done);
    expect(clock.pending).toBe(0);
  });

  it('is over within the idle timeout with a client that pings for ever and reads nothing', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock, idleTimeoutMs: 60_000 }));
    const raw = await dialRaw(server.port, upgradeHeaders);
    raw.on('error', () => undefined).pause();
    const session = await server.next();
    session.stdout!.write(Buffer.alloc(32_000_000));
    let done = false;
    void session.finish(success).then(() => (done = true));
    for (let count = 0; count < 7; count += 1) {
      raw.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
      await clock.advance(10_000);
    }
    await eventually('the end', () => done);
    expect(clock.pending).toBe(0);
    raw.destroy();
  });

  it('gives a client that pings more time to read what is on its way', async () => {
    const clock = new ManualClock();
    const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock, lingerMs: 5_000 }));
    const raw = await dialRaw(server.port, upgradeHeaders);
    raw.resume();
    const session = await server.next();
    let done = false;
    void session.finish(success).then(() => (done = true));
    for (let second = 0; second < 20; second += 1) {
      raw.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]));
      await clock.advance(1_000);
    }
    expect(done).toBe(false);
    await clock.advance(10_000);
    await eventually('the end', () => done);
  });

  it('throws away what the client still sends, so that it sees the end', async () => {
    const { client, session } = await exec();
    const chunk = Buffer.alloc(65_536);
    for (let count = 0; count < 100; count += 1) client.webSocket.send(chunk);
    const done = session.finish(success);
    for (let count = 0; count < 100; count += 1) client.webSocket.send(chunk);
    expect((await client.closed).code).toBe(1000);
    await done;
  });
});

describe('a broken connection', () => {
  it('kubelet-protocol §3: is noticed while nothing is read of it, by what is written to it', async () => {
    const scene = await exec();
    const chunk = Buffer.alloc(65_536);
    for (let count = 0; count < 64; count += 1) scene.client.webSocket.send(chunk);
    await eventually('held up', () => scene.socket.isPaused());
    socketOf(scene.client).resetAndDestroy();
    await scene.clock.runUntil(() => scene.session.gone.aborted, { limitMs: 2 * minute });
    await scene.session.finish(success);
    expectNothingOpen(scene);
  });

  it('between two hosts is noticed by the probes of the kernel, which are switched on', async () => {
    const spies: unknown[][] = [];
    const server = await serve((call) => {
      const spy = vi.spyOn(call.socket as unknown as Pick<Socket, 'setKeepAlive'>, 'setKeepAlive');
      const session = acceptWebSocketRemoteCommand(call, all, { pingIntervalMs: 12_000 });
      spies.push(...spy.mock.calls);
      return session;
    });
    await dial(server);
    await server.next();
    expect(spies).toEqual([[true, 12_000]]);
  });
});

it('a client that never speaks after its upgrade costs no more than its timers', async () => {
  const clock = new ManualClock();
  const server = await serve((call) => acceptWebSocketRemoteCommand(call, all, { clock }));
  await dialRaw(server.port, upgradeHeaders);
  const session = await server.next();
  expect(clock.pending).toBe(1);
  await clock.runUntil(() => session.gone.aborted, { limitMs: 6 * minute });
  await clock.advance(10_000);
  await session.finish(success);
  expect(clock.pending).toBe(0);
});
