import { describe, expect, it } from 'vitest';
import { PodsTracker } from '../../../src/provider/tracker/pods-tracker.js';
import type { PodsTrackerOptions } from '../../../src/provider/tracker/pods-tracker-options.js';

const handler = {
  listActivePods: () => Promise.resolve([]),
  fetchPodStatus: () => Promise.resolve(undefined),
  cleanupPod: () => Promise.resolve(),
};

describe('the options of a tracker', () => {
  it.each<[PodsTrackerOptions, string]>([
    [{ concurrency: 0 }, 'option concurrency: 0 is not a number from 1 up'],
    [{ missingLooks: NaN }, 'option missingLooks: NaN is not a number from 1 up'],
    [{ callTimeoutMs: 0 }, 'option callTimeoutMs: 0 is not a number above 0'],
    [{ jitter: -1 }, 'option jitter: -1 is not a number from 0 up'],
    [{ pace: { fastestMs: 0 } }, 'option fastestMs of pace: 0 is not a number above 0'],
    [{ cleanup: { intervalMs: 0 } }, 'option intervalMs of cleanup: 0 is not a number above 0'],
    [{ cleanup: { maxPerSweep: 0 } }, 'option maxPerSweep of cleanup: 0 is not a number from 1 up'],
  ])('are refused where they make no sense: %j', (options, message) => {
    expect(() => new PodsTracker(handler, options)).toThrow(message);
  });

  it('may be for ever, and left out', () => {
    const options = { pace: { slowestMs: Infinity }, cleanup: { minAgeMs: Infinity } };
    expect(() => new PodsTracker(handler, options)).not.toThrow();
    expect(() => new PodsTracker(handler, { cleanup: false })).not.toThrow();
  });
});
