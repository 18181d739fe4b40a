/** What users of virtual-kubelet rely on, or were hurt by, seen from outside: docs/behaviour.md lists it all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodControllerOptions } from '../../../src/controller/pods/pod-controller-options.js';
import { events, pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import type { CallContext, Provider } from '../../../src/provider/provider.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { eventually } from '../../e2e/support/eventually.js';
import { MemoryProvider } from './memory-provider.js';
import { running } from './pod-fixtures.js';
import { PodScene, web } from './pod-scene.js';

let scene: PodScene;

beforeEach(async () => {
  scene = new PodScene();
  await scene.open();
});
afterEach(() => scene.close());

const phase = (name = 'web'): string | undefined => scene.pod(name)?.status?.phase;
const remove = (gracePeriodSeconds: number): Promise<unknown> =>
  scene.server.client.delete(pods, web, { gracePeriodSeconds });
const deletes = (status?: number): number =>
  scene.server.requests.count({ verb: 'delete', resource: 'pods', ...(status === undefined ? {} : { status }) });

/** The backend of `memory` behind a provider that tells nothing by itself. */
function silent(memory: MemoryProvider): Provider {
  return {
    createPod: (pod, context) => memory.createPod(pod, context),
    updatePod: (pod, context) => memory.updatePod(pod, context),
    deletePod: (pod, context) => memory.deletePod(pod, context),
    getPod: (ref) => memory.getPod(ref),
    getPodStatus: (ref, context) => memory.getPodStatus(ref, context),
    getPods: (context) => memory.getPods(context),
  };
}

describe('the provider', () => {
  it('upstream §1: is handed copies of pods, which it may change', async () => {
    class Careless extends MemoryProvider {
      override async createPod(pod: Pod, context: CallContext): Promise<void> {
        pod.metadata.labels = { changed: 'yes' };
        pod.spec.containers.length = 0;
        await super.createPod(pod, context);
      }
    }
    scene.provider = new Careless();
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    const cached = scene.source.store.get('default/web');
    expect(cached?.spec.containers).toHaveLength(1);
    expect(cached?.metadata.labels).toBeUndefined();
    // Nor is what it did to its copy taken for a change that somebody made of the pod.
    await scene.clock.advance(60_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
  });

  it('upstream §1: that does not notify is asked, from the first report to the last', async () => {
    await scene.startController({}, silent(scene.provider));
    await scene.create();
    await scene.until(() => phase() === 'Running');
    scene.provider.report(scene.uid(), { ...running(), message: 'still at it' });
    await scene.until(() => scene.pod()?.status?.message === 'still at it');
    await remove(30);
    await scene.until(() => scene.pod() === undefined && scene.controller.status.pods === 0);
    expect(scene.provider.journal).toEqual(['create default/web', 'delete default/web']);
  });

  it('upstream §2: that does not notify and loses a pod has it shown as Failed, reason NotFound', async () => {
    await scene.startController({}, silent(scene.provider));
    await scene.create();
    await scene.until(() => phase() === 'Running');
    scene.provider.instances.clear();
    await scene.until(() => phase() === 'Failed');
    expect(scene.pod()?.status).toMatchObject({
      reason: 'NotFound',
      message: 'The pod status was not found and may have been deleted from the provider',
      containerStatuses: [{ state: { terminated: { exitCode: -137 } } }],
    });
  });

  it('upstream §2: is given what to notify with and then asked nothing until the cache has synced', async () => {
    const calls: string[] = [];
    class Recorded extends MemoryProvider {
      override notifyPods(notify: (pod: Pod) => void): void {
        calls.push('notifyPods');
        super.notifyPods(notify);
      }
    }
    scene.provider = new Recorded();
    scene.provider.before = (call) => void calls.push(call);
    await scene.create();
    const away = scene.server.faults.add({
      on: { verb: ['list', 'watch'], resource: 'pods' },
      fault: { type: 'status', code: 503 },
      times: Infinity,
    });
    scene.launchController();
    await scene.clock.advance(600_000);
    expect(calls).toEqual(['notifyPods']);
    away();
    await scene.until(() => phase() === 'Running');
    expect(calls.slice(0, 2)).toEqual(['notifyPods', 'list']);
  });
});

describe('events', () => {
  const kinds = (): string[] =>
    scene.server
      .objects(events)
      .map((event) => `${event.type} ${event.reason}`)
      .sort();

  it('upstream §2: have the reasons that people search for, Normal for a success and Warning for a failure', async () => {
    const failed = new Set<string>();
    scene.provider.before = (call) => {
      if (!['create', 'update', 'delete'].includes(call) || failed.has(call)) return;
      failed.add(call);
      throw new Error('not now');
    };
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.server.client.patch(pods, web, 'merge', { metadata: { labels: { a: 'b' } } });
    await scene.until(() => scene.provider.journal.filter((entry) => entry.startsWith('update')).length === 2);
    await remove(30);
    await scene.until(() => scene.pod() === undefined);
    await scene.until(() => scene.eventReasons().length === 6);
    expect(kinds()).toEqual([
      'Normal ProviderCreateSuccess',
      'Normal ProviderDeleteSuccess',
      'Normal ProviderUpdateSuccess',
      'Warning ProviderCreateFailed',
      'Warning ProviderDeleteFailed',
      'Warning ProviderUpdateFailed',
    ]);
  });
});

describe('a pod that vanishes while nobody watches', () => {
  it('upstream §2: reaches the provider, though only a list that lacks it tells', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    const back = scene.server.faults.add({
      on: { verb: ['list', 'watch'], resource: 'pods' },
      fault: { type: 'status', code: 503 },
      times: Infinity,
    });
    await scene.until(() => !scene.source.isFresh);
    await remove(0);
    scene.server.compact();
    back();
    await scene.until(() => scene.source.store.size === 0);
    // Long before a search for dangling pods could have found it.
    await scene.clock.advance(1_000);
    expect(scene.provider.instances.size).toBe(0);
  });
});

