/** Waiting that nobody waits for: unlike `Clock.sleep` it neither keeps the process alive nor rejects. */
import type { Clock } from '../runtime/clock.js';

/** Whether `delayMs` passed before the signal aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
