import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';

const timeouts = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

describe('the machine’s clock', () => {
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
