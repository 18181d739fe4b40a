/** What a process ended with, as the one number that Kubernetes knows. Neighbours: `child-process.ts`, `terminal.ts`. */
import { constants } from 'node:os';

/** A process that a signal ended has 128 and the signal's number, as in a shell. */
export function exitCodeOf(
  code: number | null | undefined,
  signal: NodeJS.Signals | number | null | undefined,
): number {
  if (signal) return 128 + (typeof signal === 'number' ? signal : constants.signals[signal]);
  return code ?? 255;
}
