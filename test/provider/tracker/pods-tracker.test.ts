import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kube/types.js';
import { Throttle } from '../../../src/provider/cloud/throttle.js';
import { VkError } from '../../../src/runtime/errors.js';
import { serveMetrics } from '../../../src/stream/stats/serve-metrics.js';
import { useCallServer } from '../../stream/stats/call-server.js';
import { refOf, runningStatus, SettableClock, TrackerScene } from './tracker-scene.js';

const answerOf = useCallServer();
const minute = 60_000;
const hour = 60 * minute;

describe('PodsTracker, of statuses', () => {
  it('upstream §5: takes over a status as a whole', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web', { lastStatus: { phase: 'Pending', message: 'provisioning' } });
    await scene.start();
    expect(scene.node.status('web')).toEqual(runningStatus(web));
  });

  it('upstream §5: asks for no pod that has ended, before or after it was seen to end', async () => {
    await using scene = new TrackerScene();
    scene.add('done', { lastStatus: { phase: 'Succeeded' } });
    const web = scene.add('web');
    await scene.start();
    scene.backend.statuses.set(web.uid, { phase: 'Failed' });
    await scene.clock.advance(hour);
    expect(scene.backend.asked).toEqual(['web', 'web']);
  });

  it('upstream §5 do better: looks often at what changes and seldom at what does not', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    await scene.clock.advance(minute);
    expect(scene.backend.asked.length).toBeGreaterThanOrEqual(11);
    await scene.clock.advance(hour);
    const before = scene.backend.asked.length;
    await scene.clock.advance(10 * minute);
    expect(scene.backend.asked.length - before).toBe(10);
    scene.backend.statuses.set(web.uid, { ...runningStatus(web), message: 'restarted' });
    await scene.clock.advance(minute);
    expect(scene.node.status('web')?.message).toBe('restarted');
    const changed = scene.backend.asked.length;
    await scene.clock.advance(minute);
    expect(scene.backend.asked.length - changed).toBeGreaterThanOrEqual(10);
  });

  it('upstream §5 do better: keeps within a limit of requests by looking at quiet pods the less often the more there are', async () => {
    await using scene = new TrackerScene({ pace: { slowestPerPodMs: 600 }, cleanup: false });
    const adopted = { createdAt: 0, lastStatus: runningStatus(refOf('pod-0')) };
    for (let index = 0; index < 300; index += 1) scene.add(`pod-${index}`, adopted);
    scene.clock.offMs = 24 * hour;
    await scene.start();
    await scene.clock.advance(minute);
    const before = scene.backend.asked.length;
    await scene.clock.advance(hour);
    expect(scene.backend.asked.length - before).toBe(hour / 600);

    scene.backend.asked.length = 0;
    scene.add('new');
    await scene.clock.advance(minute);
    expect(scene.backend.asked.filter((name) => name === 'new').length).toBeGreaterThanOrEqual(10);
  });

  it('does not take what it finds after a restart for new', async () => {
    await using scene = new TrackerScene();
    const lastStatus = runningStatus(refOf('web'));
    scene.clock.offMs = 24 * hour;
    scene.add('web', { lastStatus, createdAt: 0 });
    await scene.start();
    await scene.clock.advance(10 * minute);
    expect(scene.backend.asked).toHaveLength(11);
  });

  it('upstream §5 do better: asks for all at once where the backend can tell that, and once for all of them', async () => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 100; index += 1) scene.add(`pod-${index}`);
    scene.backend.withBulk();
    await scene.start();
    await scene.clock.advance(hour);
    const before = scene.backend.asked.length;
    await scene.clock.advance(10 * minute);
    expect(scene.backend.asked.slice(before)).toEqual(Array.from({ length: 10 }, () => 'all'));
    expect(scene.node.notified).toHaveLength(100);
  });

  it('looks at a pod at once when it is told to, also at one that it has not met', async () => {
    await using scene = new TrackerScene();
    await scene.start();
    const web = scene.add('web');
    scene.tracker.look(web);
    await scene.clock.settle();
    expect(scene.backend.asked).toEqual(['web']);
    scene.tracker.look(refOf('nobody'));
    await scene.clock.settle();
    expect(scene.backend.asked).toEqual(['web']);
  });

  it('is not kept busy by a backend that says the same in another form each time', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    const notify = scene.node.notify;
    Object.assign(scene.node, { notify: (pod: Pod) => (scene.node.status('web') ? undefined : notify(pod)) });
    scene.backend.fetchPodStatus = (ref) => {
      scene.backend.asked.push(ref.name);
      return Promise.resolve({ ...runningStatus(ref), startTime: new Date(0) as unknown as string });
    };
    await scene.start();
    await scene.clock.advance(hour);
    const before = scene.backend.asked.length;
    await scene.clock.advance(10 * minute);
    expect(scene.backend.asked.length - before).toBe(10);
  });

  it('asks singly while few of many are due, though the backend can tell of all at once', async () => {
    await using scene = new TrackerScene();
    for (let index = 0; index < 300; index += 1) scene.add(`pod-${index}`);
    scene.backend.withBulk();
    await scene.start();
    await scene.clock.advance(hour);
    const before = scene.backend.asked.length;
    scene.add('young');
    await scene.clock.advance(minute);
    const asked = scene.backend.asked.slice(before);
    expect(asked.filter((name) => name === 'all').length).toBeLessThanOrEqual(2);
    expect(asked.filter((name) => name === 'young').length).toBeGreaterThanOrEqual(9);
  });

  it('leaves a pod to its other call while one runs', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    const release = scene.node.claim(web);
    await scene.start();
    expect(scene.backend.asked).toEqual([]);
    release?.();
    await scene.clock.advance(5_000);
    expect(scene.backend.asked).toEqual(['web']);
    expect(scene.node.claimed.size).toBe(0);
  });

  it('costs one timer while nothing is due, whatever the number of pods', async () => {
    await using scene = new TrackerScene({ cleanup: false });
    for (let index = 0; index < 500; index += 1) scene.add(`pod-${index}`);
    await scene.start();
    await scene.clock.advance(10_000);
    expect(scene.clock.pending).toBe(1);
  });
});

