import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';

const timeouts = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

describe('the machine’s clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('waits for longer than a timeout of Node can', async () => {
    vi.useFakeTimers();
    const yearMs = 365 * 86_400_000;
    const fired: string[] = [];
    systemClock.setTimer(yearMs, () => fired.push('timer'));
    const cancelled = systemClock.setTimer(yearMs, () => fired.push('cancelled'));
    void systemClock.sleep(yearMs).then(() => fired.push('sleep'));
    await vi.advanceTimersByTimeAsync(yearMs - 1);
    cancelled.cancel();
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toEqual(['timer', 'sleep']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the process alive for who waits, and not for a timer', async () => {
    const before = timeouts();
    const timer = systemClock.setTimer(60_000, () => undefined);
    expect(timeouts()).toBe(before);
    timer.cancel();

    const controller = new AbortController();
    const waiting = systemClock.sleep(60_000, controller.signal);
    expect(timeouts()).toBe(before + 1);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(timeouts()).toBe(before);
  });

  it('waits for nothing when the signal has aborted', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
