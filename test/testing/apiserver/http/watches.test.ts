import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMaps, pods } from '../../../../src/kube/resources.js';
import type { ConfigMap } from '../../../../src/kube/types.js';
import { FakeApiServer } from '../../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../../src/testing/manual-clock.js';
import { eventually, simplePod } from '../../support/objects.js';

interface Line {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly code?: number;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly columnDefinitions?: readonly object[] | null;
  };
}

const path = '/api/v1/namespaces/default/configmaps';
let server: FakeApiServer;
let clock: ManualClock;
const open: AbortController[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  server = new FakeApiServer({ tls: false, clock, watchBacklog: 50 });
  await server.start();
});
afterEach(async () => {
  for (const controller of open.splice(0)) controller.abort();
  await server.stop();
});

async function watch(query: string, accept = 'application/json'): Promise<{ readonly lines: Line[]; ended: boolean }> {
  const controller = new AbortController();
  open.push(controller);
  const url = `${server.url}${path}?watch=true&${query}`;
  const response = await fetch(url, { headers: { accept }, signal: controller.signal });
  const state: { lines: Line[]; ended: boolean } = { lines: [], ended: false };
  let rest = '';
  void (async () => {
    for await (const chunk of response.body ?? []) {
      const parts = (rest + Buffer.from(chunk as Uint8Array).toString()).split('\n');
      rest = parts.pop() ?? '';
      state.lines.push(...parts.map((part) => JSON.parse(part) as Line));
    }
    state.ended = true;
  })().catch(() => {
    state.ended = true;
  });
  return state;
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { metadata: { namespace: 'default', name }, data };
}

describe('a watch', () => {
  it('tells what there is and what comes after, in order', async () => {
    await server.client.create(configMaps, configMap('a'));
    const seen = await watch('');
    await server.client.create(configMaps, configMap('b'));
    await server.client.delete(configMaps, { namespace: 'default', name: 'a' });
    await eventually(() => seen.lines.length === 4);
    expect(seen.lines.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ['ADDED', 'a'],
      ['ADDED', 'kube-root-ca.crt'],
      ['ADDED', 'b'],
      ['DELETED', 'a'],
    ]);
  });

  it('gets a bookmark of the newest revision each minute', async () => {
    const seen = await watch(`allowWatchBookmarks=true&resourceVersion=${server.resourceVersion}`);
    await server.client.create(pods, simplePod('elsewhere'));
    await clock.advance(60_000);
    await eventually(() => seen.lines.length === 1);
    expect(seen.lines[0]).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { resourceVersion: server.resourceVersion } },
    });
  });

  it('begins with a streaming list where asked to, marked at its end', async () => {
    const seen = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    await eventually(() => seen.lines.length === 2);
    expect(seen.lines.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(seen.lines[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    const response = await fetch(`${server.url}${path}?watch=true&sendInitialEvents=true`);
    expect(response.status).toBe(422);
  });

  it('ends in good order after timeoutSeconds, and by itself within the hour', async () => {
    const short = await watch('timeoutSeconds=7');
    const long = await watch('');
    await clock.advance(7_000);
    await eventually(() => short.ended);
    expect(long.ended).toBe(false);
    await clock.advance(3_600_000);
    await eventually(() => long.ended);
    expect(server.watchCount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('from a forgotten revision is told 410 in the stream, and from none at all 400', async () => {
    const { resourceVersion } = server;
    await server.client.create(configMaps, configMap('a'));
    server.compact();
    const seen = await watch(`resourceVersion=${resourceVersion}`);
    await eventually(() => seen.ended);
    expect(seen.lines).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410 } }]);
    expect((await fetch(`${server.url}${path}?watch=true&resourceVersion=x`)).status).toBe(400);
  });

  it('shows tables, the columns once', async () => {
    const seen = await watch('', 'application/json;as=Table;v=v1;g=meta.k8s.io');
    await server.client.create(configMaps, configMap('b'));
    await eventually(() => seen.lines.length === 2);
    expect(seen.lines.map(({ object }) => object.columnDefinitions?.length ?? 0)).toEqual([3, 0]);
  });

  it('of a client that has gone leaves nothing behind', async () => {
    await watch('allowWatchBookmarks=true');
    expect(server.watchCount).toBe(1);
    open[0]?.abort();
    await eventually(() => server.watchCount === 0);
    expect(clock.pending).toBe(0);
  });
});

describe('a slow watcher', () => {
  async function stopped(query: string): Promise<Socket> {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET ${path}?watch=true&${query} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await eventually(() => server.watchCount === 1);
    socket.pause();
    return socket;
  }
  const large = 'x'.repeat(500_000);

  it('is cut off once too many events wait for it, and costs no memory after that', async () => {
    const socket = await stopped(`resourceVersion=${server.resourceVersion}`);
    let writes = 0;
    while (server.watchCount > 0 && writes < 200) {
      await server.client.create(configMaps, configMap(`c${writes}`, { large }));
      writes += 1;
    }
    expect(server.watchCount).toBe(0);
    expect(writes).toBeGreaterThan(50);
    socket.destroy();
  });

  it('is not cut off for what there was when it came, however much', async () => {
    for (let index = 0; index < 100; index += 1) {
      await server.client.create(configMaps, configMap(`c${index}`, { large: large.slice(0, 200_000) }));
    }
    const socket = await stopped('');
    await server.client.create(configMaps, configMap('after'));
    let received = '';
    socket.on('data', (chunk: Buffer) => (received = (received + chunk.toString()).slice(-2_000)));
    socket.resume();
    await eventually(() => received.includes('"name":"after"'));
    expect(server.watchCount).toBe(1);
    socket.destroy();
    await eventually(() => server.watchCount === 0);
  });
});

it('P10: an event is serialised once, however many watch', async () => {
  const watchers = await Promise.all(
    Array.from({ length: 40 }, () => watch(`resourceVersion=${server.resourceVersion}`)),
  );
  await eventually(() => server.watchCount === 40);
  const stringify = JSON.stringify;
  let serialised = 0;
  JSON.stringify = ((...args: Parameters<typeof stringify>) => {
    const text = stringify(...args) as string | undefined;
    if (text?.includes('once-only') && text.startsWith('{')) serialised += 1;
    return text;
  }) as typeof stringify;
  try {
    await server.client.create(configMaps, configMap('once-only'));
    await eventually(() => watchers.every(({ lines }) => lines.length === 1));
  } finally {
    JSON.stringify = stringify;
  }
  // Once by the client that creates it, once by the server.
  expect(serialised).toBeLessThanOrEqual(2);
});
