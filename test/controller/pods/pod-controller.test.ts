import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
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

describe('a pod’s life', () => {
  it('is created, shown Running and, when deleted, finalised as soon as the provider says it ended (upstream §2)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    const before = scene.clock.now();
    await remove(30);
    await scene.until(() => scene.pod() === undefined);
    expect(scene.clock.now() - before).toBeLessThan(5_000);
    expect(scene.provider.journal).toEqual(['create default/web', 'delete default/web']);
    await scene.until(() => scene.eventReasons().includes('ProviderDeleteSuccess'));
    expect(scene.eventReasons()).toContain('ProviderCreateSuccess');
  });

  it('targets P1: costs two writes besides its deletion’s at most', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.clock.advance(60_000);
    expect(scene.statusWrites()).toBe(1);
  });

  it('keeps the API object while the provider says that the pod runs, however long (upstream §2, invariant 5)', async () => {
    scene.provider.endsAtOnce = false;
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(1);
    await scene.clock.advance(600_000);
    expect(scene.pod()).toBeDefined();
    scene.provider.end(scene.uid());
    await scene.until(() => scene.pod() === undefined);
  });

  it('goes after the deadline that the user set, though the provider has not confirmed its end (upstream §2)', async () => {
    scene.provider.endsAtOnce = false;
    await scene.startController({ forceFinaliseAfterMs: 60_000 });
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(1);
    await scene.until(() => scene.pod() === undefined);
  });

  it('shows how it ended to whoever holds it by a finalizer, and is deleted once', async () => {
    await scene.startController();
    await scene.create('web', {}, { finalizers: ['example.com/hold'] });
    await scene.until(() => phase() === 'Running');
    await remove(5);
    await scene.until(() => phase() === 'Succeeded' && scene.pod()?.metadata.deletionGracePeriodSeconds === 0);
    const deletes = scene.server.requests.count({ verb: 'delete', resource: 'pods' });
    await scene.clock.advance(120_000);
    expect(scene.server.requests.count({ verb: 'delete', resource: 'pods' })).toBe(deletes);
  });

  it('reaches the provider when it disappears without grace (upstream §2: tombstones)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(0);
    await scene.until(() => scene.provider.instances.size === 0);
    await scene.until(() => scene.controller.status.pods === 0);
  });

  it('keeps its name from its successor until the backend has let go of it (upstream §2, invariant 2)', async () => {
    scene.provider.endsAtOnce = false;
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    const old = scene.uid();
    await remove(0);
    await scene.create();
    await scene.clock.advance(20_000);
    expect([...scene.provider.instances.keys()]).toEqual([old]);
    scene.provider.end(old);
    await scene.until(() => phase() === 'Running');
    expect([...scene.provider.instances.keys()]).toEqual([scene.uid()]);
    expect(scene.provider.journal).toEqual(['create default/web', 'delete default/web', 'create default/web']);
  });

  it('is evicted by the backend: its API object goes (upstream §2)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    scene.provider.evict(scene.uid());
    await scene.until(() => scene.pod() === undefined);
  });

  it('has its slow create aborted when it is deleted meanwhile', async () => {
    let aborted = false;
    scene.provider.before = (call, _, { signal }) =>
      call === 'create'
        ? new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new Error('stopped'));
            });
          })
        : undefined;
    await scene.startController();
    await scene.create();
    await scene.until(() => scene.provider.journal.length === 1);
    await remove(5);
    await scene.until(() => scene.pod() === undefined);
    expect(aborted).toBe(true);
    expect(scene.provider.journal).toEqual(['create default/web', 'delete default/web']);
  });

  it('has updates handed over, and the generation that was acted on shown (kubelet-protocol §8)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.server.client.patch(pods, web, 'merge', { spec: { activeDeadlineSeconds: 600 } });
    await scene.until(() => scene.provider.journal.includes('update default/web'));
    await scene.until(() => scene.pod()?.status?.observedGeneration === scene.pod()?.metadata.generation);
    await scene.server.client.patch(pods, web, 'merge', { metadata: { labels: { a: 'b' } } });
    await scene.until(() => scene.provider.journal.filter((entry) => entry.startsWith('update')).length === 2);
  });
});

