/** A further command in a container: in its directory, with its environment, and killed when the container ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { VkError } from 'vk-sdk';
import type { CommandResult } from '../probes/check.js';
import type { RunOrder } from '../supervisor/main.js';
import { kill } from '../supervisor/marks.js';
import { joinCommand, type Joined } from '../supervisor/namespace.js';

/** What of a command's output is kept, for a message. */
const mostOutput = 10 * 1024;

export interface Surroundings extends Pick<RunOrder, 'cwd' | 'env'> {
  /** The mount namespace of the container. Undefined if it has none. */
  readonly joined: Joined | undefined;
}

/** The command, and the directory to start it in, by which it is run in its surroundings. */
export function commandIn(
  { cwd, joined }: Surroundings,
  command: readonly string[],
): { readonly argv: readonly string[]; readonly cwd: string } {
  return joined ? { argv: joinCommand(joined, cwd, command), cwd: '/' } : { argv: command, cwd };
}

/** In a group of its own. Its pipes are the caller's to deal with, and its `error`. */
export function spawnCommand(
  where: Surroundings,
  command: readonly string[],
  stdio: 'pipe' | ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  if (!command[0]) throw new VkError('InvalidInput', 'command: empty');
  const { argv, cwd } = commandIn(where, command);
  const [file = '', ...args] = argv;
  return spawn(file, args, { cwd, env: where.env, detached: true, stdio });
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
