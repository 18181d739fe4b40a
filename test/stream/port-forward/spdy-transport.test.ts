import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../eventually.js';
import { dialForward, forward } from '../sessions/forward-client.js';
import { SessionScene, upgrade } from '../sessions/scene.js';
import { readAll } from '../spdy/peers.js';

const scene = await SessionScene.start({
  creationTimeoutMs: 300,
  lingerMs: 300,
  providerGraceMs: 300,
  maxConnections: 300,
});
const narrow = await SessionScene.start({ maxConnections: 3, lingerMs: 300 });
scene.forward(7, (connection) => pipeline(connection, connection));

describe('port-forward over SPDY', () => {
  it('kubelet-protocol §4: speaks portforward.k8s.io and nothing else', async () => {
    const headers = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' };
    expect(await upgrade(scene.target, '/portForward/default/web', headers)).toMatchObject({
      status: 403,
      headers: { 'x-accepted-stream-protocol-versions': 'portforward.k8s.io' },
    });
  });

  it('kubelet-protocol §4: joins a connection to its port, half-closed either way, and ends both streams in order', async () => {
    const connection = await dialForward(scene.target);
    const { data, failure } = await forward(connection, 7);
    data.end('hello');
    expect(String(await readAll(data))).toBe('hello');
    expect(await failure).toBe('');
    expect(data.errored).toBeNull();
  });

  it('kubelet-protocol §4: 200 connections at once, each with bytes of its own', async () => {
    const connection = await dialForward(scene.target);
    const echoed = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const { data } = await forward(connection, 7);
        const text = `${index} `.repeat(1_000);
        data.end(text);
        return String(await readAll(data)) === text;
      }),
    );
    expect(echoed.filter(Boolean)).toHaveLength(200);
  });

  it('kubelet-protocol §4: a failure is told to its connection, whose streams are reset, and to no other', async () => {
    const connection = await dialForward(scene.target);
    const good = await forward(connection, 7);
    const bad = await forward(connection, 9);
    expect(await bad.failure).toBe(
      'error forwarding port 9 to pod default/web, uid uid-web: connect ECONNREFUSED 127.0.0.1:9',
    );
    if (!bad.data.closed) await once(bad.data, 'close').catch(() => undefined);
    expect(bad.data.errored).toMatchObject({ code: 'Aborted' });
    good.data.end('still here');
    expect(String(await readAll(good.data))).toBe('still here');
  });

  it('tells of a connection that the provider cannot make, also where its pipeline destroys the client’s side', async () => {
    const closedPort = await freePort();
    scene.forward(10, (connection) => pipeline(connection, net.connect(closedPort, '127.0.0.1'), connection));
    const { failure } = await forward(await dialForward(scene.target), 10);
    expect(await failure).toContain('ECONNREFUSED');
  });

  it('resets a connection that the pod resets, without a word that would end the session', async () => {
    const pod = net.createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
    await once(pod, 'listening');
    onTestFinished(() => void pod.close());
    const { port } = pod.address() as AddressInfo;
    scene.forward(11, (connection) => pipeline(connection, net.connect(port, '127.0.0.1'), connection));
    const connection = await dialForward(scene.target);
    const cut = await forward(connection, 11);
    expect(await cut.failure).toBe('');
    await eventually('the data stream is reset', () => cut.data.destroyed);
    const good = await forward(connection, 7);
    good.data.end('still here');
    expect(String(await readAll(good.data))).toBe('still here');
  });

  it('kubelet-protocol §4: a client that half-closes the error stream at once has not gone', async () => {
    let aborted = false;
    scene.forward(12, async (connection, { signal }) => {
      for await (const chunk of connection.iterator({ destroyOnReturn: false })) connection.write(chunk);
      aborted = signal.aborted;
      connection.end();
    });
    const { data, error, failure } = await forward(await dialForward(scene.target), 12);
    await eventually('the client has ended its half', () => error.writableFinished);
    data.end('here');
    expect(String(await readAll(data))).toBe('here');
    expect(await failure).toBe('');
    expect(aborted).toBe(false);
  });

  it('aborts the signal of one connection when the client resets it, and of no other', async () => {
    const reasons: unknown[] = [];
    const others: AbortSignal[] = [];
    scene.forward(13, async (_connection, { signal }) => {
      others.push(signal);
      await once(signal, 'abort');
      reasons.push(signal.reason);
    });
    const connection = await dialForward(scene.target);
    const [first] = [await forward(connection, 13), await forward(connection, 13)];
    await eventually('both calls', () => others.length === 2);
    first.data.destroy();
    await eventually('one is told', () => reasons.length === 1);
    expect(others.map((signal) => signal.aborted)).toEqual([true, false]);
    expect(await first.failure).toBe('');
  });

  it('kubelet-protocol §4: pairs streams without a request id by their ids', async () => {
    const connection = await dialForward(scene.target);
    await connection.openStream({ streamtype: ['error'], port: ['7'] });
    const data = await connection.openStream({ streamtype: ['data'], port: ['7'] });
    data.end('old client');
    expect(String(await readAll(data))).toBe('old client');
  });

  it.each([
    { streamtype: ['data'], port: ['0'], requestid: ['1'] },
    { streamtype: ['data'], port: ['65536'], requestid: ['1'] },
    { streamtype: ['stdout'], port: ['80'], requestid: ['1'] },
    { port: ['80'], requestid: ['1'] },
  ])('kubelet-protocol §4: resets a stream with headers that say nothing: %j', async (headers) => {
    const connection = await dialForward(scene.target);
    await expect(connection.openStream(headers)).rejects.toMatchObject({
      message: expect.stringContaining('ProtocolError') as string,
    });
  });

  it('kubelet-protocol §4: resets a half that stays alone, and frees its request id', async () => {
    const connection = await dialForward(scene.target);
    const headers = { port: ['7'], requestid: ['alone'] };
    const half = await connection.openStream({ ...headers, streamtype: ['data'] });
    await expect(connection.openStream({ ...headers, streamtype: ['data'] })).rejects.toThrow('RefusedStream');
    await eventually('it is reset', () => half.destroyed);
    await connection.openStream({ ...headers, streamtype: ['error'] });
    const data = await connection.openStream({ ...headers, streamtype: ['data'] });
    data.end('together');
    expect(String(await readAll(data))).toBe('together');
  });

  it('refuses connections beyond the bound, one by one, and takes more when others have ended', async () => {
    const connection = await dialForward(scene.target);
    const open = await Promise.all(Array.from({ length: 300 }, () => forward(connection, 7)));
    await expect(forward(connection, 7)).rejects.toThrow('RefusedStream');
    for (const { data } of open.slice(0, 10)) data.end();
    await Promise.all(open.slice(0, 10).map(({ data }) => readAll(data)));
    await Promise.all(open.slice(0, 10).map(({ failure }) => failure));
    await forward(connection, 7);
  });

  it('counts a connection that its client has reset for as long as the provider is busy with it', async () => {
    const release: (() => void)[] = [];
    narrow.forward(16, () => new Promise((resolve) => release.push(resolve)));
    const connection = await dialForward(narrow.target);
    const resetOne = async (): Promise<void> => {
      const { data, error } = await forward(connection, 16);
      await eventually('the provider is called', () => release.length > 0);
      data.destroy();
      error.destroy();
    };
    for (let count = 0; count < 3; count += 1) await resetOne();
    await expect(resetOne()).rejects.toThrow('RefusedStream');
    await eventually('three calls', () => release.length === 3);
    for (const each of release) each();
    let taken = false;
    const again = async (): Promise<void> => {
      while (!taken)
        taken = await forward(connection, 16).then(
          () => true,
          () => false,
        );
    };
    await again();
    await eventually('a fourth call', () => release.length === 4);
    release.at(-1)?.();
  });

  it('reads on past a connection that nobody reads any more, so that the others go on', async () => {
    scene.forward(14, () => Promise.resolve());
    const connection = await dialForward(scene.target);
    const deaf = await forward(connection, 14);
    deaf.data.write(Buffer.alloc(2_000_000));
    const good = await forward(connection, 7);
    good.data.end('still here');
    expect(String(await readAll(good.data))).toBe('still here');
    await eventually('the one that does not end is reset', () => deaf.data.destroyed);
  });

  it('gives up a call that goes on after both sides have ended, and tells it', async () => {
    let told = false;
    scene.forward(15, async (connection, { signal }) => {
      connection.resume().end();
      await once(signal, 'abort');
      told = true;
      await new Promise(() => undefined);
    });
    const { data, failure } = await forward(await dialForward(scene.target), 15);
    data.end();
    await readAll(data);
    expect(await failure).toBe('');
    await eventually('the call is told', () => told);
  });
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
