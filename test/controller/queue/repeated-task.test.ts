import { describe, expect, it } from 'vitest';
import { RepeatedTask, type RepeatedStep } from '../../../src/controller/queue/repeated-task.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

function setup(step: (run: number, signal: AbortSignal) => Promise<number | undefined>) {
  const clock = new ManualClock();
  const startMs = clock.now();
  const runs: number[] = [];
  const failures: unknown[] = [];
  const counted: RepeatedStep = (signal) => {
    runs.push(clock.now() - startMs);
    return step(runs.length, signal);
  };
  const task = new RepeatedTask(counted, {
    clock,
    random: () => 0,
    backoff: { baseDelayMs: 100, maxDelayMs: 400, jitter: 0.2 },
    onFailure: (error, attempts, delayMs) => failures.push([(error as Error).message, attempts, delayMs]),
  });
  return { clock, task, runs, failures };
}

describe('RepeatedTask', () => {
  it('runs when poked, and then after the pause that it asks for', async () => {
    const { clock, task, runs } = setup((run) => Promise.resolve(run < 3 ? 1_000 : undefined));
    await clock.advance(10_000);
    expect(runs).toEqual([]);
    task.poke();
    await clock.advance(60_000);
    expect(runs).toEqual([10_000, 11_000, 12_000]);
    expect(clock.pending).toBe(0);
  });

  it('takes any number of pokes while it runs for one run afterwards', async () => {
    let end: () => void = () => undefined;
    const { clock, task, runs } = setup(() => new Promise((resolve) => (end = () => resolve(undefined))));
    task.poke();
    await clock.settle();
    for (let count = 0; count < 5; count += 1) task.poke();
    expect(runs).toHaveLength(1);
    end();
    await clock.settle();
    expect(runs).toHaveLength(2);
    end();
    await clock.settle();
    expect(runs).toHaveLength(2);
    await task.stop();
  });

  it('a poke ends a pause, and the pause begins anew', async () => {
    const { clock, task, runs } = setup(() => Promise.resolve(1_000));
    task.poke();
    await clock.advance(600);
    task.poke();
    await clock.advance(1_000);
    expect(runs).toEqual([0, 600, 1_600]);
    await task.stop();
    expect(clock.pending).toBe(0);
  });

  it('backs off when it fails, and pokes do not shorten that', async () => {
    const { clock, task, runs, failures } = setup((run) =>
      run < 5 ? Promise.reject(new Error(`no ${run}`)) : Promise.resolve(undefined),
    );
    task.poke();
    await clock.advance(50);
    task.poke();
    await clock.advance(10_000);
    expect(runs).toEqual([0, 100, 300, 700, 1_100]);
    expect(failures.slice(-1)).toEqual([['no 4', 4, 400]]);
  });

  it('comes back when the error says so', async () => {
    const busy = new VkError('TooManyRequests', 'busy', { retry: { afterMs: 5_000 } });
    const { clock, task, runs } = setup((run) => (run === 1 ? Promise.reject(busy) : Promise.resolve(undefined)));
    task.poke();
    await clock.advance(60_000);
    expect(runs).toEqual([0, 5_000]);
  });

  it('stop aborts a run, waits for its end and starts no other', async () => {
    let aborted = false;
    const { clock, task, runs } = setup(
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(10);
          });
        }),
    );
    task.poke();
    await clock.settle();
    await task.stop();
    expect(aborted).toBe(true);
    task.poke();
    await clock.advance(1_000);
    expect(runs).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
