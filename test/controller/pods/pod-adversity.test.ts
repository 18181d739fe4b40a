/** Providers and servers that misbehave: what must neither stop a node nor leave a pod behind. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import type { Provider } from '../../../src/provider/provider.js';
import { VkError } from '../../../src/runtime/errors.js';
import { running, terminated } from './pod-fixtures.js';
import { PodScene, web } from './pod-scene.js';

let scene: PodScene;

beforeEach(async () => {
  scene = new PodScene();
  await scene.open();
});
afterEach(() => scene.close());

const phase = (name = 'web'): string | undefined => scene.pod(name)?.status?.phase;
const remove = (gracePeriodSeconds?: number): Promise<unknown> =>
  scene.server.client.delete(pods, web, { gracePeriodSeconds });
const runs = async (): Promise<void> => {
  await scene.startController();
  await scene.create();
  await scene.until(() => phase() === 'Running');
};

/** The scene's provider with some methods replaced. */
function providerWith(changes: Partial<Provider>): Provider {
  const { provider } = scene;
  return {
    createPod: (pod, context) => provider.createPod(pod, context),
    updatePod: (pod, context) => provider.updatePod(pod, context),
    deletePod: (pod, context) => provider.deletePod(pod, context),
    getPod: (ref) => provider.getPod(ref),
    getPodStatus: (ref, context) => provider.getPodStatus(ref, context),
    getPods: (context) => provider.getPods(context),
    notifyPods: (notify) => provider.notifyPods(notify),
    ...changes,
  };
}

