/** Ending what runs: asked first, then killed. Neighbours: `child-process.ts`, `terminal.ts`. */
import type { Clock } from '../../runtime/clock.js';

export interface EndProcessOptions {
  /** What a process is asked with. Default: `SIGTERM`; for a terminal `SIGHUP`, as one that is closed sends. */
  readonly killSignal?: NodeJS.Signals;
  /** How long it has before SIGKILL, and how long that is then waited for. Default: 2,000. */
  readonly killAfterMs?: number;
  readonly clock?: Clock;
}

/** Resolves when the process has exited, or when even SIGKILL has not ended it in time. */
export async function endProcess(
  exited: Promise<unknown>,
  kill: (signal: NodeJS.Signals) => void,
  options: Required<EndProcessOptions>,
): Promise<void> {
  for (const signal of [options.killSignal, 'SIGKILL'] as const) {
    kill(signal);
    if (await settlesWithin(exited, options.killAfterMs, options.clock)) return;
  }
}

/** Whether `event` resolves before the time is up. */
export function settlesWithin(event: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, () => resolve(false));
    void event.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