describe('PodsTracker, when a pod is not found', () => {
  it('upstream §5: fails it, with what ran in it terminated, once a second look has not found it either', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    scene.backend.statuses.delete(web.uid);
    await scene.clock.advance(5_000);
    expect(scene.node.status('web')?.phase).toBe('Running');
    await scene.clock.advance(5_000);
    expect(scene.node.status('web')).toMatchObject({
      phase: 'Failed',
      reason: 'NotFound',
      containerStatuses: [{ containerID: 'vk://1', state: { terminated: { exitCode: -137, containerID: 'vk://1' } } }],
    });
  });

  it('believes a backend that finds it again', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    for (let round = 0; round < 5; round += 1) {
      scene.backend.statuses.delete(web.uid);
      await scene.clock.advance(5_000);
      scene.backend.run('web');
      await scene.clock.advance(5_000);
    }
    expect(scene.node.status('web')?.phase).toBe('Running');
  });

  it('upstream §5 do better: fails a Pending one too, after a minute', async () => {
    await using scene = new TrackerScene();
    scene.node.add('web', { lastStatus: { phase: 'Pending' } });
    await scene.start();
    await scene.clock.advance(55_000);
    expect(scene.node.status('web')?.phase).toBe('Pending');
    await scene.clock.advance(15_000);
    expect(scene.node.status('web')).toMatchObject({ phase: 'Failed', reason: 'NotFound' });
  });

  it('upstream §5: changes nothing for a call that failed, and says so once', async () => {
    await using scene = new TrackerScene({ cleanup: false });
    scene.add('web');
    await scene.start();
    scene.backend.before = () => Promise.reject(new Error('backend is down'));
    await scene.clock.advance(hour);
    expect(scene.node.notified).toHaveLength(1);
    expect(scene.logged).toEqual(['pod status not fetched']);
  });

  it('upstream §7, theme 4: a pod that was lost behind our back is noticed by the next list, however quiet it was', async () => {
    await using scene = new TrackerScene({ pace: { slowestMs: hour } });
    const web = scene.add('web', { createdAt: 0, lastStatus: runningStatus(refOf('web')) });
    scene.clock.offMs = 24 * hour;
    scene.add('other');
    await scene.start();
    scene.backend.statuses.delete(web.uid);
    await scene.clock.advance(5 * minute + 10_000);
    expect(scene.node.status('web')?.phase).toBe('Failed');
  });
});

describe('PodsTracker, of updates', () => {
  it('upstream §5: lets the provider change one status at once', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    const before = scene.node.status('web');
    expect(scene.tracker.updatePodStatus(web, (status) => void (status.message = 'quota'))).toBe(true);
    expect(scene.node.status('web')).toEqual({ ...before, message: 'quota' });
    expect(scene.tracker.updatePodStatus(web, () => ({ phase: 'Pending' }))).toBe(true);
    expect(scene.node.status('web')).toEqual({ phase: 'Pending' });
    expect(scene.tracker.updatePodStatus(refOf('nobody'), () => undefined)).toBe(false);
  });

  it('is given a copy, which changes nothing until it is told', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    await scene.start();
    expect(() =>
      scene.tracker.updatePodStatus(web, (status) => {
        status.conditions?.splice(0);
        throw new Error('changed my mind');
      }),
    ).toThrow('changed my mind');
    expect(scene.node.status('web')).toEqual(runningStatus(web));
  });

  it.each(['one', 'all'])('is not overwritten by what was asked for before it: %s', async (how) => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    if (how === 'all') scene.backend.withBulk();
    let answer = (): void => undefined;
    scene.backend.before = () => new Promise((resolve) => (answer = resolve));
    await scene.start();
    scene.tracker.updatePodStatus(web, () => ({ phase: 'Pending', message: 'quota' }));
    scene.backend.before = () => undefined;
    answer();
    await scene.clock.settle();
    expect(scene.node.status('web')).toEqual({ phase: 'Pending', message: 'quota' });
    await scene.clock.advance(10_000);
    expect(scene.node.status('web')).toEqual(runningStatus(web));
  });

  it('the same goes for what the provider tells by itself', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    let answer = (): void => undefined;
    scene.backend.before = () => new Promise((resolve) => (answer = resolve));
    await scene.start();
    scene.node.notify({
      ...(scene.node.find(web)?.pod ?? { metadata: {}, spec: { containers: [] } }),
      status: { phase: 'Unknown' },
    });
    scene.backend.before = () => undefined;
    answer();
    await scene.clock.settle();
    expect(scene.node.status('web')).toEqual({ phase: 'Unknown' });
  });
});

