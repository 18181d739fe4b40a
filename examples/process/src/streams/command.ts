/** A further command in a container: in its directory, with its environment, and killed when the container ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { VkError } from 'vk-sdk';
import type { CommandResult } from '../probes/check.js';
import type { RunOrder } from '../supervisor/main.js';
import { kill } from '../supervisor/marks.js';

/** What of a command's output is kept, for a message. */
const mostOutput = 10 * 1024;

export type Surroundings = Pick<RunOrder, 'cwd' | 'env'>;

/** In a group of its own. Its pipes are the caller's to deal with, and its `error`. */
export function spawnCommand(
  { cwd, env }: Surroundings,
  command: readonly string[],
  stdio: 'pipe' | ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  const [file, ...args] = command;
  if (!file) throw new VkError('InvalidInput', 'command: empty');
  return spawn(file, args, { cwd, env, detached: true, stdio });
}

/** Runs a command without input. When aborted it kills the command's group, and rejects with the signal's reason. */
export async function runCommand(
  where: Surroundings,
  command: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const child = spawnCommand(where, command, ['ignore', 'pipe', 'pipe']);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, mostOutput)));
  }
  const killGroup = (): void => {
    if (child.pid !== undefined) kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', killGroup, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        // What it left behind may keep the pipes open; its words no longer count.
        setImmediate(() => resolve(code ?? 137));
      });
    });
    signal.throwIfAborted();
    return { exitCode, output };
  } finally {
    signal.removeEventListener('abort', killGroup);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}
