import { beforeEach, describe, expect, it } from 'vitest';
import { Throttle } from '../../../src/provider/cloud/throttle.js';
import { throttlingOf } from '../../../src/provider/cloud/throttling-of.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const refusal = (afterMs?: number) =>
  new VkError('TooManyRequests', 'cloud: not so fast', afterMs === undefined ? {} : { retry: { afterMs } });

/** A clock whose time of day is set while its timers go on as before. */
class SetClock extends ManualClock {
  setMs = 0;
  override now(): number {
    return super.now() + this.setMs;
  }
}

describe('Throttle', () => {
  let clock: SetClock;
  let throttle: Throttle;
  let startMs: number;
  /** When calls began, in ms since the test did. */
  let begun: number[];

  beforeEach(() => {
    clock = new SetClock();
    startMs = clock.now();
    begun = [];
    throttle = new Throttle({ clock, random: () => 0 });
  });

  const refuse = (error: unknown = refusal()): Promise<void> =>
    throttle.run(() => Promise.reject(error as Error)).then(expect.unreachable, () => undefined);
  const call = (work: () => Promise<unknown> = () => Promise.resolve()): Promise<unknown> =>
    throttle.run(() => {
      begun.push(clock.now() - clock.setMs - startMs);
      return work();
    });

  it('holds nothing up while the backend answers, whatever else goes wrong', async () => {
    const failing = [new VkError('NotFound', 'x'), new VkError('Unavailable', 'x'), new TypeError('x'), 'x', null];
    for (const error of failing) await refuse(error);
    await Promise.all(Array.from({ length: 100 }, () => call()));
    expect(begun).toHaveLength(100);
    expect(throttle.pausedUntil).toBeUndefined();
  });

  it('upstream §7: pauses everything for as long as the backend asks for', async () => {
    await refuse(refusal(30_000));
    expect(throttle.pausedUntil).toBe(startMs + 30_000);
    const waiting = call();
    await clock.advance(29_999);
    expect(begun).toEqual([]);
    expect(throttle.waiting).toBe(1);
    await clock.advance(1);
    await waiting;
    expect(begun).toEqual([30_000]);
    expect(throttle.pausedUntil).toBeUndefined();
  });

  it('passes an error on to whoever made the call, and repeats nothing', async () => {
    const error = refusal(5);
    let calls = 0;
    await expect(throttle.run(() => Promise.reject(((calls += 1), error)))).rejects.toBe(error);
    await clock.advance(60_000);
    expect(calls).toBe(1);
  });

  it('backs off where the backend names no time, up to its ceiling, and a success begins anew', async () => {
    throttle = new Throttle({ clock, random: () => 0, baseDelayMs: 1_000, maxDelayMs: 4_000 });
    const pauses: number[] = [];
    for (const error of [refusal(), refusal(), refusal(0), refusal(), 'success', refusal()]) {
      if (error === 'success') await call();
      else {
        await refuse(error);
        pauses.push((throttle.pausedUntil ?? 0) - clock.now());
      }
      await clock.advance(60_000);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 4_000, 1_000]);
  });

  it('lets chance shorten its own pauses and lengthen those that the backend asks for', async () => {
    const random = (): number => 0.9;
    throttle = new Throttle({ clock, random });
    await refuse();
    expect(throttle.pausedUntil).toBe(startMs + 550);
    throttle = new Throttle({ clock, random });
    await refuse(refusal(1_000));
    expect(throttle.pausedUntil).toBe(startMs + 1_090);
    await clock.advance(10_000);
  });

  it('lets nobody wait for a pause that is longer than wanted, and says when to come back', async () => {
    throttle = new Throttle({ clock, random: () => 0, longestWaitMs: 5_000 });
    await refuse(refusal(5_000));
    const patient = call();
    expect(() => throttle.throwIfRefusing()).not.toThrow();
    const before = throttle.run(() => Promise.reject(refusal(60_000))).catch((error: unknown) => error);
    await clock.advance(5_000);
    await patient;
    await before;
    const [waiting, late] = [call(), call()];
    for (const refused of [waiting, late]) {
      await expect(refused).rejects.toMatchObject({ code: 'TooManyRequests', retry: { afterMs: 60_000 } });
    }
    expect(() => throttle.throwIfRefusing()).toThrow('throttling, and calls pause for another 60 s');
    await clock.advance(60_000);
    throttle.throwIfRefusing();
    await call();
    expect(begun).toEqual([5_000, 65_000]);
    await clock.advance(10_000);
  });

  it('refuses those that wait when a pause becomes longer than they may wait for', async () => {
    throttle = new Throttle({ clock, random: () => 0, longestWaitMs: 5_000 });
    let end: (error: unknown) => void = () => undefined;
    const running = throttle.run(() => new Promise((_, reject) => (end = reject)));
    await refuse(refusal(1_000));
    const waiting = call().catch((error: unknown) => error);
    end(refusal(3_600_000));
    await running.catch(() => undefined);
    expect(await waiting).toMatchObject({ code: 'TooManyRequests', retry: { afterMs: 3_600_000 } });
    expect(throttle.waiting).toBe(0);
    expect(begun).toEqual([]);
    await clock.advance(3_700_000);
  });

  it('does not make a pause longer by what it refused itself', async () => {
    throttle = new Throttle({ clock, random: () => 1, longestWaitMs: 5_000 });
    const refused = Array.from({ length: 20 }, () =>
      throttle.run(async () => {
        await clock.sleep(30_000);
        await throttle.run(() => Promise.resolve());
      }),
    ).map((each) => expect(each).rejects.toMatchObject({ code: 'TooManyRequests' }));
    await refuse(refusal(60_000));
    expect(throttle.pausedUntil).toBe(startMs + 66_000);
    await clock.advance(30_000);
    await Promise.all(refused);
    expect(throttle.pausedUntil).toBe(startMs + 66_000);
    await clock.advance(60_000);
  });

  it('counts one error once, however often it is seen', async () => {
    const error = refusal(1_000);
    const nested = (): Promise<never> => throttle.run(() => throttle.run(() => Promise.reject(error)));
    await expect(nested()).rejects.toBe(error);
    await clock.advance(900);
    const again = refuse(error);
    await clock.advance(200);
    await again;
    expect(throttle.pausedUntil).toBeUndefined();
    await clock.advance(10_000);
    await refuse();
    expect((throttle.pausedUntil ?? 0) - clock.now()).toBe(2_000);
    await clock.advance(10_000);
  });

  it('takes the refusals of a hundred calls at once for one', async () => {
    await Promise.all(Array.from({ length: 100 }, () => refuse()));
    expect(throttle.pausedUntil).toBe(startMs + 1_000);
    await clock.advance(10_000);
    await refuse();
    expect((throttle.pausedUntil ?? 0) - clock.now()).toBe(2_000);
    await clock.advance(10_000);
  });

  it('a refusal lengthens a pause, and never shortens it', async () => {
    let late: (error: Error) => void = () => undefined;
    let later: (error: Error) => void = () => undefined;
    const calls = [
      throttle.run(() => new Promise((_, reject) => (late = reject))),
      throttle.run(() => new Promise((_, reject) => (later = reject))),
    ].map((running) => running.catch(() => undefined));
    await refuse(refusal(10_000));
    late(refusal(2_000));
    await clock.advance(5_000);
    expect(throttle.pausedUntil).toBe(startMs + 10_000);
    later(refusal(20_000));
    await Promise.all(calls);
    expect(throttle.pausedUntil).toBe(startMs + 25_000);
    await clock.advance(60_000);
  });

  it('a success of a call that began before the pause ends nothing', async () => {
    let succeed: () => void = () => undefined;
    const old = throttle.run(() => new Promise<void>((resolve) => (succeed = resolve)));
    await refuse();
    await clock.advance(1_000);
    await refuse();
    succeed();
    await old;
    expect(throttle.pausedUntil).toBe(startMs + 3_000);
    await clock.advance(10_000);
    await refuse();
    expect((throttle.pausedUntil ?? 0) - clock.now()).toBe(4_000);
    await clock.advance(10_000);
  });

  it('after a pause lets one call begin, then two for each that was answered', async () => {
    await refuse(refusal(1_000));
    const ends: (() => void)[] = [];
    const calls = Array.from({ length: 10 }, () => call(() => new Promise<void>((resolve) => ends.push(resolve))));
    const answer = async (): Promise<void> => {
      ends.splice(0).forEach((end) => end());
      await clock.settle();
    };
    await clock.advance(1_000);
    expect(begun).toHaveLength(1);
    await answer();
    expect(begun).toHaveLength(3);
    await answer();
    expect(begun).toHaveLength(7);
    await answer();
    expect(begun).toHaveLength(10);
    await answer();
    await Promise.all(calls);
    await Promise.all(Array.from({ length: 50 }, () => call()));
    expect(begun).toHaveLength(60);
  });

  it('after a pause is open to all within seconds though no call is ever answered', async () => {
    await refuse(refusal(1_000));
    const calls = Array.from({ length: 500 }, () => call(() => new Promise(() => undefined)));
    await clock.advance(20_000);
    const counts = [1_000, 2_000, 3_000, 4_000].map((at) => begun.filter((beganAt) => beganAt === at).length);
    expect(counts).toEqual([1, 2, 4, 8]);
    expect(begun).toHaveLength(calls.length);
  });

  it('holds those up that come just after a pause, too', async () => {
    await refuse(refusal(1_000));
    await clock.advance(1_000);
    const calls = Array.from({ length: 5 }, () => call(() => new Promise(() => undefined)));
    await clock.settle();
    expect(begun).toHaveLength(1);
    await clock.advance(2_000);
    expect(begun).toHaveLength(5);
    expect(calls).toHaveLength(5);
    await clock.advance(10_000);
  });

  it('the one that is let through may be refused again: the others go on waiting, for longer', async () => {
    await refuse();
    const first = call(() => Promise.reject(refusal())).catch(() => undefined);
    const second = call();
    await clock.advance(1_000);
    await first;
    expect(begun).toEqual([1_000]);
    await clock.advance(1_999);
    expect(begun).toEqual([1_000]);
    await clock.advance(1);
    await second;
    expect(begun).toEqual([1_000, 3_000]);
  });

  it('one that is let in at the moment of another refusal does not begin', async () => {
    await refuse(refusal(1_000));
    const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const held = () => new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
    const calls = Array.from({ length: 5 }, () => call(held).catch(() => undefined));
    await clock.advance(1_000);
    answers[0]?.resolve();
    await clock.settle();
    expect(begun).toHaveLength(3);
    answers[1]?.resolve();
    answers[2]?.reject(refusal(5_000));
    await clock.advance(4_999);
    expect(begun).toHaveLength(3);
    await clock.advance(5_000);
    expect(begun.slice(3)).toEqual([6_000, 7_000]);
    answers.forEach(({ resolve }) => resolve());
    await Promise.all(calls);
  });

  it('does not deadlock when a call makes another through it, in the queue of those that wait', async () => {
    await refuse(refusal(1_000));
    const calls = Array.from({ length: 20 }, () => throttle.run(() => call()));
    await clock.advance(15_000);
    await Promise.all(calls);
    expect(begun).toHaveLength(20);
  });

  it('stops waiting when a signal aborts, and begins nothing for one that has', async () => {
    await refuse(refusal(1_000));
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    const waiting = throttle.run(() => Promise.resolve(begun.push(0)), abort.signal);
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(throttle.waiting).toBe(0);
    await expect(throttle.run(() => Promise.resolve(begun.push(0)), abort.signal)).rejects.toBe(reason);
    await clock.advance(10_000);
    expect(begun).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('upstream §7: a clock that is set keeps nobody waiting longer', async () => {
    await refuse(refusal(10_000));
    const waiting = call();
    clock.setMs = -86_400_000;
    await clock.advance(10_000);
    await waiting;
    clock.setMs = 86_400_000;
    await refuse(refusal(10_000));
    const next = call();
    clock.setMs = 0;
    await clock.advance(10_000);
    await next;
    expect(begun).toEqual([10_000, 20_000]);
  });

  it.each([NaN, Infinity, -5, Number.MAX_VALUE, 86_400_000])('is sane about a wait of %d ms', async (afterMs) => {
    throttle = new Throttle({ clock, random: () => 0, throttlingOf: () => ({ afterMs }) });
    await refuse();
    const waiting = call();
    await clock.advance(3_600_000);
    await waiting;
    expect(begun[0]).toBeGreaterThanOrEqual(1_000);
  });

  it('takes the word of whoever knows the errors of a backend', async () => {
    throttle = new Throttle({
      clock,
      random: () => 0,
      throttlingOf: (error) => ((error as { statusCode?: number }).statusCode === 429 ? { afterMs: 7_000 } : undefined),
    });
    await refuse(refusal(1));
    expect(throttle.pausedUntil).toBeUndefined();
    await refuse({ statusCode: 429 });
    expect(throttle.pausedUntil).toBe(startMs + 7_000);
    await clock.advance(10_000);
  });
});

describe('the options of a throttle', () => {
  it.each([
    [{ baseDelayMs: 0 }, 'option baseDelayMs: 0 is not a number above 0'],
    [{ maxDelayMs: NaN }, 'option maxDelayMs: NaN is not a number above 0'],
    [{ longestWaitMs: -1 }, 'option longestWaitMs: -1 is not a number from 0 up'],
  ])('are refused where they make no sense: %j', (options, message) => {
    expect(() => new Throttle(options)).toThrow(message);
  });
});

describe('throttlingOf', () => {
  it('knows errors of another copy of the package', () => {
    expect(throttlingOf({ code: 'TooManyRequests', retry: { afterMs: 5 } })).toEqual({ afterMs: 5 });
    expect(throttlingOf({ code: 'TooManyRequests' })).toEqual({ afterMs: undefined });
    expect(throttlingOf({ code: 'Unavailable', retry: { afterMs: 5 } })).toEqual({ afterMs: 5 });
  });

  it('passes over what is away without a time, and a quota that no waiting will raise', () => {
    expect(throttlingOf(new VkError('Unavailable', 'x'))).toBeUndefined();
    expect(throttlingOf(new VkError('TooManyRequests', 'x', { retry: false }))).toBeUndefined();
    expect(throttlingOf(undefined)).toBeUndefined();
  });
});
