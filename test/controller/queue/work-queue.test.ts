import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkQueue, type WorkHandler, type WorkQueueOptions } from '../../../src/controller/queue/work-queue.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

/** A queue whose handler notes its calls; a key's run lasts until `end(key)` if `held`. */
function setup(options: Partial<WorkQueueOptions> & { readonly held?: boolean } = {}) {
  const clock = new ManualClock();
  const runs: string[] = [];
  const times: number[] = [];
  const outcomes = new Map<string, unknown[]>();
  const waiting = new Map<string, () => void>();
  let overlapping = 0;
  let most = 0;
  const active = new Set<string>();
  const handler: WorkHandler = async (key, signal) => {
    if (active.has(key)) overlapping += 1;
    active.add(key);
    most = Math.max(most, active.size);
    runs.push(key);
    times.push(clock.now());
    try {
      if (options.held) {
        await new Promise<void>((resolve, reject) => {
          waiting.set(key, resolve);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      }
      const outcome = outcomes.get(key)?.shift();
      if (outcome !== undefined) throw outcome;
    } finally {
      active.delete(key);
    }
  };
  const queue = new WorkQueue(handler, { clock, random: () => 0, ...options });
  const startMs = clock.now();
  return {
    clock,
    queue,
    runs,
    fail: (key: string, ...errors: unknown[]) => outcomes.set(key, errors),
    end: (key: string) => waiting.get(key)?.(),
    sinceStart: () => times.map((time) => time - startMs),
    overlaps: () => overlapping,
    most: () => most,
  };
}

describe('WorkQueue', () => {
  it.each([
    [{ concurrency: 0 }, 'option concurrency of work queue: 0 is not a number from 1 up'],
    [{ maxDelayMs: NaN }, 'option maxDelayMs of work queue: NaN is not a number from 0 up'],
  ])('refuses options that make no sense: %j', (options, message) => {
    expect(() => setup(options)).toThrow(new VkError('InvalidInput', message));
  });

  it('runs nothing before it is started, and all that was added before once it is', async () => {
    const { queue, runs, clock } = setup();
    queue.add('a');
    queue.add('b');
    await clock.settle();
    expect(runs).toEqual([]);
    expect(queue.depth).toBe(2);
    queue.start();
    await queue.idle();
    expect(runs).toEqual(['a', 'b']);
  });

  it('upstream §2: takes any number of adds before the run for one', async () => {
    const { queue, runs } = setup();
    queue.start();
    for (let count = 0; count < 100; count += 1) queue.add('a');
    await queue.idle();
    expect(runs).toEqual(['a']);
  });

  it('upstream §2: first adds pay no bucket: 10,000 keys run without the clock moving', async () => {
    const { queue, runs, clock } = setup();
    const startMs = clock.now();
    queue.start();
    for (let index = 0; index < 10_000; index += 1) queue.add(`k${index}`);
    await queue.idle();
    expect(runs).toHaveLength(10_000);
    expect(clock.now()).toBe(startMs);
    expect(clock.pending).toBe(0);
  });

  it('lets other events have their turn while many handlers end at once', async () => {
    const { queue, runs } = setup();
    for (let index = 0; index < 10_000; index += 1) queue.add(`k${index}`);
    let seen = 0;
    setImmediate(() => (seen = runs.length));
    queue.start();
    await queue.idle();
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(10_000);
  });

  it('runs a key again, once, when it was added while it ran', async () => {
    const { queue, runs, clock, end, overlaps } = setup({ held: true });
    queue.start();
    queue.add('a');
    await clock.settle();
    queue.add('a');
    queue.add('a');
    await clock.settle();
    expect(runs).toEqual(['a']);
    end('a');
    await clock.settle();
    expect(runs).toEqual(['a', 'a']);
    expect(overlaps()).toBe(0);
    end('a');
    await queue.idle();
    expect(runs).toHaveLength(2);
  });

  it('is fair: a key that is added again while it runs goes behind those that wait', async () => {
    const { queue, runs, clock, end } = setup({ held: true, concurrency: 1 });
    queue.start();
    queue.add('hot');
    await clock.settle();
    queue.add('hot');
    queue.add('cold');
    end('hot');
    await clock.settle();
    expect(runs).toEqual(['hot', 'cold']);
    end('cold');
    await clock.settle();
    expect(runs).toEqual(['hot', 'cold', 'hot']);
    end('hot');
    await queue.idle();
  });

  it('works on no more keys at a time than its concurrency', async () => {
    const { queue, clock, end, most, runs } = setup({ held: true, concurrency: 3 });
    queue.start();
    for (const key of 'abcdefg') queue.add(key);
    while (runs.length < 7) {
      await clock.settle();
      expect(queue.running).toBe(3);
      end(runs[runs.length - 3] ?? '');
    }
    for (const key of runs.slice(-3)) end(key);
    await queue.idle();
    expect(most()).toBe(3);
  });

  it('upstream §2: backs off from 5 ms up to its ceiling, and tries for ever', async () => {
    const { queue, clock, fail, sinceStart } = setup({ maxDelayMs: 100 });
    fail('a', ...Array.from({ length: 30 }, (_, index) => new Error(`failure ${index}`)));
    queue.start();
    queue.add('a');
    await clock.advance(60_000);
    const at = sinceStart();
    expect(at.slice(0, 7)).toEqual([0, 5, 15, 35, 75, 155, 255]);
    expect(at).toHaveLength(31);
    expect(at[30]).toBe(155 + 25 * 100);
    expect(queue.attempts('a')).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('varies delays by jitter, never beyond the ceiling', async () => {
    const { queue, clock, fail, sinceStart } = setup({
      random: () => 0.5,
      jitter: 0.4,
      baseDelayMs: 100,
      maxDelayMs: 200,
    });
    fail('a', new Error('one'), new Error('two'), new Error('three'));
    queue.start();
    queue.add('a');
    await clock.advance(10_000);
    expect(sinceStart()).toEqual([0, 80, 240, 400]);
  });

  it('forgets failures with the first success', async () => {
    const { queue, clock, fail, sinceStart } = setup();
    fail('a', new Error('one'), new Error('two'));
    queue.start();
    queue.add('a');
    await clock.advance(1_000);
    fail('a', new Error('again'));
    queue.add('a');
    await clock.settle();
    expect(queue.attempts('a')).toBe(1);
    expect(queue.nextAttemptAt('a')).toBe(clock.now() + 5);
    await clock.advance(1_000);
    expect(sinceStart()).toEqual([0, 5, 15, 1_000, 1_005]);
  });

  it('upstream §2: does not try again when the error says that it is useless, until the next add', async () => {
    const { queue, clock, fail, runs } = setup();
    fail('a', new VkError('InvalidInput', 'pod default/a: no'));
    queue.start();
    queue.add('a');
    await clock.advance(3_600_000);
    expect(runs).toEqual(['a']);
    expect(queue.nextAttemptAt('a')).toBeUndefined();
    queue.add('a');
    await queue.idle();
    expect(runs).toEqual(['a', 'a']);
  });

  it('upstream §2: tries again exactly when the error says so', async () => {
    const { queue, clock, fail, sinceStart } = setup({ random: () => 0.9 });
    fail('a', new VkError('TooManyRequests', 'busy', { retry: { afterMs: 1_234 } }));
    queue.start();
    queue.add('a');
    await clock.advance(1_233);
    expect(sinceStart()).toEqual([0]);
    await clock.advance(1);
    expect(sinceStart()).toEqual([0, 1_234]);
  });

  it('runs a failing key at once when it is added, and still counts its failures', async () => {
    const { queue, clock, fail, sinceStart } = setup({ baseDelayMs: 10_000 });
    fail('a', new Error('one'), new Error('two'));
    queue.start();
    queue.add('a');
    await clock.advance(100);
    queue.add('a');
    await clock.settle();
    expect(sinceStart()).toEqual([0, 100]);
    expect(queue.attempts('a')).toBe(2);
    expect(queue.nextAttemptAt('a')).toBe(clock.now() + 20_000);
    queue.add('a');
    await clock.advance(100_000);
    expect(sinceStart()).toEqual([0, 100, 100]);
  });

  it('drops the planned retry of a key that is forgotten', async () => {
    const { queue, clock, fail, runs } = setup();
    fail('a', new Error('one'));
    queue.start();
    queue.add('a');
    await clock.settle();
    queue.forget('a');
    await clock.advance(1_000);
    expect(runs).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });

  it('keeps the earliest of several delayed adds', async () => {
    const { queue, clock, sinceStart } = setup();
    queue.start();
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    await clock.advance(2_000);
    expect(sinceStart()).toEqual([200]);
  });

  it('needs one timer for 100,000 delayed keys', async () => {
    const { queue, clock, runs } = setup();
    queue.start();
    for (let index = 0; index < 100_000; index += 1) queue.addAfter(`k${index}`, 1_000 + ((index * 7_919) % 50_000));
    expect(clock.pending).toBe(1);
    await clock.advance(1_000);
    await queue.idle();
    expect(runs).toEqual(['k0', 'k50000']);
  });

  it('is not held up by a wall clock that is set back', async () => {
    const clock = new ManualClock();
    let stepMs = 0;
    const stepped = {
      now: () => clock.now() + stepMs,
      setTimer: clock.setTimer.bind(clock),
      sleep: clock.sleep.bind(clock),
    };
    const runs: string[] = [];
    const queue = new WorkQueue(async (key) => void runs.push(key), { clock: stepped });
    queue.start();
    queue.addAfter('a', 1_000);
    queue.addAfter('b', 5_000);
    stepMs = -3_600_000;
    await clock.advance(1_000);
    expect(runs).toEqual(['a']);
    await clock.advance(4_000);
    expect(runs).toEqual(['a', 'b']);
  });

  it('close lets running work end and drops the rest', async () => {
    const { queue, clock, runs, end } = setup({ held: true, concurrency: 1 });
    queue.start();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    await clock.settle();
    const closed = queue.close();
    queue.add('d');
    end('a');
    await closed;
    await clock.advance(1_000);
    expect(runs).toEqual(['a']);
    expect(clock.pending).toBe(0);
    expect(queue.close()).toBe(closed);
  });

  it('close aborts what still runs when the grace is over', async () => {
    const { queue, clock, runs } = setup({ held: true });
    queue.start();
    queue.add('a');
    await clock.settle();
    let done = false;
    const closed = queue.close({ graceMs: 300 }).then(() => (done = true));
    await clock.advance(299);
    expect(done).toBe(false);
    await clock.advance(1);
    await closed;
    expect(runs).toEqual(['a']);
    expect(queue.running).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('close leaves work behind that ignores its signal', async () => {
    const clock = new ManualClock();
    const warnings: string[] = [];
    const nothing = (): void => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (_: object, text: string) => warnings.push(text),
    };
    const queue = new WorkQueue(() => new Promise(() => undefined), { clock, logger });
    queue.start();
    queue.add('a');
    await clock.settle();
    const closed = queue.close({ graceMs: 0 });
    await clock.advance(1_000);
    await closed;
    expect(warnings).toEqual(['work left behind: it ignored its signal']);
  });

  it('tells its metrics of depth, latency, duration and retries', async () => {
    const seen: unknown[] = [];
    const metrics = {
      added: (key: string, depth: number) => seen.push(['added', key, depth]),
      started: (key: string, latencyMs: number) => seen.push(['started', key, latencyMs]),
      finished: (key: string, durationMs: number, failed: boolean) => seen.push(['finished', key, durationMs, failed]),
      retried: (key: string, attempts: number, delayMs: number) => seen.push(['retried', key, attempts, delayMs]),
    };
    const { queue, clock, end, fail } = setup({ held: true, concurrency: 1, metrics });
    fail('a', new Error('one'));
    queue.start();
    queue.add('a');
    queue.add('b');
    await clock.advance(30);
    end('a');
    await clock.settle();
    end('b');
    await queue.idle();
    expect(seen).toEqual([
      ['added', 'a', 1],
      ['added', 'b', 2],
      ['started', 'a', 0],
      ['retried', 'a', 1, 5],
      ['finished', 'a', 30, true],
      ['started', 'b', 30],
      ['finished', 'b', 0, false],
    ]);
    await queue.close({ graceMs: 0 });
  });

  it('runs after every add, one key at a time, within its concurrency, whatever happens', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('addAfter' as const), key, ms: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ do: fc.constant('fail' as const), key, times: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('end' as const), key }),
      fc.record({ do: fc.constant('forget' as const), key }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, concurrency) => {
          const it = setup({ held: true, concurrency });
          const owed = new Set<string>();
          const noteRuns = (): void => it.runs.splice(0).forEach((ran) => owed.delete(ran));
          it.queue.start();
          for (const next of steps) {
            if (next.do === 'advance') await it.clock.advance(next.ms);
            else await it.clock.settle();
            noteRuns();
            if (next.do === 'add') it.queue.add(next.key);
            if (next.do === 'addAfter') it.queue.addAfter(next.key, next.ms);
            if (next.do === 'add' || next.do === 'addAfter') owed.add(next.key);
            if (next.do === 'fail') it.fail(next.key, ...Array.from({ length: next.times }, () => new Error('no')));
            if (next.do === 'end') it.end(next.key);
            if (next.do === 'forget') it.queue.forget(next.key);
          }
          for (let round = 0; round < 12; round += 1) {
            await it.clock.advance(60);
            for (const each of ['a', 'b', 'c']) it.end(each);
            await it.clock.settle();
            noteRuns();
          }
          expect([...owed]).toEqual([]);
          expect(it.overlaps()).toBe(0);
          expect(it.most()).toBeLessThanOrEqual(concurrency);
          await it.queue.idle();
          expect(it.clock.pending).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
