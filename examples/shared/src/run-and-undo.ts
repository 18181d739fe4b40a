import { Cleanup } from './cleanup.js';
import { stopSignal } from './stop-signal.js';

/**
 * Does `work` until it ends or Ctrl-C comes, and then undoes what it left to its cleanup. What could not be undone is said, and
 * makes the exit code 1. `beforeUndoing` is called first if Ctrl-C came. Call it once: it takes the signals of the process.
 */
export async function runAndUndo(
  work: (stop: AbortSignal, cleanup: Cleanup) => Promise<void>,
  beforeUndoing?: () => void,
): Promise<void> {
  const stop = stopSignal();
  const cleanup = new Cleanup();
  try {
    await work(stop, cleanup);
  } catch (error) {
    // What was under way when Ctrl-C came fails for that, and is no news.
    if (!stop.aborted) throw error;
  } finally {
    if (stop.aborted) beforeUndoing?.();
    const failures = await cleanup.run();
    for (const failure of failures) process.stderr.write(`left behind: ${failure}\n`);
    if (failures.length > 0) process.exitCode = 1;
  }
}
