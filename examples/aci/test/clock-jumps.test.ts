import { describe, expect, it } from 'vitest';
import { nodes, pods, type Clock } from 'vk-sdk';
import { ManualClock } from 'vk-sdk/testing';
import { isRunning, podOf, Scene } from './scene.js';

/** Timers go on evenly; the time of day can be set. */
class SettableClock extends ManualClock {
  offMs = 0;

  override now(): number {
    return super.now() + this.offMs;
  }

  /** Of somebody whose clock is not set. */
  get others(): Clock {
    return {
      now: () => super.now(),
      setTimer: (delayMs, callback) => this.setTimer(delayMs, callback),
      sleep: (delayMs, signal) => this.sleep(delayMs, signal),
    };
  }
}

const day = 24 * 3_600_000;

describe('a node of the cloud whose clock is set', () => {
  it.each([
    ['forward', day],
    ['back', -day],
  ])('upstream §7: %s by a day loses no group, leaves none, and follows its pods as before', async (_, jumpMs) => {
    const clock = new SettableClock({ nowMs: Date.now() });
    const cleanup = { intervalMs: 30_000, minAgeMs: 60_000 };
    await using scene = await Scene.start({
      clock,
      cloud: { clock: clock.others },
      provider: { tracker: { cleanup } },
    });
    const kept = await scene.run(podOf('kept'));
    const lost = await scene.run(podOf('lost'));
    const forced = await scene.run(podOf('forced'));
    clock.offMs = jumpMs;
    await scene.pass(180_000);
    expect(scene.cloud.requests.count('delete')).toBe(0);
    expect(scene.groups).toHaveLength(3);
    for (const name of ['kept', 'lost', 'forced']) expect(isRunning(scene.pod(name)?.status ?? {})).toBe(true);

    await scene.cloud.faults.vanish(scene.group(lost));
    await scene.status('lost', ({ phase }) => phase === 'Failed');
    await scene.delete('lost');
    const late = await scene.run(podOf('late'));
    await scene.stopNode();
    await scene.server.client.delete(pods, { namespace: 'default', name: 'forced' }, { gracePeriodSeconds: 0 });
    await scene.startNode();
    clock.offMs = 0;
    await scene.until('the unwanted group is gone', () => !scene.groups.includes(scene.group(forced)));
    expect([...scene.groups].sort()).toEqual([scene.group(kept), scene.group(late)].sort());
    const [node] = scene.server.objects(nodes);
    expect(node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });
});
