/**
 * A client that is lost at each point of an exec, in each way, over each transport: the server's side ends within a bound,
 * the provider is told, and nobody is told of a success that did not happen. That nothing is left open is seen to by
 * `test/setup/no-leaks.ts`.
 */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { AttachIO } from '../../../src/provider/provider.js';
import { cuts, cuttableProxy } from './cuttable-proxy.js';
import {
  dialSpdy,
  execOverSpdy,
  execOverWebSocket,
  statusOf,
  type ExecClient,
  type ExecDialer,
} from './exec-client.js';
import { boundOf, closing, limits, sessionClock, watch } from './losing.js';
import { SessionScene, type Script } from './scene.js';

const clock = sessionClock();
const scene = await SessionScene.start({ ...limits, clock });

const transports: readonly (readonly [string, ExecDialer])[] = [
  ['SPDY', execOverSpdy],
  ['WebSocket', execOverWebSocket],
];

/** As much output as the client takes, until it has gone. */
async function endlessOutput({ stdout }: AttachIO): Promise<void> {
  const chunk = Buffer.alloc(65_536, 'y');
  const endless = new Readable({ read: () => void endless.push(chunk) });
  if (stdout) await pipeline(endless, stdout).catch(() => undefined);
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

interface Point {
  readonly when: string;
  readonly script: Script;
  /** Brings the session there. */
  readonly reach: (client: ExecClient) => Promise<unknown>;
  /** The command has ended by itself. */
  readonly resolved?: true;
}

const points: readonly Point[] = [
  {
    when: 'while the command waits',
    script: async ({ stdout }, { signal }) => {
      stdout?.write('ready');
      await untilAborted(signal);
      return 0;
    },
    reach: (client) => client.received(5),
  },
  {
    when: 'after the end of its input',
    script: async ({ stdin, stdout }, { signal }) => {
      for await (const chunk of stdin ?? []) stdout?.write(chunk);
      await untilAborted(signal);
      return 0;
    },
    reach: async (client) => {
      client.stdin.write('input');
      client.stdin.end();
      await client.received(5);
    },
  },
  {
    when: 'in the middle of input that the command reads',
    script: async ({ stdin, stdout }) => {
      for await (const chunk of stdin ?? []) stdout?.write(chunk);
      return 0;
    },
    reach: async (client) => {
      client.stdin.write('input');
      await client.received(5);
    },
  },
  {
    when: 'in the middle of input that nobody reads',
    script: async ({ stdout }, { signal }) => {
      stdout?.write('ready');
      await untilAborted(signal);
      return 0;
    },
    reach: async (client) => {
      for (let chunk = 0; chunk < 40; chunk += 1) client.stdin.write('x'.repeat(65_536));
      await client.received(5);
    },
  },
  {
    when: 'in the middle of its output',
    script: async (io) => {
      await endlessOutput(io);
      return 0;
    },
    reach: (client) => client.received(1_000_000),
  },
  {
    when: 'while its output is held up',
    script: async (io) => {
      await endlessOutput(io);
      return 0;
    },
    reach: async (client) => {
      await client.received(1);
      client.stopReading();
    },
  },
  {
    when: 'with its command at an end and the output held up',
    script: async ({ stdout }) => {
      stdout?.write('ready');
      stdout?.write(Buffer.alloc(16 * 1_048_576));
      return 0;
    },
    reach: async (client) => {
      await client.received(5);
      client.stopReading();
    },
    resolved: true,
  },
  {
    when: 'after its status',
    script: () => Promise.resolve(0),
    reach: (client) => client.gotStatus,
    resolved: true,
  },
];

let commands = 0;

describe.each(transports)('an exec over %s whose client is lost', (_, dial) => {
  const cases = points.flatMap((point) => cuts.map((how) => ({ ...point, how })));

  it.each(cases)('by $how $when: ends in time, tells the provider, and lies to nobody', async (point) => {
    commands += 1;
    let ended = (): boolean => false;
    const path = scene.exec(`command ${commands}`, (io, context) => {
      const result = point.script(io, context);
      ended = watch(result);
      return result;
    });
    const proxy = await cuttableProxy(scene.target.port);
    const client = await dial({ ...scene.target, port: proxy.port }, path);
    await point.reach(client);
    proxy.cut(point.how);
    expect(await closing(proxy, clock)).toBeLessThanOrEqual(boundOf(point.how));
    expect(ended()).toBe(true);
    client.read();
    if (point.when !== 'after its status') expect((await client.ended).error).not.toContain('Success');
  });
});

describe('an exec over SPDY whose client is lost', () => {
  const few = [0, 1, 3].flatMap((streams) => cuts.map((how) => ({ streams, how })));

  it.each(few)(
    'by $how with $streams of 4 streams: ends in time, and asks nothing of the provider',
    async ({ streams, how }) => {
      let asked = false;
      const path = scene.exec('unasked', () => {
        asked = true;
        return Promise.resolve(0);
      });
      const proxy = await cuttableProxy(scene.target.port);
      const connection = await dialSpdy({ ...scene.target, port: proxy.port }, path);
      for (const type of ['error', 'stdin', 'stdout'].slice(0, streams))
        await connection.openStream({ streamtype: [type] });
      proxy.cut(how);
      expect(await closing(proxy, clock)).toBeLessThanOrEqual(limits.creationTimeoutMs);
      expect(asked).toBe(false);
    },
  );
});

const throwing: readonly { readonly when: string; readonly script: Script; readonly stdout: number }[] = [
  {
    when: 'at once',
    script: () => {
      throw new Error('out of order');
    },
    stdout: 0,
  },
  { when: 'later', script: () => Promise.reject(new Error('out of order')), stdout: 0 },
  {
    when: 'after the end of the input',
    script: async ({ stdin, stdout }) => {
      for await (const chunk of stdin ?? []) stdout?.write(chunk);
      throw new Error('out of order');
    },
    stdout: 5,
  },
  {
    when: 'after output that waits to be sent',
    script: async ({ stdout }) => {
      stdout?.write(Buffer.alloc(3_000_000));
      throw new Error('out of order');
    },
    stdout: 3_000_000,
  },
];

describe.each(transports)('an exec over %s whose provider fails', (_, dial) => {
  it.each(throwing)('$when: sends the output, and why', async ({ script, stdout }) => {
    const client = await dial(scene.target, scene.exec('failing', script));
    client.stdin.write('input');
    client.stdin.end();
    const end = await client.ended;
    expect(end.stdout).toHaveLength(stdout);
    expect(statusOf(end)).toMatchObject({
      status: 'Failure',
      reason: 'InternalError',
      message: 'Internal error occurred: error executing command in container: out of order',
    });
    expect(end.inOrder).toBe(true);
  });

  it('by never coming back after its client: is given up', async () => {
    const path = scene.exec('hanging', () => new Promise(() => undefined));
    const proxy = await cuttableProxy(scene.target.port);
    await dial({ ...scene.target, port: proxy.port }, path);
    proxy.cut('reset');
    expect(await closing(proxy, clock)).toBeLessThanOrEqual(boundOf('reset'));
  });
});

describe.each(transports)('an exec over %s whose server ends', (_, dial) => {
  const running = points.filter(({ resolved }) => !resolved);

  it.each(running)('$when: fails, and says so', async ({ script, reach }) => {
    const own = await SessionScene.start(limits);
    const client = await dial(own.target, own.exec('any', script));
    await reach(client);
    const closed = own.close(1_000);
    client.read();
    const end = await client.ended;
    await closed;
    expect(statusOf(end)).toMatchObject({ status: 'Failure', reason: 'InternalError' });
    expect(end.inOrder).toBe(true);
  });
});
