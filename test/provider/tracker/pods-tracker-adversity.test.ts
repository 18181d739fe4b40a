import { describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { refOf, runningStatus, TrackerScene } from './tracker-scene.js';

const minute = 60_000;
const hour = 60 * minute;

function refusal(afterMs: number): VkError {
  return new VkError('TooManyRequests', 'cloud: slow down', { retry: { afterMs } });
}

describe('PodsTracker, while its backend throttles for an hour', () => {
  it('keeps no pod from being deleted while its events wait', async () => {
    await using scene = new TrackerScene();
    scene.backend.withEvents();
    for (const name of ['web', 'db']) scene.add(name);
    let told = 0;
    scene.backend.before = async (method, name) => {
      if (method === 'fetchPodStatus' && name === 'db') await scene.clock.sleep(1_000);
      if (method === 'fetchPodEvents' && name === 'web' && ++told === 1) throw refusal(hour);
    };
    await scene.start();
    await scene.clock.advance(10 * minute);
    expect(scene.tracker.status.pausedUntil).toBeDefined();
    expect(scene.node.status('db')?.phase).toBe('Running');
    expect([...scene.node.claimed]).toEqual([]);
    await scene.clock.advance(hour);
    expect(told).toBeGreaterThan(2);
  });

  it('removes no pod by what Kubernetes said an hour ago', async () => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 20; index += 1) scene.add(`wanted-${index}`);
    for (const name of ['a', 'b']) scene.backend.run(name);
    scene.backend.before = (method, name) => {
      if (method === 'cleanupPod' && name === 'a') throw refusal(hour);
    };
    await scene.start();
    await scene.clock.advance(11 * minute);
    expect(scene.tracker.status.pausedUntil).toBeDefined();
    scene.node.add('b');
    await scene.clock.advance(70 * minute);
    expect(scene.backend.cleaned).not.toContain('b');
  });

  it('takes a pod that another call is made for for no answer of the backend', async () => {
    await using scene = new TrackerScene({ cleanup: false });
    const web = scene.add('web');
    scene.node.claim(web);
    await scene.start();
    await scene.clock.advance(minute);
    const calls = scene.tracker.metrics().find(({ name }) => name === 'vk_tracker_calls_total');
    expect(calls?.values).toEqual([]);
  });
});

describe('PodsTracker, told to look', () => {
  it('looks again if a look was under way that may have missed what there is to see', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web', { createdAt: 0, lastStatus: runningStatus(refOf('web')) });
    scene.clock.offMs = 24 * hour;
    await scene.start();
    await scene.clock.advance(50_000);
    let answer = (): void => undefined;
    scene.backend.before = () => new Promise((resolve) => (answer = resolve));
    await scene.clock.advance(11_000);
    scene.backend.run('web', 'updated');
    scene.tracker.look(web);
    scene.backend.before = () => undefined;
    answer();
    await scene.clock.advance(6_000);
    expect(scene.node.status('web')?.message).toBe('updated');
  });

  it('does not take a pod for lost by two looks a moment apart', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    scene.backend.statuses.delete(web.uid);
    for (let count = 0; count < 5; count += 1) {
      scene.tracker.look(web);
      await scene.clock.advance(100);
    }
    expect(scene.node.status('web')?.phase).toBe('Running');
    await scene.clock.advance(10_000);
    expect(scene.node.status('web')?.phase).toBe('Failed');
  });
});

describe('PodsTracker, of what says when it was made', () => {
  it.each([
    ['no number', Number.NaN],
    ['a time years ahead', Date.UTC(2126, 0, 1)],
  ])('removes in the end what says %s', async (_, createdAt) => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 3; index += 1) scene.add(`wanted-${index}`);
    const left = scene.backend.run('left');
    scene.backend.createdAt.set(left.uid, createdAt);
    await scene.start();
    await scene.clock.advance(20 * minute);
    expect(scene.backend.cleaned).toEqual(['left']);
  });

  it('gives a pod its minute from when its creation resolved, though it was told of before', async () => {
    await using scene = new TrackerScene();
    scene.node.add('web', { createdAt: 0, lastStatus: { phase: 'Pending' } });
    const release = scene.node.claim(refOf('web'));
    await scene.start();
    await scene.clock.advance(2 * minute);
    const tracked = scene.node.pods.get(refOf('web').uid);
    if (tracked) tracked.createdAt = scene.clock.now();
    release?.();
    await scene.clock.advance(50_000);
    expect(scene.node.status('web')?.phase).toBe('Pending');
  });
});

