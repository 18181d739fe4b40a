import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { events, nodes, pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import { podRef } from '../../../src/provider/provider.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Cloud, CloudProvider } from './cloud-provider.js';

const minute = 60_000;
const nodeName = 'cloud-1';

describe('a VirtualNode whose provider uses a PodsTracker', () => {
  let clock: ManualClock;
  let server: FakeApiServer;
  let client: KubeClient;
  let cloud: Cloud;
  let provider: CloudProvider;
  let node: VirtualNode;

  beforeEach(async () => {
    clock = new ManualClock({ settle: (): Promise<void> => server.idle() });
    server = new FakeApiServer({ tls: false, clock });
    await server.start();
    client = new KubeClient(staticConnection(server.url), { clock });
    cloud = new Cloud();
  });

  afterEach(async () => {
    await closeNode();
    await client.close();
    await server.stop();
  });

  async function startNode(danglingIntervalMs = Infinity): Promise<void> {
    provider = new CloudProvider(cloud, () => clock.now(), { clock, random: () => 0 });
    node = new VirtualNode(nodeName, provider, client, { clock, pods: { danglingIntervalMs } });
    await node.start();
    await clock.runUntil(() => node.status.pods?.phase === 'running');
  }

  async function closeNode(): Promise<void> {
    let done = false;
    void node.close({ graceMs: 0 }).then(() => (done = true));
    await clock.runUntil(() => done);
  }

  async function create(name: string): Promise<Pod> {
    return server.client.create(pods, {
      metadata: { namespace: 'default', name },
      spec: { nodeName, containers: [{ name: 'c', image: 'i' }] },
    });
  }

  function pod(name = 'web'): Pod | undefined {
    return server.objects(pods).find(({ metadata }) => metadata.name === name);
  }

  const runs =
    (name = 'web') =>
    (): boolean =>
      pod(name)?.status?.phase === 'Running';

  it('shows a pod as its backend has it, though nobody told of it', async () => {
    await startNode();
    await create('web');
    await clock.runUntil(runs(), { limitMs: 20_000 });
    expect(pod()?.status).toMatchObject({ podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] });
  });

  it('upstream §5 do better: keeps what others wrote into a status: QoS class, addresses, conditions', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    const foreign = { type: 'example.com/checked', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const initContainerStatuses = [
      { name: 'init', image: 'i', imageID: '', ready: true, restartCount: 0, state: { terminated: { exitCode: 0 } } },
    ];
    const at = { namespace: 'default', name: 'web' };
    const patch = { status: { qosClass: 'BestEffort', initContainerStatuses, conditions: [foreign] } };
    await server.client.patch(pods, at, 'strategic', patch, { subresource: 'status' });
    const group = cloud.groups.get(web.metadata.uid ?? '');
    if (group === undefined) throw new Error('no group');
    // As a backend tells it that knows nothing of them.
    group.status = { phase: 'Running', message: 'moved', conditions: [{ type: 'Ready', status: 'True' }] };
    await clock.runUntil(() => pod()?.status?.message === 'moved');
    expect(pod()?.status).toMatchObject({
      qosClass: 'BestEffort',
      podIPs: [{ ip: '10.1.2.3' }],
      initContainerStatuses: [{ name: 'init', state: { terminated: { exitCode: 0 } } }],
    });
    expect(pod()?.status?.conditions?.find(({ type }) => type === foreign.type)).toMatchObject({ status: 'True' });
  });

  it('upstream §5: shows at once what the provider says of one pod', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    expect(provider.tracker.updatePodStatus(podRef(web), (status) => void (status.message = 'quota reached'))).toBe(
      true,
    );
    await clock.runUntil(() => pod()?.status?.message === 'quota reached', { limitMs: 1_000 });
  });

  it('upstream §5: writes what happened in the backend as Events about the pod, once', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    const told = { at: clock.now(), type: 'Warning' as const, reason: 'SpotReclaimed', message: 'in two minutes' };
    cloud.events.set(web.metadata.uid ?? '', [told]);
    await clock.advance(10 * minute);
    const written = server.objects(events).filter(({ reason }) => reason === 'SpotReclaimed');
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({ type: 'Warning', involvedObject: { name: 'web', uid: web.metadata.uid } });
    expect(written[0]?.count ?? 1).toBe(1);
  });

  it('upstream §7, theme 4: shows that a pod’s backend object was deleted behind our back', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    cloud.groups.delete(web.metadata.uid ?? '');
    await clock.runUntil(() => pod()?.status?.phase === 'Failed', { limitMs: 2 * minute });
    expect(pod()?.status?.reason).toBe('NotFound');
  });

  it('upstream §5: removes from the backend what a pod without its object left there, and nothing else', async () => {
    await startNode();
    for (const name of ['web', 'db']) await create(name);
    await clock.runUntil(() => runs('web')() && runs('db')());
    cloud.run(
      { metadata: { namespace: 'default', name: 'left', uid: 'u-left' }, spec: { containers: [] } },
      clock.now(),
    );
    await clock.advance(30 * minute);
    expect(cloud.removed).toEqual(['left']);
    expect(cloud.groups.size).toBe(2);
  });

  it('does no harm together with the node’s own search for dangling pods', async () => {
    await startNode(60_000);
    for (const name of ['web', 'db']) await create(name);
    await clock.runUntil(() => runs('web')() && runs('db')());
    cloud.run(
      { metadata: { namespace: 'default', name: 'left', uid: 'u-left' }, spec: { containers: [] } },
      clock.now(),
    );
    await clock.advance(30 * minute);
    expect([...cloud.groups.values()].map((group) => group.pod.metadata.name)).toEqual(['web', 'db']);
  });

  it('upstream §7, theme 3: removes nothing while Kubernetes is away for hours, and goes on looking', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    const away = server.faults.add({ on: {}, fault: { type: 'status', code: 503 }, times: Infinity });
    server.faults.add({ on: { resource: 'pods' }, fault: { type: 'closeWatch', afterEvents: 0 } });
    cloud.run(
      { metadata: { namespace: 'default', name: 'left', uid: 'u-left' }, spec: { containers: [] } },
      clock.now(),
    );
    await clock.advance(60 * minute);
    expect(cloud.removed).toEqual([]);
    const group = cloud.groups.get(web.metadata.uid ?? '');
    if (group) group.status = { ...group.status, message: 'meanwhile' };
    await clock.advance(2 * minute);
    away();
    await clock.runUntil(() => pod()?.status?.message === 'meanwhile');
    expect(cloud.groups.has(web.metadata.uid ?? '')).toBe(true);
  });

  it('upstream §7, theme 3: removes nothing when the node object is deleted', async () => {
    await startNode();
    for (const name of ['web', 'db']) await create(name);
    await clock.runUntil(() => runs('web')() && runs('db')());
    await server.client.delete(nodes, { name: nodeName });
    await clock.advance(60 * minute);
    expect(cloud.removed).toEqual([]);
    expect(cloud.groups.size).toBe(2);
  });

  it('upstream §7, theme 4: a restart doubles and loses nothing, and repeats no events', async () => {
    await startNode();
    const web = await create('web');
    await clock.runUntil(runs());
    cloud.events.set(web.metadata.uid ?? '', [
      { at: clock.now(), type: 'Normal', reason: 'Pulled', message: 'image pulled' },
    ]);
    await clock.advance(minute);
    await closeNode();
    await clock.advance(10 * minute);
    await startNode();
    await clock.advance(30 * minute);
    expect(runs()()).toBe(true);
    expect(cloud.groups.size).toBe(1);
    const pulled = server.objects(events).filter(({ reason }) => reason === 'Pulled');
    expect(pulled.map(({ count }) => count ?? 1)).toEqual([1]);
  });
});