describe('a provider’s list of pods', () => {
  it.each([
    ['undefined', undefined],
    ['no list', { items: [] }],
  ])('that is %s counts as a failure: the node goes on when the list is there', async (_, answer) => {
    let broken = true;
    const provider = providerWith({
      getPods: (context) => (broken ? Promise.resolve(answer as never) : scene.provider.getPods(context)),
    });
    await scene.startController({}, provider);
    await scene.create();
    await scene.clock.advance(10_000);
    expect(scene.provider.journal).toEqual([]);
    broken = false;
    await scene.until(() => phase() === 'Running');
  });

  it('may hold what is no pod, and pods without a spec', async () => {
    scene.provider.instances.set('ghost', { metadata: { namespace: 'default', name: 'ghost', uid: 'ghost' } } as never);
    const provider = providerWith({
      getPods: async (context) => [null, {}, { metadata: null }, ...(await scene.provider.getPods(context))] as never,
    });
    await scene.startController({}, provider);
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.until(() => scene.provider.instances.size === 1);
  });

  it('may name a dangling pod twice: its name is free again once it has gone', async () => {
    const ghost: Pod = { metadata: { namespace: 'default', name: 'web', uid: 'ghost' }, spec: { containers: [] } };
    scene.provider.instances.set('ghost', ghost);
    const provider = providerWith({
      getPods: async (context) => (await scene.provider.getPods(context)).flatMap((pod) => [pod, pod]),
    });
    await scene.startController({}, provider);
    await scene.until(() => scene.provider.instances.size === 0);
    await scene.create();
    await scene.until(() => phase() === 'Running');
    expect(scene.controller.status.pods).toBe(1);
  });

  it('shows an eviction that happened while the node was down', async () => {
    await runs();
    await scene.stopController();
    const pod = scene.provider.instances.get(scene.uid());
    const metadata = { ...pod?.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    scene.provider.instances.set(scene.uid(), { ...pod, metadata } as Pod);
    await scene.startController();
    await scene.until(() => scene.pod() === undefined);
  });

  it('that comes after the node was closed begins nothing', async () => {
    let answer: (pods: Pod[]) => void = () => undefined;
    const listed = new Promise<Pod[]>((resolve) => (answer = resolve));
    await scene.startController({}, providerWith({ getPods: () => listed }));
    await scene.clock.advance(1_000);
    const { controller } = scene;
    await scene.stopController();
    answer([]);
    await scene.clock.advance(1_000);
    expect(controller.status.phase).toBe('closed');
    await expect(controller.start()).rejects.toMatchObject({ code: 'Aborted' });
    expect(scene.clock.pending).toBe(0);
  });
});

describe('a provider’s report', () => {
  it('ends the failure of a create that worked after all', async () => {
    scene.provider.before = (call) => {
      if (call === 'create' || call === 'status') throw new Error('timeout');
    };
    await scene.startController();
    const pod = await scene.create();
    await scene.until(() => scene.pod()?.status?.reason === 'ProviderFailed');
    scene.provider.instances.set(scene.uid(), pod);
    scene.provider.report(scene.uid(), running());
    await scene.until(() => phase() === 'Running');
    expect(scene.pod()?.status?.reason).toBeUndefined();
  });

  it('that is repeated is written once, whatever the server makes of its form (invariant 6)', async () => {
    await runs();
    const [container] = running().containerStatuses ?? [];
    const status = {
      ...running(),
      containerStatuses: [{ ...container, allocatedResources: { cpu: '1000m' }, resources: { limits: {} } }],
    } as PodStatus;
    const before = scene.statusWrites();
    for (let turn = 0; turn < 5; turn += 1) {
      scene.provider.report(scene.uid(), structuredClone(status));
      await scene.clock.advance(5_000);
    }
    expect(scene.statusWrites()).toBe(before + 1);
  });

  it('that holds a null deletionTimestamp is no eviction', async () => {
    await runs();
    const pod = scene.provider.instances.get(scene.uid());
    scene.provider.instances.set(scene.uid(), {
      ...pod,
      metadata: { ...pod?.metadata, deletionTimestamp: null },
    } as never);
    scene.provider.report(scene.uid(), running());
    await scene.clock.advance(10_000);
    expect(phase()).toBe('Running');
    expect(scene.server.requests.count({ verb: 'delete', resource: 'pods' })).toBe(0);
  });

  it.each([
    ['conditions that are no list', { phase: 'Running', conditions: {} }],
    ['a condition that is null', { phase: 'Running', conditions: [null] }],
    ['addresses that are no list', { phase: 'Running', podIPs: 7 }],
    ['a status that the server refuses', { phase: 'Running', containerStatuses: [{ name: 7 }] }],
  ])('with %s does not keep the pod from ending', async (_, status) => {
    await runs();
    scene.provider.report(scene.uid(), status as never);
    await scene.clock.advance(5_000);
    scene.provider.endsAtOnce = false;
    scene.provider.before = (call, { uid }) => {
      if (call === 'delete') scene.provider.instances.delete(uid);
    };
    await remove(5);
    await scene.until(() => scene.pod() === undefined);
  });

  it('may hold dates', async () => {
    await runs();
    const [container] = running().containerStatuses ?? [];
    const startedAt = new Date('2026-01-01T00:00:07.5Z');
    const status = { phase: 'Running', containerStatuses: [{ ...container, state: { running: { startedAt } } }] };
    scene.provider.report(scene.uid(), status as never);
    await scene.until(
      () =>
        scene.pod()?.status?.containerStatuses?.[0]?.state?.running?.startedAt?.startsWith('2026-01-01T00:00:07') ??
        false,
    );
  });

  it('within getPodStatus does not abort that call', async () => {
    await runs();
    scene.provider.endsAtOnce = false;
    let asked = 0;
    let aborted = 0;
    scene.provider.before = (call, { uid }, { signal }) => {
      if (call !== 'status') return;
      asked += 1;
      scene.provider.report(uid, running());
      if (!signal.aborted) return;
      aborted += 1;
      throw new Error('stopped');
    };
    await remove(5);
    await scene.clock.advance(10_000);
    expect(aborted).toBe(0);
    expect(asked).toBeLessThan(10);
    scene.provider.end(scene.uid());
    await scene.until(() => scene.pod() === undefined);
  });

  it('of the end counts, though the create or the update then fails', async () => {
    scene.provider.before = (call, { uid }) => {
      if (call !== 'create') return;
      scene.provider.instances.set(uid, scene.pod() as Pod);
      scene.provider.end(uid, 3);
      throw new Error('ended early');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Failed');
    await scene.clock.advance(60_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
    expect(scene.pod()?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(3);
  });
});

describe('a provider’s call', () => {
  it.each([
    ['undefined', undefined],
    ['an object without a prototype', Object.create(null)],
    ['a VkError that never comes back', new VkError('TooManyRequests', 'later', { retry: { afterMs: Infinity } })],
  ])('may reject with %s: it is tried again', async (_, reason) => {
    let failures = 2;
    scene.provider.before = (call) => {
      if (call === 'create' && failures-- > 0) throw reason;
    };
    await runs();
  });

  it('may answer null for a pod that the backend does not know', async () => {
    const provider = providerWith({ getPodStatus: () => Promise.resolve(null as never) });
    scene.provider.endsAtOnce = false;
    await scene.startController({}, provider);
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(5);
    await scene.until(() => scene.pod() === undefined);
  });

  it('that created the pod and failed for good does not leave it running (a create that failed may have worked)', async () => {
    const provider = providerWith({
      notifyPods: () => undefined,
      createPod: async (pod, context) => {
        await scene.provider.createPod(pod, context);
        throw new Error('answer lost');
      },
    });
    await scene.startController({}, provider);
    await scene.create('web', { restartPolicy: 'Never' });
    await scene.until(() => phase() === 'Running');
    expect(scene.provider.journal).toEqual(['create default/web']);
  });

  it('of a create that has not ended keeps the object of a pod that is to go (invariant 5)', async () => {
    let end: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (end = resolve));
    let began = false;
    scene.provider.before = (call) => {
      began ||= call === 'create';
      return call === 'create' ? held : undefined;
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => began);
    await remove();
    await scene.clock.advance(20_000);
    expect(scene.pod()?.metadata.deletionTimestamp).toBeDefined();
    end();
    await scene.until(() => scene.pod() === undefined);
    expect(scene.provider.instances.size).toBe(0);
  });

  it('of a delete that waits is aborted for one with less grace', async () => {
    await runs();
    scene.provider.endsAtOnce = false;
    const graces: number[] = [];
    const provider = scene.provider.deletePod.bind(scene.provider);
    scene.provider.deletePod = async (pod, context) => {
      graces.push(context.gracePeriodSeconds);
      await provider(pod, context);
      if (context.gracePeriodSeconds > 1) {
        await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('stopped'))));
      }
      scene.provider.end(pod.metadata.uid ?? '');
    };
    await remove(300);
    await scene.clock.advance(1_000);
    await remove(1);
    await scene.until(() => scene.pod() === undefined);
    expect(graces).toEqual([300, 1]);
  });
});