describe('PodsTracker, of calls that never come back', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it('asks singly when the one for all hangs', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    scene.backend.listPodStatuses = never;
    await scene.start();
    await scene.clock.advance(2 * minute);
    expect(scene.node.status('web')?.phase).toBe('Running');
  });

  it('asks singly when the one for all goes on failing, until it does not', async () => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 200; index += 1) scene.add(`web-${index}`);
    scene.backend.withBulk();
    let isDown = true;
    const asked: string[] = [];
    scene.backend.before = (method) => {
      asked.push(method);
      return isDown && method === 'listPodStatuses' ? Promise.reject(new Error('too many to tell')) : undefined;
    };
    await scene.start();
    await scene.clock.advance(10_000);
    expect(new Set(asked)).toEqual(new Set(['listPodStatuses']));
    await scene.clock.advance(2 * minute);
    expect(scene.node.status('web-199')?.phase).toBe('Running');
    expect(scene.logged).toEqual(['pod statuses not listed', 'pod statuses not listed, pods asked for singly']);
    isDown = false;
    await scene.clock.advance(2 * minute);
    asked.length = 0;
    await scene.clock.advance(10 * minute);
    expect(asked.filter((method) => method === 'fetchPodStatus').length).toBeLessThan(200);
    expect(asked).toContain('listPodStatuses');
  });

  it.each(['fetchPodStatus', 'listActivePods', 'fetchPodEvents'])('makes them again some day: %s', async (method) => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 3; index += 1) scene.add(`wanted-${index}`);
    scene.backend.withEvents();
    scene.backend.run('left');
    let hangs = true;
    let asked = 0;
    scene.backend.before = (each) => {
      if (each !== method) return undefined;
      asked += 1;
      return hangs ? never() : undefined;
    };
    await scene.start();
    await scene.clock.advance(9 * minute);
    expect(asked).toBe(method === 'listActivePods' ? 1 : 3);
    hangs = false;
    await scene.clock.advance(40 * minute);
    expect(scene.node.status('wanted-0')?.phase).toBe('Running');
    expect(scene.backend.cleaned).toEqual(['left']);
    expect(asked).toBeGreaterThan(5);
  });

  it('makes them again though the clock was set back meanwhile', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    scene.backend.before = never;
    await scene.start();
    scene.clock.offMs = -24 * 60 * minute;
    await scene.clock.advance(9 * minute);
    scene.backend.before = () => undefined;
    await scene.clock.advance(2 * minute);
    expect(scene.node.status('web')?.phase).toBe('Running');
  });
});

describe('PodsTracker, of answers that make no sense', () => {
  it.each([
    ['nothing in it', [null, undefined, 5, 'web', {}, { ref: null, status: {} }]],
    ['statuses that are none', [{ ref: refOf('web'), status: 'Running' }]],
  ])('looks at each pod by itself where the answer for all has %s', async (_, answer) => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    scene.backend.listPodStatuses = () => Promise.resolve(answer as never);
    await scene.start();
    await scene.clock.advance(minute);
    expect(scene.node.status('web')).toEqual(runningStatus(web));
  });

  it('takes what is no list for no answer', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    scene.backend.listPodStatuses = () => Promise.resolve('all of them' as never);
    await scene.start();
    expect(scene.node.notified).toEqual([]);
    expect(scene.logged).toEqual(['pod statuses not listed']);
  });

  it('takes over what is said of others where what is said of one cannot be taken', async () => {
    await using scene = new TrackerScene();
    for (const name of ['odd', 'web']) scene.add(name);
    scene.backend.withBulk();
    const { notify } = scene.node;
    Object.assign(scene.node, {
      notify: (pod: Pod) => {
        if (pod.metadata.name === 'odd') throw new Error('not expected');
        notify(pod);
      },
    });
    await scene.start();
    expect(scene.node.status('web')?.phase).toBe('Running');
    expect(scene.logged).toEqual(['look at a pod failed']);
  });

  it('lets others have their turn while it takes over what is said of very many', async () => {
    await using scene = new TrackerScene({ cleanup: false });
    for (let index = 0; index < 5_000; index += 1) scene.add(`pod-${index}`);
    scene.backend.withBulk();
    const turns: number[] = [];
    let isOver = false;
    const count = (): void => {
      turns.push(scene.node.notified.length);
      if (!isOver) setImmediate(count);
    };
    count();
    await scene.start();
    while (scene.node.notified.length < 5_000) await new Promise((resolve) => setImmediate(resolve));
    isOver = true;
    expect(new Set(turns).size).toBeGreaterThanOrEqual(5);
  });

  it('refuses an update to what is no status, and says so', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    const before = scene.node.notified.length;
    for (const answer of [5, 'Running', [], Promise.resolve({}), () => undefined]) {
      expect(() => scene.tracker.updatePodStatus(web, () => answer as PodStatus)).toThrow(
        'pod default/web: updatePodStatus',
      );
    }
    expect(scene.node.notified).toHaveLength(before);
  });

  it('passes over an answer for all that is older than what it knows of the pod', async () => {
    await using scene = new TrackerScene();
    scene.add('other');
    scene.backend.withBulk();
    let answer = (): void => undefined;
    scene.backend.run('web');
    scene.backend.before = () => new Promise((resolve) => (answer = resolve));
    await scene.start();
    const lastStatus: PodStatus = { ...runningStatus(refOf('web')), message: 'newer' };
    scene.node.add('web', { lastStatus });
    await scene.clock.advance(5_000);
    answer();
    await scene.clock.settle();
    expect(scene.node.status('web')?.message).toBe('newer');
  });
});

it('PodsTracker says in the log of its node that the backend throttles', async () => {
  await using scene = new TrackerScene();
  scene.add('web');
  scene.backend.before = () => Promise.reject(refusal(minute));
  await scene.start();
  expect(scene.logged).toEqual(['backend is throttling, calls wait']);
});