describe('the last delete of an API object', () => {
  /** A pod that ended in the backend and goes from Kubernetes, while its last delete is on the way to the server. */
  async function goneMeanwhile(options: PodControllerOptions = {}): Promise<void> {
    scene.provider.endsAtOnce = false;
    await scene.startController(options);
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await remove(30);
    await scene.until(() => scene.provider.journal.includes('delete default/web'));
    scene.server.faults.add({ on: { verb: 'delete', resource: 'pods' }, fault: { type: 'delay', ms: 20_000 } });
    scene.patient = false;
    scene.provider.end(scene.uid());
    await eventually(() => expect(scene.server.faults.pending).toEqual([]));
    await remove(0);
  }

  async function arrives(): Promise<void> {
    await scene.clock.advance(20_000);
    scene.patient = true;
    await scene.clock.advance(60_000);
  }

  it('upstream §2: names the uid, so a pod that was re-created meanwhile is not hit', async () => {
    await goneMeanwhile();
    await scene.create();
    const uid = scene.uid();
    await arrives();
    expect(deletes(409)).toBe(1);
    expect(scene.uid()).toBe(uid);
    expect(scene.pod()?.metadata.deletionTimestamp).toBeUndefined();
    expect(phase()).toBe('Running');
  });

  it('upstream §2: is neither repeated nor a failure when the object has gone meanwhile', async () => {
    const warned: string[] = [];
    const warn = (_: object, message: string): void => void warned.push(message);
    await goneMeanwhile({ logger: { ...silentLogger, warn, error: warn } });
    await arrives();
    expect(warned).toEqual([]);
    expect(deletes(404)).toBe(1);
    // The first by whoever wanted the pod to go, the last of the controller, and the forced one.
    expect(deletes()).toBe(3);
    expect(scene.controller.status.pods).toBe(0);
  });
});

describe('dangling pods', () => {
  const ghost = (name: string): void => {
    const metadata = { namespace: 'default', name, uid: 'ghost' };
    scene.provider.instances.set('ghost', { metadata, spec: { containers: [] } });
  };

  it('upstream §2: are asked to go until they have gone', async () => {
    let failures = 22;
    scene.provider.before = (call) => {
      if (call === 'delete' && failures-- > 0) throw new Error('not now');
    };
    ghost('lost');
    await scene.startController();
    await scene.clock.advance(2 * 3_600_000);
    expect(failures).toBeLessThan(0);
    expect(scene.provider.instances.size).toBe(0);
  });

  it('upstream §2: are told by uid, also where Kubernetes has a pod of their name', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    ghost('web');
    await scene.until(() => !scene.provider.instances.has('ghost'));
    await scene.clock.advance(600_000);
    expect([...scene.provider.instances.keys()]).toEqual([scene.uid()]);
    expect(phase()).toBe('Running');
  });

  it('upstream §2: are none while the apiserver has them, though the cache lacks them and is kept up to date', async () => {
    await scene.startController();
    await scene.create();
    await scene.until(() => phase() === 'Running');
    await scene.stopController();
    // The restarted process sees the past, and of what came after that the pod's creation is lost.
    const { faults } = scene.server;
    faults.add({ on: { verb: 'watch', resource: 'pods' }, fault: { type: 'refuseStreamingList' }, times: Infinity });
    faults.add({
      on: { verb: 'list', resource: 'pods' },
      fault: { type: 'stale', resourceVersion: '1' },
      times: Infinity,
    });
    for (const nth of [1, 2, 3]) {
      faults.add({ on: { verb: 'watch', resource: 'pods' }, fault: { type: 'dropEvent', nth }, times: Infinity });
    }
    await scene.startController();
    await scene.clock.advance(100_000);
    expect(scene.source.isFresh).toBe(true);
    expect(scene.source.store.size).toBe(0);
    await scene.clock.advance(600_000);
    expect(scene.provider.journal).toEqual(['create default/web']);
  });

  it('upstream §2: are left alone while the cache is not kept up to date', async () => {
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    const away = scene.server.faults.add({
      on: { verb: ['list', 'watch'], resource: 'pods' },
      fault: { type: 'status', code: 503 },
      times: Infinity,
    });
    await scene.until(() => !scene.source.isFresh);
    ghost('lost');
    await scene.clock.advance(3_600_000);
    expect(scene.provider.journal).toEqual([]);
    away();
    await scene.until(() => scene.provider.instances.size === 0);
  });
});