describe('failures of the provider', () => {
  it('show as ProviderFailed, are tried again, and are forgotten when it works (upstream §2, invariant 7)', async () => {
    let failures = 4;
    scene.provider.before = (call) => {
      if (call === 'create' && failures-- > 0) throw new Error('quota reached');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => scene.pod()?.status?.reason === 'ProviderFailed');
    expect(scene.pod()?.status).toMatchObject({ phase: 'Pending', message: expect.stringContaining('quota reached') });
    await scene.until(() => phase() === 'Running');
    expect(scene.pod()?.status?.reason).toBeUndefined();
    expect(scene.provider.instances.size).toBe(1);
    await scene.until(() => scene.eventReasons().includes('ProviderCreateFailed'));
  });

  it('go on being tried for hours (upstream §2)', async () => {
    scene.provider.before = (call) => {
      if (call === 'create') throw new Error('no');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Pending' && scene.pod()?.status?.reason === 'ProviderFailed');
    await scene.clock.advance(6 * 3_600_000);
    const tries = scene.provider.journal.length;
    expect(tries).toBeGreaterThan(70);
    scene.provider.before = () => undefined;
    await scene.until(() => phase() === 'Running');
  });

  it('fail the pod when the error says that trying again is useless (upstream §2)', async () => {
    scene.provider.before = (call) => {
      if (call === 'create') throw new VkError('InvalidInput', 'no GPUs here');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Failed');
    expect(scene.pod()?.status).toMatchObject({ reason: 'ProviderFailed' });
    await scene.clock.advance(3_600_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
  });

  it('fail a pod that is never to be restarted (upstream §2), unless the error says when to come back', async () => {
    scene.provider.before = (call, { name }) => {
      if (call === 'create' && name === 'web') throw new Error('no');
      if (call === 'create' && scene.provider.journal.length < 4) {
        throw new VkError('TooManyRequests', 'later', { retry: { afterMs: 7_000 } });
      }
    };
    await scene.startController();
    await scene.create('web', { restartPolicy: 'Never' });
    await scene.create('other', { restartPolicy: 'Never' });
    await scene.until(() => phase() === 'Failed' && phase('other') === 'Running');
  });

  it('of a delete answered NotFound are none (upstream §2)', async () => {
    scene.provider.before = (call, { uid }) => {
      if (call !== 'delete') return;
      scene.provider.instances.delete(uid);
      throw new VkError('NotFound', 'no such pod');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(30);
    await scene.until(() => scene.pod() === undefined);
    await scene.until(() => scene.eventReasons().includes('ProviderDeleteSuccess'));
    expect(scene.eventReasons()).not.toContain('ProviderDeleteFailed');
  });

  it('leave a status that cannot be read aside', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    scene.provider.report(scene.uid(), null as never);
    scene.provider.report(scene.uid(), { phase: 'Running', containerStatuses: 7 as never });
    await scene.clock.advance(1_000);
    scene.provider.report(scene.uid(), terminated(0, 'Succeeded'));
    await scene.until(() => phase() === 'Succeeded');
  });
});

describe('a status', () => {
  it('keeps conditions of others, and is repaired when it is overwritten (upstream §2)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    const status = { phase: 'Unknown', conditions: [{ type: 'example.com/gate', status: 'True' }] };
    await scene.server.client.patch(pods, web, 'strategic', { status }, { subresource: 'status' });
    await scene.until(() => phase() === 'Running');
    expect(scene.pod()?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'example.com/gate' }));
  });

  it.each([
    ['409', { type: 'status', code: 409 }],
    ['429', { type: 'status', code: 429, retryAfterSeconds: 3 }],
    ['500', { type: 'status', code: 500 }],
    ['504 after the commit', { type: 'status', code: 504, when: 'after' }],
    ['a reset after the commit', { type: 'reset', when: 'after' }],
    ['a reset before the commit', { type: 'reset', when: 'before' }],
    ['half an answer', { type: 'truncate' }],
  ] as const)('arrives in spite of %s', async (_, fault) => {
    scene.server.faults.add({ on: { verb: 'patch', resource: 'pods/status' }, fault, times: 3 });
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.clock.advance(120_000);
    const writes = scene.statusWrites();
    await scene.clock.advance(600_000);
    expect(scene.statusWrites()).toBe(writes);
  });

  it('never goes back from a terminal phase (invariant 6)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    scene.provider.report(scene.uid(), terminated(0, 'Succeeded'));
    await scene.until(() => phase() === 'Succeeded');
    scene.provider.report(scene.uid(), running());
    await scene.clock.advance(60_000);
    expect(phase()).toBe('Succeeded');
  });
});

describe('a restart', () => {
  it('adopts what runs and changes nothing', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.stopController();
    const version = scene.pod()?.metadata.resourceVersion;
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    await scene.clock.advance(300_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
    expect(scene.pod()?.metadata.resourceVersion).toBe(version);
  });

  it('cleans up a pod that was deleted while the node was down', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.stopController();
    await remove(0);
    await scene.startController();
    await scene.until(() => scene.provider.instances.size === 0);
  });

  it('replaces a pod that was re-created while the node was down (upstream §2: by uid)', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.stopController();
    await remove(0);
    await scene.create();
    await scene.startController();
    await scene.until(() => phase() === 'Running');
    expect([...scene.provider.instances.keys()]).toEqual([scene.uid()]);
  });

  it('hands over what changed while the node was down', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.stopController();
    await scene.server.client.patch(pods, web, 'merge', { metadata: { labels: { a: 'b' } } });
    await scene.startController();
    await scene.until(() => scene.provider.journal.includes('update default/web'));
  });

  it('creates nothing while the backend cannot say what it has (invariant 4)', async () => {
    scene.provider.before = (call) => {
      if (call === 'list') throw new Error('backend is down');
    };
    await scene.create();
    await scene.startController();
    await scene.clock.advance(3_600_000);
    expect(scene.provider.journal).toEqual([]);
    scene.provider.before = () => undefined;
    await scene.until(() => phase() === 'Running');
  });
});

describe('dangling pods', () => {
  it('are left alone while few sightings speak against them, and while the list fails (upstream §2)', async () => {
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    await scene.provider.createPod(
      { metadata: { namespace: 'default', name: 'ghost', uid: 'ghost' }, spec: { containers: [] } },
      { signal: new AbortController().signal, logger: undefined as never },
    );
    await scene.clock.advance(61_000);
    expect(scene.provider.instances.size).toBe(1);
    scene.provider.before = (call) => {
      if (call === 'list') throw new Error('backend is down');
    };
    await scene.clock.advance(600_000);
    expect(scene.provider.instances.size).toBe(1);
    scene.provider.before = () => undefined;
    await scene.until(() => scene.provider.instances.size === 0);
  });

  it('go few at a time (upstream §2)', async () => {
    for (let index = 0; index < 30; index += 1) {
      const uid = `ghost-${index}`;
      scene.provider.instances.set(uid, {
        metadata: { namespace: 'default', name: uid, uid },
        spec: { containers: [] },
      });
    }
    await scene.startController();
    await scene.until(() => scene.provider.instances.size < 30);
    await scene.clock.advance(1_000);
    expect(scene.provider.instances.size).toBe(20);
    await scene.until(() => scene.provider.instances.size === 0);
  });
});
