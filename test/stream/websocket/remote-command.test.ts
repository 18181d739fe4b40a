import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../src/kube/types.js';
import type { VkError } from '../../../src/runtime/errors.js';
import type { RemoteCommandSession, RequestedStreams } from '../../../src/stream/remote-command/session.js';
import type { StreamingOptions } from '../../../src/stream/streaming-options.js';
import { acceptWebSocketRemoteCommand } from '../../../src/stream/websocket/remote-command.js';
import { eventually } from '../eventually.js';
import { nextChunk } from './support/reading.js';
import { type Client, dial, serve } from './support/web-socket-server.js';

const success: Status = { metadata: {}, status: 'Success' };
const failure: Status = {
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with non-zero exit code: 7',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
};
const all: RequestedStreams = { stdin: true, stdout: true, stderr: true, tty: false };

interface Exec {
  readonly client: Client;
  readonly session: RemoteCommandSession;
}

async function exec(
  protocol?: string,
  wanted: Partial<RequestedStreams> = {},
  options: StreamingOptions = {},
): Promise<Exec> {
  const server = await serve((call) => acceptWebSocketRemoteCommand(call, { ...all, ...wanted }, options));
  const client = await dial(server, protocol === undefined ? [] : [protocol]);
  return { client, session: await server.next() };
}

function reasonOf({ gone }: RemoteCommandSession): VkError {
  return gone.reason as VkError;
}

