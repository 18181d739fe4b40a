import { afterEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { pods } from '../../../src/kube/resources.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { pod } from './harness.js';

const stack: AsyncDisposable[] = [];

afterEach(async () => {
  for (const disposable of stack.splice(0).reverse()) await disposable[Symbol.asyncDispose]();
});

async function idle(bookmarkIntervalMs: number) {
  const clock = new ManualClock();
  const server = new FakeApiServer({ tls: false, clock, bookmarkIntervalMs });
  stack.push(server);
  await server.start();
  const client = new KubeClient(staticConnection(server.url), { clock });
  stack.push(client);
  const { resourceVersion: _, ...metadata } = pod('a', '1').metadata;
  await client.create(pods, { metadata, spec: { containers: [{ name: 'main', image: 'image' }] } });
  const reflector = new Reflector(client, pods, { clock });
  stack.push(reflector);
  reflector.start();
  await reflector.waitForSync();
  return { clock, server, reflector };
}

describe('an idle hour', () => {
  it.each([
    [60_000, 60, 91],
    [20_000, 2, 5],
  ])('with bookmarks every %i ms costs %i to %i watches, and never a list', async (bookmarkMs, atLeast, atMost) => {
    const { clock, server, reflector } = await idle(bookmarkMs);
    const watches = server.requests.count({ verb: 'watch' });
    const all = server.requests.count();
    let stale = 0;
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(60_000);
      if (!reflector.isFresh) stale += 1;
    }
    expect(stale).toBe(0);
    const opened = server.requests.count({ verb: 'watch' }) - watches;
    expect(opened).toBeGreaterThanOrEqual(atLeast);
    expect(opened).toBeLessThanOrEqual(atMost);
    expect(server.requests.count() - all).toBe(opened);
  });
});
