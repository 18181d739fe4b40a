/** Waiting for what may never come. */
import type { Clock } from '../runtime/clock.js';

/** Waits for the first of `events`, but not for longer than `limitMs`. Whether one came; rejects as the first does. */
export async function within(clock: Clock, limitMs: number, ...events: readonly Promise<unknown>[]): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<false>((resolve) => {
    const timer = clock.setTimer(limitMs, () => resolve(false));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([late, ...events.map((event) => event.then(() => true))]);
  } finally {
    cancel();
  }
}