describe('a dangling pod', () => {
  it('is deleted at once when another pod of its name appears, which waits for that (invariant 2)', async () => {
    scene.provider.endsAtOnce = false;
    await runs();
    const old = scene.uid();
    await scene.stopController();
    await remove(0);
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    await scene.create();
    await scene.clock.advance(20_000);
    expect([...scene.provider.instances.keys()]).toEqual([old]);
    scene.provider.end(old);
    await scene.until(() => phase() === 'Running');
    expect([...scene.provider.instances.keys()]).toEqual([scene.uid()]);
  });
});

describe('a pod that a list lacks and the server still has', () => {
  it('is created though its create was aborted meanwhile', async () => {
    let creates = 0;
    scene.provider.before = (call, _, { signal }) => {
      if (call !== 'create' || ++creates > 1) return;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    const before = scene.server.resourceVersion;
    await scene.startController();
    await scene.create();
    await scene.until(() => creates === 1);
    scene.server.faults.add({
      on: { verb: 'watch', resource: 'pods' },
      fault: { type: 'expireWatch', asStatus: true },
    });
    scene.server.faults.add({
      on: { verb: 'watch', resource: 'pods' },
      fault: { type: 'refuseStreamingList' },
      times: 9,
    });
    scene.server.faults.add({
      on: { verb: 'list', resource: 'pods' },
      fault: { type: 'stale', resourceVersion: before },
    });
    await scene.until(() => phase() === 'Running');
  });
});

describe('a server', () => {
  it.each([
    ['403', { type: 'status', code: 403 }],
    ['404 of a proxy', { type: 'status', code: 404, message: 'page not found' }],
    ['409', { type: 'status', code: 409 }],
    ['422', { type: 'status', code: 422 }],
    ['429', { type: 'status', code: 429, retryAfterSeconds: 3 }],
    ['500', { type: 'status', code: 500 }],
    ['504 after the commit', { type: 'status', code: 504, when: 'after' }],
  ] as const)('that answers %s to the last delete is asked again', async (_, fault) => {
    await runs();
    await remove(5);
    scene.server.faults.add({ on: { verb: 'delete', resource: 'pods' }, fault, times: 2 });
    await scene.until(() => scene.pod() === undefined);
  });

  it.each([
    ['403', { type: 'status', code: 403 }],
    ['404 of a proxy', { type: 'status', code: 404, message: 'page not found' }],
    ['410', { type: 'status', code: 410 }],
    ['413', { type: 'status', code: 413 }],
  ] as const)('that answers %s to a status is told again', async (_, fault) => {
    scene.server.faults.add({ on: { verb: 'patch', resource: 'pods/status' }, fault, times: 2 });
    await runs();
  });

  it('that refused a status for a while is told all of it later', async () => {
    scene.server.faults.add({ on: { verb: 'patch', resource: 'pods/status' }, fault: { type: 'status', code: 422 } });
    await scene.startController();
    await scene.create();
    await scene.until(() => scene.pod()?.status?.reason === 'StatusRefused');
    await scene.until(() => scene.pod()?.status?.containerStatuses?.length === 1);
    expect(scene.pod()?.status?.reason).toBeUndefined();
  });

  it('shows the phase alone, and why, of a status that is refused', async () => {
    await runs();
    scene.provider.report(scene.uid(), { ...terminated(0, 'Succeeded'), podIP: 'nonsense' });
    await scene.until(() => phase() === 'Succeeded');
  });

  it('whose proxy answers 404 has not deleted a pod (invariant 4)', async () => {
    await runs();
    const before = scene.server.resourceVersion;
    expect(before).not.toBe('');
    scene.server.faults.add({
      on: { verb: 'watch', resource: 'pods' },
      fault: { type: 'expireWatch', asStatus: true },
    });
    scene.server.faults.add({
      on: { verb: 'watch', resource: 'pods' },
      fault: { type: 'refuseStreamingList' },
      times: 9,
    });
    scene.server.faults.add({ on: { verb: 'list', resource: 'pods' }, fault: { type: 'stale', resourceVersion: '1' } });
    scene.server.faults.add({
      on: { verb: 'get', resource: 'pods' },
      fault: { type: 'status', code: 404, reason: 'Unknown', message: 'page not found' },
    });
    await scene.clock.advance(600_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
  });
});
