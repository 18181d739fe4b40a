import { describe, expect, it } from 'vitest';
import { defaultCleanupRules } from '../../../src/provider/tracker/cleanup-rules.js';
import { isSuspicious, sweep } from '../../../src/provider/tracker/dangling-pods.js';
import { VkError } from '../../../src/runtime/errors.js';
import { refOf, TrackerScene } from './tracker-scene.js';

const minute = 60_000;
const hour = 60 * minute;

/** A node with pods of its own, beside which others dangle. */
async function sceneWith(dangling: readonly string[], wanted = 20): Promise<TrackerScene> {
  const scene = new TrackerScene();
  for (let index = 0; index < wanted; index += 1) scene.add(`wanted-${index}`);
  for (const name of dangling) scene.backend.run(name);
  await scene.start();
  return scene;
}

describe('the rules for dangling pods', () => {
  it('give up a pod after so many sightings over so long, and so many of them at a time', () => {
    const rules = { ...defaultCleanupRules, maxPerSweep: 1 };
    const pods = ['a', 'b'].map((name) => [name, name] as const);
    const first = sweep(pods, new Map(), rules, 0);
    expect(first.dangling).toEqual([]);
    const tooSoon = sweep(pods, first.sightings, rules, rules.minAgeMs - 1);
    expect(tooSoon.dangling).toEqual([]);
    const second = sweep(pods, first.sightings, rules, rules.minAgeMs);
    expect(second.dangling).toEqual(['a']);
    expect(sweep(pods, second.sightings, rules, rules.minAgeMs).dangling).toEqual(['b']);
  });

  it('doubt that most of what a backend has was left behind', () => {
    expect([isSuspicious(1, 0), isSuspicious(5, 4), isSuspicious(4, 4), isSuspicious(0, 0)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('PodsTracker, of pods that only the backend has', () => {
  it('upstream §5: removes one that nobody stands for, when it has seen it twice', async () => {
    await using scene = await sceneWith(['left']);
    await scene.clock.advance(9 * minute);
    expect(scene.backend.cleaned).toEqual([]);
    expect(scene.tracker.status).toMatchObject({ dangling: 1, isSuspicious: false });
    await scene.clock.advance(2 * minute);
    expect(scene.backend.cleaned).toEqual(['left']);
    expect(scene.tracker.status.dangling).toBe(0);
  });

  it('upstream §5 do better: leaves one alone that the backend made a moment ago', async () => {
    await using scene = await sceneWith(['young']);
    scene.backend.createdAt.set(refOf('young').uid, scene.clock.now() + 8 * minute);
    await scene.clock.advance(14 * minute);
    expect(scene.backend.cleaned).toEqual([]);
    await scene.clock.advance(10 * minute);
    expect(scene.backend.cleaned).toEqual(['young']);
  });

  it('upstream §5 do better: knows pods by their uid', async () => {
    await using scene = await sceneWith([]);
    const uid = 'uid-of-older';
    scene.backend.list = () => [
      { ref: { namespace: 'default', name: 'wanted-0', uid } },
      ...[...scene.backend.statuses.keys()].map((each) => scene.backend.active(each)),
    ];
    await scene.clock.advance(11 * minute);
    expect(scene.backend.cleaned).toEqual(['wanted-0']);
    expect(scene.backend.statuses.has(refOf('wanted-0').uid)).toBe(true);
  });

  it('takes a cap of them at a time', async () => {
    const names = Array.from({ length: 15 }, (_, index) => `left-${index}`);
    await using scene = await sceneWith(names);
    await scene.clock.advance(11 * minute);
    expect(scene.backend.cleaned).toHaveLength(10);
    await scene.clock.advance(5 * minute);
    expect(scene.backend.cleaned).toHaveLength(15);
  });

  it('asks the apiserver itself before each, and removes none that it has', async () => {
    await using scene = await sceneWith(['unseen']);
    scene.node.inKubernetes.add(refOf('unseen').uid);
    await scene.clock.advance(hour);
    expect(scene.backend.cleaned).toEqual([]);
  });

  it('looks again after the apiserver has answered: somebody may stand for the pod by then', async () => {
    await using scene = await sceneWith(['late']);
    scene.node.existsInKubernetes = (ref) => {
      scene.node.add(ref.name);
      return Promise.resolve(false);
    };
    await scene.clock.advance(hour);
    expect(scene.backend.cleaned).toEqual([]);
  });

  it('is content when one has gone by itself, and tries again when it cannot be removed', async () => {
    await using scene = await sceneWith(['gone', 'stuck']);
    let attempts = 0;
    scene.backend.before = (method, name) => {
      if (method !== 'cleanupPod') return;
      attempts += 1;
      if (name === 'gone') throw new VkError('NotFound', 'group gone: no such group');
      throw new VkError('Conflict', 'group stuck: is being provisioned');
    };
    await scene.clock.advance(11 * minute);
    expect(attempts).toBe(2);
    expect(scene.logged.filter((message) => message === 'dangling pod not removed')).toHaveLength(1);
    scene.backend.statuses.delete(refOf('gone').uid);
    scene.backend.before = () => undefined;
    await scene.clock.advance(11 * minute);
    expect(scene.backend.cleaned).toEqual(['stuck']);
  });

  it('removes nothing where that is turned off', async () => {
    await using scene = new TrackerScene({ cleanup: false });
    scene.add('web');
    scene.backend.run('left');
    await scene.start();
    await scene.clock.advance(6 * hour);
    expect(scene.backend.cleaned).toEqual([]);
  });
});

describe('PodsTracker, in the disasters of others', () => {
  it('upstream §5 do better: deletes nothing after lists that failed', async () => {
    await using scene = await sceneWith(['left']);
    scene.backend.before = (method) => {
      if (method === 'listActivePods') throw new VkError('Internal', 'list failed');
    };
    await scene.clock.advance(6 * hour);
    expect(scene.backend.cleaned).toEqual([]);
    expect(scene.node.status('wanted-0')?.phase).toBe('Running');
  });

  it.each([
    ['empty', []],
    ['none at all', undefined],
    ['not a list', 'all of them'],
    ['full of nothing', [null, {}, { ref: null }, { ref: { namespace: '', name: 'x', uid: '' } }]],
  ])('upstream §5 do better: deletes and fails nothing after a list that is %s', async (_, answer) => {
    await using scene = await sceneWith(['left']);
    scene.backend.list = () => answer as never;
    await scene.clock.advance(6 * hour);
    expect(scene.backend.cleaned).toEqual([]);
    expect(scene.node.status('wanted-0')?.phase).toBe('Running');
  });

  it('upstream §7, theme 3: the node object was deleted and Kubernetes shows no pods: an hour passes before any goes', async () => {
    await using scene = await sceneWith([]);
    scene.node.pods.clear();
    scene.node.inKubernetes.clear();
    await scene.clock.advance(hour);
    expect(scene.backend.cleaned).toEqual([]);
    expect(scene.tracker.status).toMatchObject({ dangling: 20, isSuspicious: true });
    expect(scene.logged).toContain('most pods of the backend look dangling');
    await scene.clock.advance(6 * minute);
    expect(scene.backend.cleaned).toHaveLength(10);
  });

  it('upstream §7, theme 3: and nothing goes when the pods come back in time', async () => {
    await using scene = await sceneWith([]);
    const pods = [...scene.node.pods];
    scene.node.pods.clear();
    await scene.clock.advance(59 * minute);
    for (const [uid, pod] of pods) scene.node.pods.set(uid, pod);
    await scene.clock.advance(6 * hour);
    expect(scene.backend.cleaned).toEqual([]);
  });

  it('upstream §7, theme 3: Kubernetes is out of reach for hours: all stays, and is counted anew after it', async () => {
    await using scene = await sceneWith(['left']);
    await scene.clock.advance(6 * minute);
    scene.node.isFresh = false;
    scene.node.isReachable = false;
    await scene.clock.advance(6 * hour);
    expect(scene.backend.cleaned).toEqual([]);
    scene.node.isFresh = true;
    await scene.clock.advance(hour);
    expect(scene.backend.cleaned).toEqual([]);
    scene.node.isReachable = true;
    await scene.clock.advance(16 * minute);
    expect(scene.backend.cleaned).toEqual(['left']);
  });

  it('removes nothing while the view of Kubernetes is old, though the apiserver answers', async () => {
    await using scene = await sceneWith(['left']);
    scene.node.isFresh = false;
    await scene.clock.advance(6 * hour + 6 * minute);
    scene.node.isFresh = true;
    await scene.clock.advance(5 * minute);
    expect(scene.backend.cleaned).toEqual([]);
    await scene.clock.advance(5 * minute);
    expect(scene.backend.cleaned).toEqual(['left']);
  });

  it.each([3, -3])(
    'upstream §7, theme 3: the clock is set by %i hours: nothing goes early, and looks go on',
    async (hours) => {
      await using scene = await sceneWith(['left']);
      scene.node.add('pending', { lastStatus: { phase: 'Pending' } });
      await scene.clock.advance(6 * minute);
      scene.node.add('new', { lastStatus: { phase: 'Pending' }, createdAt: scene.clock.now() });
      await scene.clock.advance(5_000);
      scene.clock.offMs = hours * hour;
      const asked = scene.backend.asked.length;
      await scene.clock.advance(30_000);
      expect(scene.backend.cleaned).toEqual([]);
      expect(scene.node.status('new')?.phase).toBe('Pending');
      scene.backend.run('new');
      await scene.clock.advance(90_000);
      expect(scene.node.status('new')?.phase).toBe('Running');
      expect(scene.backend.asked.length).toBeGreaterThan(asked + 20);
      await scene.clock.advance(11 * minute);
      expect(scene.backend.cleaned).toEqual(['left']);
    },
  );

  it('what a list lacks is failed only when it is not found by itself either', async () => {
    await using scene = await sceneWith([]);
    const hidden = refOf('wanted-3').uid;
    scene.backend.list = () =>
      [...scene.backend.statuses.keys()].filter((uid) => uid !== hidden).map((uid) => scene.backend.active(uid));
    scene.backend.statuses.delete(refOf('wanted-4').uid);
    await scene.clock.advance(20 * minute);
    expect(scene.node.status('wanted-3')?.phase).toBe('Running');
    expect(scene.node.status('wanted-4')?.phase).toBe('Failed');
  });
});
