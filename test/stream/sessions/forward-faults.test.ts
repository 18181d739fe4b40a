/**
 * A client that is lost at each point of a port-forward, in each way, over each transport: the server's side ends within a
 * bound, and so do the calls of the provider. That nothing is left open is seen to by `test/setup/no-leaks.ts`.
 */
import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../eventually.js';
import { cuts, cuttableProxy } from './cuttable-proxy.js';
import {
  dialForward,
  dialTunnel,
  overChannels,
  overSpdy,
  type ForwardClient,
  type ForwardDialer,
} from './forward-client.js';
import { boundOf, closing, limits, sessionClock, watch } from './losing.js';
import { SessionScene, type ForwardScript } from './scene.js';

const clock = sessionClock();
const scene = await SessionScene.start({ ...limits, clock });

const transports: readonly (readonly [string, ForwardDialer])[] = [
  ['SPDY', overSpdy(dialForward)],
  ['the tunnel', overSpdy(dialTunnel)],
  ['WebSocket channels', overChannels],
];

async function endlessOutput(connection: Duplex): Promise<void> {
  const chunk = Buffer.alloc(65_536, 'y');
  const endless = new Readable({ read: () => void endless.push(chunk) });
  await pipeline(endless, connection);
}

interface Point {
  readonly when: string;
  readonly script: ForwardScript;
  /** Brings the connection there. */
  readonly reach: (client: ForwardClient) => Promise<unknown>;
}

const echo: ForwardScript = (connection) => pipeline(connection, connection);

const points: readonly Point[] = [
  { when: 'before a byte', script: echo, reach: () => Promise.resolve() },
  {
    when: 'between two bytes',
    script: echo,
    reach: async (client) => {
      client.write(Buffer.from('hello'));
      await client.received(5);
    },
  },
  {
    when: 'in the middle of what the pod does not read',
    script: async (connection, { signal }) => {
      connection.write('ready');
      await once(signal, 'abort');
    },
    reach: async (client) => {
      for (let chunk = 0; chunk < 40; chunk += 1) client.write(Buffer.alloc(65_536));
      await client.received(5);
    },
  },
  { when: 'in the middle of what the pod sends', script: endlessOutput, reach: (client) => client.received(1_000_000) },
  {
    when: 'while it does not read what the pod sends',
    script: endlessOutput,
    reach: async (client) => {
      await client.received(1);
      client.stopReading();
    },
  },
  {
    when: 'while it does not read the last that the pod sent',
    script: async (connection) => {
      connection.resume().end(Buffer.alloc(16 * 1_048_576));
    },
    reach: async (client) => {
      await client.received(1);
      client.stopReading();
    },
  },
];

let port = 20_000;

describe.each(transports)('a port-forward over %s whose client is lost', (_, dial) => {
  const cases = points.flatMap((point) => cuts.map((how) => ({ ...point, how })));

  it.each(cases)('by $how $when: ends in time, and the provider’s call with it', async ({ script, reach, how }) => {
    port += 1;
    let ended = (): boolean => false;
    scene.forward(port, (connection, context) => {
      const result = script(connection, context, port);
      ended = watch(result);
      return result;
    });
    const proxy = await cuttableProxy(scene.target.port);
    const client = await dial({ ...scene.target, port: proxy.port }, port);
    await reach(client);
    proxy.cut(how);
    expect(await closing(proxy, clock)).toBeLessThanOrEqual(boundOf(how));
    await eventually('the call has ended', ended);
    client.read();
    expect(await client.ended).toBe('');
  });
});

describe('a port-forward over SPDY whose client is lost', () => {
  const few = ['nothing', 'an error stream'].flatMap((opened) => cuts.map((how) => ({ opened, how })));

  it.each(few)('by $how with $opened open: ends in time', async ({ opened, how }) => {
    const proxy = await cuttableProxy(scene.target.port);
    const connection = await dialForward({ ...scene.target, port: proxy.port });
    const headers = { streamtype: ['error'], port: ['80'], requestid: ['1'] };
    if (opened !== 'nothing') await connection.openStream(headers);
    proxy.cut(how);
    expect(await closing(proxy, clock)).toBeLessThanOrEqual(boundOf(how));
  });
});

describe.each(transports)('a port-forward over %s', (_, dial) => {
  it('says that the server ends', async () => {
    const own = await SessionScene.start(limits);
    own.forward(80, echo);
    const client = await dial(own.target, 80);
    client.write(Buffer.from('hello'));
    await client.received(5);
    await own.close(1_000);
    expect(await client.ended).toMatch(/^error forwarding port 80 to pod default\/web, uid uid-web: .*shutting down/);
  });
});

describe('a port-forward over WebSocket channels', () => {
  it('kubelet-protocol §4: says why a connection failed', async () => {
    const client = await overChannels(scene.target, 9);
    expect(await client.ended).toBe(
      'error forwarding port 9 to pod default/web, uid uid-web: connect ECONNREFUSED 127.0.0.1:9',
    );
  });
});