describe('a remote command over a WebSocket', () => {
  it.each([
    [undefined, 1],
    ['channel.k8s.io', 1],
    ['base64.channel.k8s.io', 1],
    ['v4.channel.k8s.io', 4],
    ['v4.base64.channel.k8s.io', 4],
    ['v5.channel.k8s.io', 5],
  ])('kubelet-protocol §3: by %s is version %d, and carries stdin, stdout and stderr', async (protocol, version) => {
    const { client, session } = await exec(protocol);
    expect(session.version).toBe(version);
    const base64 = protocol?.includes('base64') === true;
    const encode = (channel: number, payload: string): string | Buffer =>
      base64
        ? `${channel}${Buffer.from(payload).toString('base64')}`
        : Buffer.from(`${String.fromCharCode(channel)}${payload}`);
    const next = async (): Promise<string> => (await client.message()).toString();

    expect(await next()).toBe(String(encode(1, '')));
    client.webSocket.send(encode(0, 'ls\n'));
    expect(await nextChunk(session.stdin!)).toBe('ls\n');
    session.stdout!.write('file');
    expect(await next()).toBe(String(encode(1, 'file')));
    session.stderr!.write('oh');
    expect(await next()).toBe(String(encode(2, 'oh')));
    await session.finish(failure);
    expect(await next()).toBe(String(encode(3, version === 1 ? failure.message! : JSON.stringify(failure))));
    expect((await client.closed).code).toBe(1000);
  });

  it.each([
    [{}, 1],
    [{ stdout: false }, 2],
    [{ stdout: false, stderr: false }, 3],
    [{ stdout: true, stderr: false, tty: true }, 1],
  ])('kubelet-protocol §3: with %j first sends an empty payload on channel %d', async (wanted, channel) => {
    const { client } = await exec('v4.channel.k8s.io', wanted);
    expect(await client.message()).toEqual(Buffer.of(channel));
  });

  it('has the streams that were asked for and no others', async () => {
    const { session } = await exec('v4.channel.k8s.io', { stdin: false, stderr: false, tty: true });
    const { stdin, stdout, stderr, resize } = session;
    expect([stdin, stdout, stderr, resize].map((stream) => stream !== undefined)).toEqual([false, true, false, true]);
  });

  it.each(['v4.channel.k8s.io', 'v5.channel.k8s.io'])(
    'kubelet-protocol §3: by %s sends the status of a success, too',
    async (protocol) => {
      const { client, session } = await exec(protocol);
      await client.message();
      await session.finish(success);
      expect((await client.message()).toString()).toBe('\u0003{"metadata":{},"status":"Success"}');
    },
  );

  it('kubelet-protocol §3: in version 1 says nothing of a success but the close', async () => {
    const { client, session } = await exec('channel.k8s.io');
    await client.message();
    session.stdout!.write('x');
    await session.finish(success);
    expect((await client.message()).toString()).toBe('\u0001x');
    const after = await Promise.race([client.message(), client.closed]);
    expect(after).toEqual({ code: 1000, reason: '' });
  });

  it('kubelet-protocol §3: takes terminal sizes on channel 4', async () => {
    const { client, session } = await exec('v4.channel.k8s.io', { tty: true, stderr: false });
    client.webSocket.send(Buffer.from('\u0004{"Width":80,"Height":24}'));
    expect(JSON.parse(await nextChunk(session.resize!))).toEqual({ Width: 80, Height: 24 });
  });

  it("kubelet-protocol §3: version 5's close of stdin ends it, and the session goes on", async () => {
    const { client, session } = await exec('v5.channel.k8s.io');
    await client.message();
    client.webSocket.send(Buffer.from('\0input'));
    client.webSocket.send(Buffer.of(255, 0));
    client.webSocket.send(Buffer.of(255, 0));
    client.webSocket.send(Buffer.from('\0too late'));
    expect(await text(session.stdin!)).toBe('input');
    session.stdout!.write('output');
    expect((await client.message()).toString()).toBe('\u0001output');
    expect(session.gone.aborted).toBe(false);
  });

  it('kubelet-protocol §3: a close of a channel that the client does not write to means nothing', async () => {
    const { client, session } = await exec('v5.channel.k8s.io');
    await client.message();
    for (const channel of [1, 2, 3, 4]) client.webSocket.send(Buffer.of(255, channel));
    client.webSocket.send(Buffer.from('\0x'));
    expect(await nextChunk(session.stdin!)).toBe('x');
    session.stdout!.write('still here');
    expect((await client.message()).toString()).toBe('\u0001still here');
  });

  it.each([
    ['of no channel', [255]],
    ['of two channels', [255, 0, 1]],
    ['of a channel that there is not', [255, 5]],
  ])('kubelet-protocol §3: a close signal %s ends the connection', async (_what, bytes) => {
    const { client, session } = await exec('v5.channel.k8s.io');
    client.webSocket.send(Buffer.from(bytes));
    expect((await client.closed).code).toBe(1002);
    expect(reasonOf(session).code).toBe('InvalidInput');
    expect(session.stdin!.destroyed).toBe(true);
  });

  it('kubelet-protocol §3: before version 5 the close signal is a channel that there is not', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    client.webSocket.send(Buffer.of(255, 0));
    client.webSocket.send(Buffer.of(255));
    client.webSocket.send(Buffer.from('\0x'));
    expect(await nextChunk(session.stdin!)).toBe('x');
  });

  it('kubelet-protocol §3: unknown channels and those it writes itself are ignored, empty messages skipped', async () => {
    const { client, session } = await exec('v5.channel.k8s.io');
    for (const channel of [1, 2, 3, 4, 5, 6, 254]) client.webSocket.send(Buffer.of(channel, 0x21));
    client.webSocket.send(Buffer.alloc(0));
    client.webSocket.send('');
    client.webSocket.send(Buffer.of(0));
    client.webSocket.send(Buffer.from('\0x'));
    expect(await nextChunk(session.stdin!)).toBe('x');
  });

  it('takes text for bytes, as Python writes it, and base64 from binary messages', async () => {
    const raw = await exec('v4.channel.k8s.io');
    raw.client.webSocket.send('\0grüße');
    expect(await nextChunk(raw.session.stdin!)).toBe('grüße');
    const base64 = await exec('v4.base64.channel.k8s.io');
    base64.client.webSocket.send(Buffer.from('0bHM='));
    expect(await nextChunk(base64.session.stdin!)).toBe('ls');
  });

  it('ends the connection at a message that is not base64, of which something would be lost', async () => {
    const { client, session } = await exec('v4.base64.channel.k8s.io');
    client.webSocket.send('0a*bc');
    expect((await client.closed).code).toBe(1002);
    expect(reasonOf(session)).toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('base64') as string,
    });
  });

  it('puts fragments together', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    client.webSocket.send(Buffer.of(0), { fin: false });
    client.webSocket.send(Buffer.from('a'), { fin: false });
    client.webSocket.send(Buffer.from('b'), { fin: true });
    expect(await nextChunk(session.stdin!)).toBe('ab');
  });

  it('ends at a message that is longer than allowed, with code 1009', async () => {
    const { client, session } = await exec('v4.channel.k8s.io', {}, { maxMessageBytes: 1_000 });
    client.webSocket.send(Buffer.alloc(1_000));
    expect(await nextChunk(session.stdin!)).toHaveLength(999);
    client.webSocket.send(Buffer.alloc(1_001));
    expect((await client.closed).code).toBe(1009);
    expect(reasonOf(session).code).toBe('InvalidInput');
  });

  it.each([0, -1, Infinity, 2 ** 32])('takes no bound of %d for none', async (maxMessageBytes) => {
    const { client, session } = await exec('v4.channel.k8s.io', {}, { maxMessageBytes });
    const socket = (client.webSocket as unknown as { _socket: Socket })._socket;
    socket.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]));
    expect((await client.closed).code).toBe(1009);
    expect(reasonOf(session).code).toBe('InvalidInput');
  });

  it('kubelet-protocol §3: answers pings, the last of many at least', async () => {
    const { client } = await exec('v5.channel.k8s.io');
    client.webSocket.ping('one');
    await eventually('a pong', () => client.pongs.length === 1);
    expect(String(client.pongs[0])).toBe('one');
    for (let count = 0; count < 500; count += 1) client.webSocket.ping(`number ${count}`);
    await eventually('the last pong', () => String(client.pongs.at(-1)) === 'number 499');
  });

  it('splits long output into messages that every client takes, and puts short pieces together', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    await client.message();
    const output = Buffer.alloc(200_000, 'abcdefg');
    session.stdout!.cork();
    session.stdout!.write('x');
    session.stdout!.write('y');
    session.stdout!.write(output);
    session.stdout!.uncork();
    await session.finish(success);
    const messages: Buffer[] = [];
    for (let got = await client.message(); got[0] === 1; got = await client.message()) messages.push(got.subarray(1));
    expect(messages.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 200_002 - 3 * 65_536]);
    expect(Buffer.concat(messages).equals(Buffer.concat([Buffer.from('xy'), output]))).toBe(true);
  });

  it('kubelet-protocol §3: delivers all output before the status, and the status before the close', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    for (let count = 0; count < 50; count += 1) {
      session.stdout!.write(Buffer.alloc(100_000, 1));
      session.stderr!.write(Buffer.alloc(10_000, 2));
    }
    const finished = session.finish(failure);
    const bytes = [0, 0, 0, 0];
    let last = 0;
    while (last !== 3) {
      const message = await client.message();
      last = message[0]!;
      bytes[last]! += message.length - 1;
    }
    expect(bytes.slice(0, 3)).toEqual([0, 5_000_000, 500_000]);
    expect((await client.closed).code).toBe(1000);
    await finished;
  });

  it('goes on when the provider has ended one of its outputs', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    await client.message();
    await new Promise<void>((resolve) => session.stdout!.end('last of stdout', resolve));
    session.stderr!.write('still');
    expect((await client.message()).toString()).toBe('\u0001last of stdout');
    expect((await client.message()).toString()).toBe('\u0002still');
    await session.finish(success);
    expect((await client.message())[0]).toBe(3);
  });

  it('is finished though the provider destroyed its streams', async () => {
    const { client, session } = await exec('v4.channel.k8s.io');
    session.stdout!.destroy(new Error('mine'));
    session.stdin!.destroy();
    client.webSocket.send(Buffer.from('\0nobody reads this'));
    await client.message();
    await session.finish(failure);
    expect((await client.message())[0]).toBe(3);
    expect((await client.closed).code).toBe(1000);
  });

  it('leaves writing after its end to the writer, as an error', async () => {
    const { session } = await exec('v4.channel.k8s.io');
    await session.finish(success);
    const error = await new Promise((resolve) => session.stdout!.write('late', resolve));
    expect(error).toBeInstanceOf(Error);
  });
});