describe('PodsTracker, of a backend that throttles', () => {
  it('makes all calls wait, holds no pod back meanwhile, and counts nothing as a pod’s failure', async () => {
    await using scene = new TrackerScene({ concurrency: 4 });
    for (let index = 0; index < 20; index += 1) scene.add(`pod-${index}`);
    const refusal = new VkError('TooManyRequests', 'cloud: slow down', { retry: { afterMs: 120_000 } });
    scene.backend.before = () => Promise.reject(refusal);
    await scene.start();
    const asked = scene.backend.asked.length;
    expect(asked).toBeLessThanOrEqual(4);
    expect(scene.tracker.status.pausedUntil).toBe(scene.clock.now() + 120_000);
    expect(scene.node.claimed.size).toBe(0);
    scene.backend.before = () => undefined;
    await scene.clock.advance(119_000);
    expect(scene.backend.asked).toHaveLength(asked);
    await scene.clock.advance(20_000);
    expect(scene.node.notified).toHaveLength(20);
    expect(scene.logged).toEqual(['backend is throttling, calls wait']);
  });

  it('shares the pause with the provider’s own calls', async () => {
    const clock = new SettableClock();
    const throttle = new Throttle({ clock, random: () => 0 });
    const refusal = new VkError('TooManyRequests', 'cloud: slow down', { retry: { afterMs: 60_000 } });
    await throttle.run(() => Promise.reject(refusal)).catch(() => undefined);
    await using scene = new TrackerScene({ throttle });
    scene.add('web');
    await scene.start();
    await scene.clock.advance(10_000);
    expect(scene.backend.asked).toEqual([]);
    expect(scene.tracker.status.pausedUntil).toBe(throttle.pausedUntil);
  });
});

describe('PodsTracker, as a whole', () => {
  it('begins with its node and ends with its context, and tells nothing more', async () => {
    const scene = new TrackerScene();
    scene.add('web');
    expect(scene.tracker.status.phase).toBe('new');
    await scene.start();
    expect(scene.tracker.status).toMatchObject({ phase: 'running', pods: 1, waiting: 0, running: 0 });
    let answer = (): void => undefined;
    scene.backend.before = () => new Promise((resolve) => (answer = resolve));
    scene.backend.run('web', 'too late');
    await scene.clock.advance(5_000);
    scene.abort.abort();
    await scene.tracker.close();
    answer();
    await scene.clock.advance(hour);
    expect(scene.tracker.status.phase).toBe('closed');
    expect(scene.node.notified).toHaveLength(1);
    expect(scene.tracker.updatePodStatus(refOf('web'), () => ({ phase: 'Failed' }))).toBe(false);
    expect(scene.clock.pending).toBe(0);
  });

  it('refuses to follow a second node', async () => {
    await using scene = new TrackerScene();
    await scene.start();
    await expect(scene.start()).rejects.toMatchObject({ code: 'InvalidInput' });
  });

  it('asks for nothing before the node has adopted what the backend has', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    scene.node.isAdopted = false;
    await scene.start();
    await scene.clock.advance(hour);
    expect(scene.backend.asked).toEqual([]);
    scene.node.isAdopted = true;
    await scene.clock.advance(5_000);
    expect(scene.backend.asked).toEqual(['web']);
  });

  it('is a source of metrics as others are', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    await scene.start();
    const { body } = await answerOf((call) => serveMetrics(call, [scene.tracker.metrics]));
    expect(body).toContain('vk_tracker_calls_total{method="fetchPodStatus",outcome="ok"} 1');
    expect(body).toContain('vk_tracker_pods 1');
    expect(body).toContain('vk_tracker_status_changes_total 1');
  });

  it('counts its calls by method and outcome', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    await scene.start();
    scene.backend.before = () => Promise.reject(new VkError('Internal', 'no'));
    await scene.clock.advance(5_000);
    const calls = scene.tracker.metrics().find(({ name }) => name === 'vk_tracker_calls_total');
    expect(calls?.values).toEqual([
      { labels: { method: 'fetchPodStatus', outcome: 'ok' }, value: 1 },
      { labels: { method: 'fetchPodStatus', outcome: 'Internal' }, value: 1 },
    ]);
  });
});
