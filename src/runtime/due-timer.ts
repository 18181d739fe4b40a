/** Waiting for hours, on a machine that may sleep and whose clock may be set meanwhile. */
import type { Clock, Timer } from './clock.js';

/** How often it is looked whether the time has come. */
const lookMs = 60_000;

/**
 * Calls `callback` at `dueMs` by the clock, and no later than after `longestMs` by the time that has passed: whichever of
 * them is wrong. At once, before it returns, if that is now.
 */
export function setDueTimer(clock: Clock, dueMs: number, longestMs: number, callback: () => void): Timer {
  let leftMs = longestMs;
  let timer: Timer | undefined;
  const look = (): void => {
    const waitMs = Math.min(dueMs - clock.now(), leftMs, lookMs);
    if (waitMs <= 0) {
      callback();
      return;
    }
    leftMs -= waitMs;
    timer = clock.setTimer(waitMs, look);
  };
  look();
  return { cancel: () => timer?.cancel() };
}
