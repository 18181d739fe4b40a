import type { Clock, Container } from 'vk-sdk';
import { runCommand, type Surroundings } from '../streams/command.js';

type Hook = NonNullable<NonNullable<Container['lifecycle']>['postStart']>;

/** Runs a lifecycle hook: a command, or a pause. Rejects if it fails, or when aborted. */
export async function runHook(hook: Hook, where: Surroundings, clock: Clock, signal: AbortSignal): Promise<void> {
  if (hook.sleep) await clock.sleep(hook.sleep.seconds * 1_000, signal);
  if (!hook.exec) return;
  const { exitCode, output } = await runCommand(where, hook.exec.command ?? [], signal);
  if (exitCode !== 0) throw new Error(`hook ended with exit code ${exitCode}: ${output.trim()}`);
}
