import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { pods } from '../../../src/kube/resources.js';
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import { podRef, type PodRef } from '../../../src/provider/provider.js';
import type { BackendEvent } from '../../../src/provider/tracker/pods-tracker-handler.js';
import { VkError } from '../../../src/runtime/errors.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { Cloud, CloudProvider } from './cloud-provider.js';

const minute = 60_000;
const hour = 60 * minute;

/** A cloud that can be slow, refuse, or forget for a moment what it has just made. */
class HostileCloud extends Cloud {
  /** Awaited before an answer is given, which is from before that. */
  before: (method: string, ref: PodRef) => Promise<void> | void = () => undefined;

  override async fetchPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    const status = await super.fetchPodStatus(ref);
    await this.before('fetchPodStatus', ref);
    return status;
  }

  override async fetchPodEvents(ref: PodRef): Promise<readonly BackendEvent[]> {
    await this.before('fetchPodEvents', ref);
    return super.fetchPodEvents(ref);
  }
}

describe('VirtualNodes whose providers use PodsTrackers, and what goes wrong', () => {
  let clock: ManualClock;
  let server: FakeApiServer;
  let client: KubeClient;
  let cloud: HostileCloud;
  const running: VirtualNode[] = [];

  beforeEach(async () => {
    clock = new ManualClock({ settle: (): Promise<void> => server.idle() });
    server = new FakeApiServer({ tls: false, clock });
    await server.start();
    client = new KubeClient(staticConnection(server.url), { clock });
    cloud = new HostileCloud();
  });

  afterEach(async () => {
    for (const node of running.splice(0)) {
      let done = false;
      void node.close({ graceMs: 0 }).then(() => (done = true));
      await clock.runUntil(() => done);
    }
    await client.close();
    await server.stop();
  });

  async function start(name = 'cloud-1'): Promise<CloudProvider> {
    const provider = new CloudProvider(cloud, () => clock.now(), { clock, random: () => 0 });
    const node = new VirtualNode(name, provider, client, { clock, pods: { danglingIntervalMs: Infinity } });
    running.push(node);
    await node.start();
    await clock.runUntil(() => node.status.pods?.phase === 'running');
    return provider;
  }

  async function create(name: string, nodeName = 'cloud-1'): Promise<Pod> {
    const spec = { nodeName, containers: [{ name: 'c', image: 'i' }] };
    return server.client.create(pods, { metadata: { namespace: 'default', name }, spec });
  }

  const pod = (name: string): Pod | undefined => server.objects(pods).find(({ metadata }) => metadata.name === name);
  const runs = (name: string) => (): boolean => pod(name)?.status?.phase === 'Running';

  it('a pod that is created anew under its name is not told what was asked about its predecessor', async () => {
    await start();
    const first = await create('web');
    await clock.runUntil(runs('web'));
    let answer: (() => void) | undefined;
    cloud.before = (method, ref) => {
      if (method !== 'fetchPodStatus' || ref.uid !== first.metadata.uid || answer) return undefined;
      return new Promise((resolve) => (answer = resolve));
    };
    const group = cloud.groups.get(first.metadata.uid ?? '');
    if (group) group.status = { ...group.status, message: 'of the first' };
    await clock.advance(6_000);
    await server.client.delete(pods, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    const second = await create('web');
    await clock.advance(1_000);
    answer?.();
    await clock.runUntil(runs('web'), { limitMs: 2 * minute });
    expect(pod('web')?.metadata.uid).toBe(second.metadata.uid);
    expect(pod('web')?.status?.message).toBeUndefined();
    await clock.advance(11 * minute);
    expect([...cloud.groups.keys()]).toEqual([second.metadata.uid]);
  });

  it('upstream §5: a pod that the provider has ended stays so, whatever an older answer says', async () => {
    const provider = await start();
    const web = await create('web');
    await clock.runUntil(runs('web'));
    let answer = (): void => undefined;
    cloud.before = () => new Promise((resolve) => (answer = resolve));
    await clock.advance(6_000);
    const ended = (status: PodStatus): PodStatus => ({ ...status, phase: 'Failed', reason: 'Reclaimed' });
    expect(provider.tracker.updatePodStatus(podRef(web), ended)).toBe(true);
    expect(provider.tracker.updatePodStatus(podRef(web), () => ({ phase: 'Running' }))).toBe(false);
    cloud.before = () => undefined;
    answer();
    await clock.advance(5 * minute);
    expect(pod('web')?.status).toMatchObject({ phase: 'Failed', reason: 'Reclaimed' });
  });

  it('takes updates from within its own calls', async () => {
    const provider = await start();
    cloud.before = (method, ref) => {
      if (method === 'fetchPodStatus')
        provider.tracker.updatePodStatus(ref, (status) => void (status.message = 'slow'));
    };
    await create('web');
    await clock.runUntil(() => pod('web')?.status?.message === 'slow', { limitMs: minute });
    cloud.before = () => undefined;
    await clock.runUntil(() => runs('web')() && pod('web')?.status?.message === undefined, { limitMs: minute });
  });

  it('deletes pods while the backend throttles for an hour, and while calls hang', async () => {
    await start();
    const names = ['a', 'b', 'c'];
    for (const name of names) await create(name);
    await clock.runUntil(() => names.every((name) => runs(name)()));
    const refusal = new VkError('TooManyRequests', 'cloud: slow down', { retry: { afterMs: hour } });
    let hangs = true;
    const hangOnce = (): Promise<void> => {
      const hang = hangs ? new Promise<void>(() => undefined) : Promise.resolve();
      hangs = false;
      return hang;
    };
    cloud.before = async (method, { name }) => {
      if (method === 'fetchPodEvents' && name === 'a') throw refusal;
      if (method === 'fetchPodStatus' && name === 'b') await clock.sleep(500);
      if (method === 'fetchPodStatus' && name === 'c') await hangOnce();
    };
    await clock.advance(2 * minute);
    for (const name of names) await server.client.delete(pods, { namespace: 'default', name });
    await clock.runUntil(() => server.objects(pods).length === 0, { limitMs: minute });
    expect(cloud.groups.size).toBe(0);
  });

  it.each([403, 500, 404])(
    'removes nothing when the apiserver answers %i for pods that it has not said to be gone',
    async (code) => {
      await start();
      for (const name of ['web', 'db']) await create(name);
      await clock.runUntil(() => runs('web')() && runs('db')());
      cloud.run({ metadata: { namespace: 'default', name: 'left', uid: 'u' }, spec: { containers: [] } }, clock.now());
      server.faults.add({ on: { verb: 'get', resource: 'pods' }, fault: { type: 'status', code }, times: Infinity });
      await clock.advance(16 * minute);
      expect(cloud.removed).toEqual([]);
    },
  );

  it('two nodes that see all of one backend leave each other’s pods alone', async () => {
    await start('cloud-1');
    await start('cloud-2');
    for (const name of ['a', 'b', 'c']) await create(name, 'cloud-1');
    for (const name of ['d', 'e']) await create(name, 'cloud-2');
    await clock.runUntil(() => ['a', 'b', 'c', 'd', 'e'].every((name) => runs(name)()));
    await clock.advance(40 * minute);
    expect(cloud.removed).toEqual([]);
    expect(server.objects(pods).every(({ status }) => status?.phase === 'Running')).toBe(true);
  });

  it('gives a pod its time whose backend shows it only half a minute after it has taken it', async () => {
    await start();
    const hidden = clock.now() + 30_000;
    const fetchStatus = cloud.fetchPodStatus.bind(cloud);
    cloud.fetchPodStatus = (ref) => (clock.now() < hidden ? Promise.resolve(undefined) : fetchStatus(ref));
    cloud.listActivePods = () => Promise.resolve([]);
    await create('web');
    await clock.advance(25_000);
    expect(pod('web')?.status?.phase).not.toBe('Failed');
    await clock.runUntil(runs('web'), { limitMs: minute });
  });
});
