/** Clients that are lost, on a clock that a test moves. */
import { ManualClock } from '../../../src/testing/manual-clock.js';
import type { Cut, CuttableProxy } from './cuttable-proxy.js';

/** Not the defaults, which are of no use to a test, but in their order. */
export const limits = {
  idleTimeoutMs: 600_000,
  pingIntervalMs: 30_000,
  creationTimeoutMs: 30_000,
  lingerMs: 10_000,
  providerGraceMs: 10_000,
};

/** Stands still but for what `runUntil` moves it; sockets get real time at each step. Begins when certificates do. */
export function sessionClock(): ManualClock {
  return new ManualClock({ nowMs: Date.now(), settle: () => new Promise((resolve) => setTimeout(resolve, 2)) });
}

/** Whether `promise` has settled. */
export function watch(promise: Promise<unknown>): () => boolean {
  let done = false;
  void promise.catch(() => undefined).then(() => (done = true));
  return () => done;
}

/** Moves time until the server has closed what went through `proxy`. How much of it that took. */
export async function closing(proxy: CuttableProxy, clock: ManualClock): Promise<number> {
  const beganMs = clock.now();
  await clock.runUntil(watch(proxy.closedByServer));
  return clock.now() - beganMs;
}

/**
 * A closed or reset connection shows at the next write; silence after the idle time. That begins when the kernels between
 * the two ends take nothing any more, which is some of the clock's time.
 */
export function boundOf(how: Cut): number {
  return how === 'silence' ? 3 * limits.idleTimeoutMs : 2 * limits.pingIntervalMs + limits.providerGraceMs;
}
