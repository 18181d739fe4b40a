/** `kubectl exec`: a command in a running container, on pipes or on a terminal. */
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pipeToChildProcess, pipeToTerminal, VkError, type AttachIO } from 'vk-sdk';
import type { ContainerRun } from '../runs/container-run.js';
import { findExecutable } from '../supervisor/child.js';
import { Pipes } from '../supervisor/pipes.js';
import { commandIn, type Surroundings } from './command.js';

/** Called with the process that belongs to the container now, and again (undefined) when it no longer does. */
export type OnProcess = (pid: number | undefined) => void;

/** Resolves with the exit code, after all output. Rejects with `Aborted` if the client has gone. */
export async function execIn(
  run: ContainerRun,
  command: readonly string[],
  io: AttachIO,
  signal: AbortSignal,
  onProcess: OnProcess,
): Promise<number> {
  signal.throwIfAborted();
  try {
    return await (io.tty ? onTerminal : onPipes)(run, command, io, signal, onProcess);
  } finally {
    onProcess(undefined);
  }
}

async function onPipes(
  run: ContainerRun,
  command: readonly string[],
  io: AttachIO,
  signal: AbortSignal,
  onProcess: OnProcess,
): Promise<number> {
  const { surroundings } = run;
  const { env } = surroundings;
  // Where it would be the joining program that says so, as the exit code of the command.
  if (surroundings.joined) locate(command, surroundings);
  const { argv, cwd } = commandIn(surroundings, command);
  const [file = '', ...args] = argv;
  const pipes = new Pipes(join(run.folder, `exec-${randomUUID()}`), io.stdin !== undefined);
  const child = spawn(file, args, { cwd, env, detached: true, stdio: pipes.stdio });
  pipes.handedOver();
  const { stdout, stderr, stdin = null } = pipes;
  onProcess(child.pid);
  return pipeToChildProcess(io, Object.assign(child, { stdin, stdout, stderr }), { signal, processGroup: true });
}

async function onTerminal(
  run: ContainerRun,
  command: readonly string[],
  io: AttachIO,
  signal: AbortSignal,
  onProcess: OnProcess,
): Promise<number> {
  // Loaded here: not every machine has its native part.
  const { Terminal } = await import('../supervisor/terminal.js').catch((cause: unknown) => {
    throw new VkError('NotImplemented', 'terminal: the library @lydell/node-pty does not work here', { cause });
  });
  const { surroundings } = run;
  const { env, joined } = surroundings;
  const found = locate(command, surroundings);
  const { argv, cwd } = commandIn(surroundings, command);
  const file = joined ? joined.tools.nsenter : found;
  const terminal = new Terminal({ file, args: argv.slice(1), cwd, env: { ...env, TERM: env['TERM'] ?? 'xterm' } });
  onProcess(terminal.pid);
  return pipeToTerminal(io, terminal, { signal });
}

/** Before there is a terminal: the library would have a missing program end with exit code 1. */
function locate(argv: readonly string[], { cwd, env, joined }: Surroundings): string {
  try {
    return findExecutable({ argv, cwd, env }, joined);
  } catch (cause) {
    throw new VkError('InvalidInput', `command ${VkError.from(cause).message}`, { cause });
  }
}
