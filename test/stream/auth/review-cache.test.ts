import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { ReviewCache } from '../../../src/stream/auth/review-cache.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const cacheOf = (limits: { maxEntries?: number; maxPending?: number } = {}): [ReviewCache<string>, ManualClock] => {
  const clock = new ManualClock();
  return [new ReviewCache({ clock, maxEntries: 10, maxPending: 10, ...limits }), clock];
};

describe('ReviewCache', () => {
  it('asks once while an answer holds, and again afterwards', async () => {
    const [cache, clock] = cacheOf();
    let asked = 0;
    const get = (): Promise<string> => cache.get('k', async () => ({ value: `${++asked}`, keepMs: 1_000 }));
    expect([await get(), await get()]).toEqual(['1', '1']);
    await clock.advance(999);
    expect(await get()).toBe('1');
    await clock.advance(1);
    expect(await get()).toBe('2');
  });

  it('shares one question among all who ask at the same time, and its failure too, which it does not keep', async () => {
    const [cache] = cacheOf();
    let asked = 0;
    const fail = (): Promise<string> =>
      cache.get('k', async () => {
        asked += 1;
        throw new Error('down');
      });
    const results = await Promise.allSettled([fail(), fail(), fail()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(asked).toBe(1);
    expect(await cache.get('k', async () => ({ value: 'up', keepMs: 1 }))).toBe('up');
  });

  it('keeps the answers used last, and no more than it may', async () => {
    const [cache] = cacheOf({ maxEntries: 2 });
    const asked: string[] = [];
    const get = (key: string): Promise<string> =>
      cache.get(key, async () => {
        asked.push(key);
        return { value: key, keepMs: 1_000 };
      });
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
    expect(cache.size).toBe(2);
  });

  it('refuses more questions at once than it may ask', async () => {
    const [cache] = cacheOf({ maxPending: 1 });
    let resolve = (): void => undefined;
    const first = cache.get('a', () => new Promise((done) => (resolve = () => done({ value: 'a', keepMs: 1 }))));
    await expect(cache.get('b', async () => ({ value: 'b', keepMs: 1 }))).rejects.toMatchObject({ httpStatus: 429 });
    resolve();
    expect(await first).toBe('a');
    expect(await cache.get('b', async () => ({ value: 'b', keepMs: 1 }))).toBe('b');
    expect(cache.pending).toBe(0);
  });

  it('believes an answer from when it was asked for, however late it came', async () => {
    const [cache, clock] = cacheOf();
    let resolve = (): void => undefined;
    const slow = cache.get('k', () => new Promise((done) => (resolve = () => done({ value: 'old', keepMs: 1_000 }))));
    await clock.advance(900);
    resolve();
    await slow;
    await clock.advance(100);
    expect(await cache.get('k', async () => ({ value: 'new', keepMs: 1_000 }))).toBe('new');
  });

  it('asks again where the clock was set back, since an answer would hold for as long as it was', async () => {
    let nowMs = 86_400_000;
    const clock = { ...systemClock, now: () => nowMs };
    const cache = new ReviewCache<string>({ clock, maxEntries: 10, maxPending: 10 });
    const get = (value: string): Promise<string> => cache.get('k', async () => ({ value, keepMs: 1_000 }));
    expect(await get('old')).toBe('old');
    nowMs = 0;
    expect(await get('new')).toBe('new');
    nowMs = 999;
    expect(await get('newer')).toBe('new');
  });
});
