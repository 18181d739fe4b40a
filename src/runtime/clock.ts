/** Time as an injected dependency. No module reads the wall clock or sets a timer except through a {@link Clock}. */

/** A timer that can be cancelled. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in milliseconds since the epoch. */
  now(): number;
  /** Calls `callback` once after `delayMs`. A pending timer does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /**
   * Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts (at once if it has). Somebody waits
   * for it, so it keeps the process alive: a node whose apiserver is away for a while has nothing else that would.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** `setTimeout` fires at once for longer delays (2^31 - 1 ms, about 24.8 days), so these are waited for in parts. */
const longestDelayMs = 0x7fffffff;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs, callback) => startTimeout(delayMs, callback, false),
  sleep(delayMs, signal) {
    return sleepOn({ setTimer: (timerMs, callback) => startTimeout(timerMs, callback, true) }, delayMs, signal);
  },
};

function startTimeout(delayMs: number, callback: () => void, keepsAlive: boolean): Timer {
  let handle: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    const partMs = Math.min(leftMs, longestDelayMs);
    handle = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : callback()), partMs);
    if (!keepsAlive) handle.unref();
  };
  wait(Math.max(delayMs, 0));
  return { cancel: () => clearTimeout(handle) };
}

/** {@link Clock.sleep} on top of {@link Clock.setTimer}, for whoever implements a clock. */
export function sleepOn(clock: Pick<Clock, 'setTimer'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A source of randomness in [0, 1), as `Math.random`. Injected wherever jitter or identity is made. */
export type Random = () => number;
