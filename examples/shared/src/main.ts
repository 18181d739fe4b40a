import { UsageError } from './command-line.js';

/** Runs a program; what it fails with becomes a line on stderr and an exit code. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  // Idle nodes wait on timers and signals, neither of which keeps a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    await main();
  } catch (error) {
    if (error instanceof UsageError && error.exitCode === 0) {
      process.stdout.write(`${error.message}\n`);
      return;
    }
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? error.exitCode : 1;
  } finally {
    clearInterval(alive);
  }
}
