import { describe, expect, it } from 'vitest';
import type { BackendEvent } from '../../../src/provider/tracker/pods-tracker-handler.js';
import { refOf, runningStatus, TrackerScene } from './tracker-scene.js';

const minute = 60_000;
const hour = 60 * minute;

describe('PodsTracker, of events', () => {
  const event = (at: number, reason: string): BackendEvent => ({ at, type: 'Warning', reason, message: 'm' });

  it('upstream §5: tells of a pod’s events, each once, of every pod by a cursor of its own', async () => {
    await using scene = new TrackerScene();
    scene.backend.withEvents();
    const [web, db] = [scene.add('web'), scene.add('db')];
    const now = scene.clock.now();
    scene.backend.history.set(web.uid, [event(now + 50_000, 'Killing')]);
    scene.backend.history.set(db.uid, [event(now - 10_000, 'Pulling')]);
    await scene.start();
    await scene.clock.advance(minute);
    expect(scene.node.events).toEqual(['web Warning Killing: m', 'db Warning Pulling: m']);
  });

  it('says up to when it has told them', async () => {
    await using scene = new TrackerScene();
    scene.add('web');
    const asked: number[] = [];
    const now = scene.clock.now();
    scene.backend.fetchPodEvents = (_, since) => {
      asked.push(since);
      return Promise.resolve([event(now + 3_000, 'Killing')]);
    };
    await scene.start();
    await scene.clock.advance(5_000);
    expect(asked[0]).toBeLessThan(now);
    expect(asked[1]).toBe(now + 3_000);
  });

  it('does not repeat the past of pods that it finds at start', async () => {
    await using scene = new TrackerScene();
    scene.backend.withEvents();
    const web = scene.add('web', { createdAt: 0, lastStatus: runningStatus(refOf('web')) });
    const now = scene.clock.now();
    scene.backend.history.set(web.uid, [event(now - hour, 'Pulled'), event(now - 1, 'Started')]);
    await scene.start();
    scene.backend.history.get(web.uid)?.push(event(now + 1_000, 'BackOff'));
    await scene.clock.advance(2 * minute);
    expect(scene.node.events).toEqual(['web Warning BackOff: m']);
  });

  it('takes events that a status brings along', async () => {
    await using scene = new TrackerScene();
    const web = scene.add('web');
    scene.backend.fetchPodStatus = (ref, context) => {
      context.reportEvents([event(scene.clock.now(), 'Started')]);
      return Promise.resolve(runningStatus(ref));
    };
    await scene.start();
    expect(scene.node.events).toEqual(['web Warning Started: m']);
    expect(scene.node.status('web')).toEqual(runningStatus(web));
  });

  it('asks for the last ones of a pod that has ended, also where all are asked for at once', async () => {
    for (const isBulk of [false, true]) {
      await using scene = new TrackerScene();
      scene.backend.withEvents();
      if (isBulk) scene.backend.withBulk();
      const web = scene.add('web');
      await scene.start();
      scene.backend.statuses.set(web.uid, { phase: 'Failed' });
      scene.backend.history.set(web.uid, [event(scene.clock.now() + 4_000, 'OOMKilled')]);
      await scene.clock.advance(15_000);
      expect(scene.node.events).toEqual(['web Warning OOMKilled: m']);
    }
  });

  it('does not ask for the events of quiet pods each time that all statuses are asked for', async () => {
    await using scene = new TrackerScene();
    let asked = 0;
    scene.backend.withBulk();
    scene.backend.withEvents();
    scene.backend.before = (method) => void (asked += method === 'fetchPodEvents' ? 1 : 0);
    for (let index = 0; index < 50; index += 1) scene.add(`pod-${index}`);
    await scene.start();
    await scene.clock.advance(hour);
    const before = asked;
    scene.add('young');
    await scene.clock.advance(minute);
    expect(asked - before).toBeLessThanOrEqual(50 + 12);
  });

  it('goes on without them when they cannot be fetched', async () => {
    await using scene = new TrackerScene();
    scene.backend.withEvents();
    scene.add('web');
    scene.backend.before = (method) => {
      if (method === 'fetchPodEvents') throw new Error('events are down');
    };
    await scene.start();
    expect(scene.node.status('web')?.phase).toBe('Running');
    expect(scene.logged).toEqual(['pod events not fetched']);
  });
});
