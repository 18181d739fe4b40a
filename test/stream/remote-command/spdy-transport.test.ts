import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../src/stream/spdy/frame-decoder.js';
import { defaultSpdyLimits } from '../../../src/stream/spdy/limits.js';
import { SpdyConnection } from '../../../src/stream/spdy/spdy-connection.js';
import { dialSpdy, execOverSpdy, statusOf, v4 } from '../sessions/exec-client.js';
import { SessionScene, upgrade } from '../sessions/scene.js';
import { readAll } from '../spdy/peers.js';

const scene = await SessionScene.start({ creationTimeoutMs: 300, lingerMs: 2_000 });

const base = { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' };
const listed = 'X-Stream-Protocol-Version';

/** What a client gets that offers these protocols. */
async function negotiated(offered: string | string[]) {
  const path = scene.exec('true', () => Promise.resolve(0), 'output=1');
  const answer = await upgrade(scene.target, path, { ...base, [listed]: offered });
  if ('socket' in answer) answer.socket.destroy();
  return answer;
}

describe('the upgrade to SPDY', () => {
  it.each([
    ['v4.channel.k8s.io', ['v4.channel.k8s.io']],
    ['v4.channel.k8s.io', ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io']],
    ['v4.channel.k8s.io', ['v5.channel.k8s.io, v4.channel.k8s.io,v3.channel.k8s.io']],
    ['v2.channel.k8s.io', ['v2.channel.k8s.io', 'v4.channel.k8s.io']],
    ['channel.k8s.io', ['v9.channel.k8s.io', 'channel.k8s.io']],
  ])('kubelet-protocol §1: answers 101 with %s alone, the first that it knows of %j', async (chosen, offered) => {
    const answer = await negotiated(offered);
    expect(answer).not.toHaveProperty('status');
    expect(answer.headers).toMatchObject({ connection: 'Upgrade', upgrade: 'SPDY/3.1' });
    expect(answer.headers['x-stream-protocol-version']).toBe(chosen);
  });

  it('kubelet-protocol §1: is refused with 403, and what is supported, when nothing on offer is known', async () => {
    expect(await negotiated('v5.channel.k8s.io')).toMatchObject({
      status: 403,
      headers: {
        'x-accepted-stream-protocol-versions':
          'v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io, channel.k8s.io',
      },
    });
  });

  it('kubelet-protocol §1: is refused with 400 when the client offers no protocol', async () => {
    const path = scene.exec('true', () => Promise.resolve(0), 'output=1');
    expect(await upgrade(scene.target, path, base)).toMatchObject({
      status: 400,
      body: expect.stringContaining('X-Stream-Protocol-Version') as string,
    });
    expect(await negotiated(' , ')).toMatchObject({ status: 400 });
  });

  it('is refused with 400 for another protocol', async () => {
    const path = scene.exec('true', () => Promise.resolve(0), 'output=1');
    expect(await upgrade(scene.target, path, { Connection: 'Upgrade', Upgrade: 'h2c' })).toMatchObject({ status: 400 });
  });

  it('kubelet-protocol §1: is refused with 400 when the query asks for no stream', async () => {
    const path = scene.exec('true', () => Promise.resolve(0), 'tty=1');
    expect(await upgrade(scene.target, path, v4)).toMatchObject({
      status: 400,
      body: expect.stringContaining('you must specify at least 1 of stdin, stdout, stderr') as string,
    });
  });
});

describe('exec over SPDY', () => {
  it('kubelet-protocol §2: takes streams for what they say, in whatever order they come', async () => {
    const path = scene.exec('cat', async ({ stdin, stdout }) => {
      for await (const chunk of stdin ?? []) stdout?.write(chunk);
      return 7;
    });
    const connection = await dialSpdy(scene.target, path);
    const stderr = await connection.openStream({ streamtype: ['stderr'] });
    const stdout = await connection.openStream({ streamtype: ['stdout'] });
    const stdin = await connection.openStream({ streamtype: ['stdin'] });
    stdin.end('early');
    const error = await connection.openStream({ streamtype: ['error'] });
    expect(String(await readAll(stdout))).toBe('early');
    expect(await readAll(stderr)).toHaveLength(0);
    expect(JSON.parse(String(await readAll(error)))).toMatchObject({ reason: 'NonZeroExitCode' });
  });

  it('refuses a stream that there is already, that was not asked for, and that nobody knows', async () => {
    const path = scene.exec('none', () => Promise.resolve(0), 'output=1');
    const connection = await dialSpdy(scene.target, path);
    await connection.openStream({ streamtype: ['error'] });
    for (const streamtype of [['error'], ['stdin'], ['resize'], ['data'], ['__proto__'], []]) {
      await expect(connection.openStream({ streamtype })).rejects.toMatchObject({
        code: 'Aborted',
        message: expect.stringContaining('RefusedStream') as string,
      });
    }
    expect(await readAll(await connection.openStream({ streamtype: ['stdout'] }))).toHaveLength(0);
  });

  it('kubelet-protocol §2: ends the connection when the streams do not come in time, and asks nothing of the provider', async () => {
    let asked = false;
    const path = scene.exec('never', () => Promise.resolve(asked ? 0 : Number((asked = true))));
    const connection = await dialSpdy(scene.target, path);
    await connection.openStream({ streamtype: ['error'] });
    await connection.openStream({ streamtype: ['stdin'] });
    await connection.closed;
    expect(asked).toBe(false);
  });

  it.each([
    ['v4.channel.k8s.io', '{"metadata":{},"status":"Success"}'],
    ['v3.channel.k8s.io', ''],
    ['v2.channel.k8s.io', ''],
    ['channel.k8s.io', ''],
  ])('kubelet-protocol §3: tells of success over %s by "%s"', async (protocol, text) => {
    const path = scene.exec('true', () => Promise.resolve(0), 'output=1');
    const connection = await dialSpdy(scene.target, path, { ...v4, [listed]: protocol });
    const error = await connection.openStream({ streamtype: ['error'] });
    await connection.openStream({ streamtype: ['stdout'] });
    expect(String(await readAll(error))).toBe(text);
  });

  it.each(['v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'])(
    'kubelet-protocol §3: tells of a failure over %s by its text',
    async (protocol) => {
      const path = scene.exec('false', () => Promise.resolve(1), 'output=1');
      const connection = await dialSpdy(scene.target, path, { ...v4, [listed]: protocol });
      const error = await connection.openStream({ streamtype: ['error'] });
      await connection.openStream({ streamtype: ['stdout'] });
      expect(String(await readAll(error))).toMatch(/^command terminated with non-zero exit code/);
    },
  );

  it('kubelet-protocol §3: has no resize stream before version 3', async () => {
    const path = scene.exec('tty', ({ tty, resize }) => Promise.resolve(tty && !resize ? 0 : 1), 'output=1&tty=1');
    const connection = await dialSpdy(scene.target, path, { ...v4, [listed]: 'v2.channel.k8s.io' });
    const error = await connection.openStream({ streamtype: ['error'] });
    await expect(connection.openStream({ streamtype: ['resize'] })).rejects.toMatchObject({ code: 'Aborted' });
    await connection.openStream({ streamtype: ['stdout'] });
    expect(String(await readAll(error))).toBe('');
  });

  it('kubelet-protocol §3: hands over sizes of the terminal, and one output for a terminal', async () => {
    const path = scene.exec(
      'size',
      async ({ resize, stderr, stdout }) => {
        for await (const { width, height } of resize ?? []) {
          stdout?.write(`${width}x${height} ${typeof stderr}`);
          return 0;
        }
        return 1;
      },
      'input=1&output=1&error=1&tty=1',
    );
    const connection = await dialSpdy(scene.target, path);
    await connection.openStream({ streamtype: ['error'] });
    await connection.openStream({ streamtype: ['stdin'] });
    const stdout = await connection.openStream({ streamtype: ['stdout'] });
    const resize = await connection.openStream({ streamtype: ['resize'] });
    resize.write('{"Width":120,');
    resize.write('"Height":40}\n');
    expect(String(await readAll(stdout))).toBe('120x40 undefined');
  });

  it('kubelet-protocol §2: a FIN on stdin is the end of the input while output goes on', async () => {
    const path = scene.exec('wc', async ({ stdin, stdout }) => {
      let bytes = 0;
      for await (const chunk of stdin ?? []) bytes += (chunk as Buffer).length;
      await nextTurn();
      stdout?.write(String(bytes));
      return 0;
    });
    const client = await execOverSpdy(scene.target, path);
    client.stdin.write('x'.repeat(300_000));
    client.stdin.end();
    const end = await client.ended;
    expect(end).toMatchObject({ stdout: '300000', inOrder: true });
    expect(statusOf(end).status).toBe('Success');
  });

  it('kubelet-protocol §3: ends the output, then gives the status, then leaves, and waits for the client to leave', async () => {
    const path = scene.exec('say', async ({ stdout, stderr }) => {
      stdout?.write('out');
      stderr?.write('err');
      return 0;
    });
    const answer = await upgrade(scene.target, path, v4);
    if (!('socket' in answer)) throw new Error(answer.body);
    const decoder = new FrameDecoder(defaultSpdyLimits);
    const frames: string[] = [];
    const note = (bytes: Buffer): void => {
      for (const frame of decoder.decode(bytes)) {
        if (frame.type === 'goAway') frames.push('goAway');
        if (frame.type === 'data' && frame.payload.length > 0)
          frames.push(`${types[frame.id]}: ${String(frame.payload)}`);
        if (frame.type === 'data' && frame.fin) frames.push(`${types[frame.id]} ends`);
      }
    };
    note(answer.head);
    answer.socket.on('data', note);
    const connection = new SpdyConnection(answer.socket, { role: 'client', head: answer.head });
    const types: Record<number, string> = {};
    for (const type of ['error', 'stdin', 'stdout', 'stderr']) {
      const stream = await connection.openStream({ streamtype: [type] });
      types[stream.id] = type;
      stream.resume();
    }
    await connection.closed;
    const of = (type: string): string[] => frames.slice(0, 4).filter((frame) => frame.startsWith(type));
    expect(of('stdout')).toEqual(['stdout: out', 'stdout ends']);
    expect(of('stderr')).toEqual(['stderr: err', 'stderr ends']);
    expect(frames.slice(4)).toEqual([
      'error: {"metadata":{},"status":"Success"}',
      'error ends',
      'stdin ends',
      'goAway',
    ]);
  });

  it('kubelet-protocol §3: loses nothing to a client that reads late', async () => {
    const size = 4 * 1_048_576;
    const path = scene.exec('yes', async ({ stdout }) => {
      const chunk = Buffer.alloc(65_536, 'y');
      for (let sent = 0; sent < size; sent += chunk.length) {
        if (stdout?.write(chunk) === false) await once(stdout, 'drain');
      }
      return 0;
    });
    const client = await execOverSpdy(scene.target, path);
    client.stopReading();
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    client.read();
    const end = await client.ended;
    expect(end.stdout).toHaveLength(size);
    expect(statusOf(end).status).toBe('Success');
  });

  it('serves attach by the same rules', async () => {
    scene.exec('main', async ({ stdout }) => {
      stdout?.write('attached');
      throw new Error('gone');
    });
    const client = await execOverSpdy(scene.target, '/attach/default/web/main?output=1');
    const end = await client.ended;
    expect(end.stdout).toBe('attached');
    expect(statusOf(end).message).toBe('Internal error occurred: error attaching to container: gone');
  });
});
