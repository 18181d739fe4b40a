/** Waiting for a state of the world, with a bound. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `check` until it neither throws nor rejects, and answers what it answers. After `withinMs` (default 15 s: what a
 * loaded machine needs, not what is usual) it fails with the last failure of `check`.
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await delay(25);
    }
  }
}

/** Fails if `check` fails at any time in the next `forMs`: for what must not happen. */
export async function staysTrue(check: () => void, forMs: number): Promise<void> {
  const end = performance.now() + forMs;
  do {
    check();
    await delay(25);
  } while (performance.now() < end);
}
