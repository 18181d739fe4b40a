import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPace, lookIntervalMs, retryIntervalMs } from '../../../src/provider/tracker/pace.js';
import { SteadyTime } from '../../../src/provider/tracker/steady-time.js';

const minute = 60_000;

describe('the pace of looks', () => {
  it('upstream §5 do better: is that of virtual-kubelet for what is new, and slower the longer nothing changes', () => {
    const intervals = [0, 30_000, 2 * minute, 5 * minute, 10 * minute, 24 * 60 * minute].map((quietMs) =>
      lookIntervalMs(defaultPace, quietMs, true),
    );
    expect(intervals).toEqual([5_000, 5_000, 12_000, 30_000, 60_000, 60_000]);
  });

  it('slows down later for a pod that has yet to run, as somebody waits for it', () => {
    const intervals = [5 * minute, 30 * minute, 24 * 60 * minute].map((quietMs) =>
      Math.round(lookIntervalMs(defaultPace, quietMs, false)),
    );
    expect(intervals).toEqual([5_000, 18_000, 60_000]);
  });

  it('stays between its ends, and never gets faster while a pod is quiet', () => {
    const times = fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(times, fc.boolean(), (quiet, isRunning) => {
        const intervals = quiet.sort((a, b) => a - b).map((ms) => lookIntervalMs(defaultPace, ms, isRunning));
        expect(Math.min(...intervals)).toBeGreaterThanOrEqual(defaultPace.fastestMs);
        expect(Math.max(...intervals)).toBeLessThanOrEqual(defaultPace.slowestMs);
        expect(intervals).toEqual([...intervals].sort((a, b) => a - b));
      }),
    );
  });

  it('is slower for quiet pods of a node that has very many, where requests are limited, and the same for new ones', () => {
    const pace = { ...defaultPace, slowestPerPodMs: 60 };
    const intervals = [1, 500, 1_000, 5_000].map((pods) => lookIntervalMs(pace, 24 * 60 * minute, true, pods));
    expect(intervals).toEqual([60_000, 60_000, 60_000, 300_000]);
    expect(lookIntervalMs(pace, 0, true, 5_000)).toBe(5_000);
    for (const pods of [1_000, 5_000, 100_000]) {
      expect((1_000 * pods) / lookIntervalMs(pace, Infinity, true, pods)).toBeLessThan(17);
    }
  });

  it('backs off from a pod that cannot be looked at, up to the slowest', () => {
    expect([1, 2, 3, 4, 1_000].map((failures) => retryIntervalMs(defaultPace, 5_000, failures))).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });
});

describe('steady time', () => {
  it('goes on with the clock, and not with its jumps', () => {
    let now = 1_000_000;
    const time = new SteadyTime({ now: () => now }, 20_000);
    now += 5_000;
    expect(time.now()).toBe(5_000);
    now -= 3 * 60 * minute;
    expect(time.now()).toBe(5_000);
    now += 5_000;
    expect(time.now()).toBe(10_000);
    now += 3 * 60 * minute;
    expect(time.now()).toBe(30_000);
  });
});
