import { expect, it } from 'vitest';
import { KubeClient } from '../../src/kube/client.js';
import { staticConnection } from '../../src/kube/connection.js';
import { pods } from '../../src/kube/resources.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { MemoryProvider } from '../controller/pods/memory-provider.js';

const dayMs = 86_400_000;

it('an idle node with 1,000 pods makes in 24 hours its lease’s renewals, its status and its watches, and nothing else', async () => {
  const clock: ManualClock = new ManualClock({ settle: (): Promise<void> => server.idle() });
  const server: FakeApiServer = new FakeApiServer({ tls: false, clock });
  await server.start();
  const client = new KubeClient(staticConnection(server.url), { clock });
  const node = new VirtualNode('edge-1', new MemoryProvider(), client, { clock });
  try {
    for (let index = 0; index < 1_000; index += 1) {
      await server.client.create(pods, {
        metadata: { namespace: 'default', name: `pod-${index}` },
        spec: { nodeName: 'edge-1', containers: [{ name: 'c', image: 'i' }] },
      });
    }
    await node.start();
    await clock.runUntil(() => server.objects(pods).every(({ status }) => status?.phase === 'Running'));
    // Events are written beside the work, and there are as many as pods.
    await clock.runUntil(() => server.requests.count({ verb: 'create', resource: 'events' }) > 1_000);
    await clock.advance(120_000);

    const before = counts(server);
    await clock.advance(dayMs);
    const made = counts(server).map((count, index) => count - (before[index] ?? 0));
    const [renewals = 0, statuses = 0, watches = 0, , others] = made;

    expect(others).toBe(0);
    // Every 10 s and up to 4 % more; about every 5 min; 40 to 50 s, which proves that a silent watch lives.
    expect(renewals).toBeGreaterThan(dayMs / 10_500);
    expect(renewals).toBeLessThanOrEqual(dayMs / 10_000);
    expect(statuses).toBeGreaterThan(270);
    expect(statuses).toBeLessThanOrEqual(dayMs / 280_000);
    expect(watches).toBeLessThanOrEqual(dayMs / 39_000);
  } finally {
    const closed = node.close({ graceMs: 0 });
    let done = false;
    void closed.then(() => (done = true));
    await clock.runUntil(() => done);
    await client.close();
    await server.stop();
  }
}, 240_000);

/** Lease renewals, node statuses, watches of pods and of services (the more first), and everything else. */
function counts({ requests }: FakeApiServer): number[] {
  const known = [
    requests.count({ resource: 'leases' }),
    requests.count({ resource: 'nodes/status' }),
    Math.max(...['pods', 'services'].map((resource) => requests.count({ verb: 'watch', resource }))),
    Math.min(...['pods', 'services'].map((resource) => requests.count({ verb: 'watch', resource }))),
  ];
  return [...known, requests.count() - known.reduce((sum, count) => sum + count, 0)];
}
