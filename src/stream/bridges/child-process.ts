/**
 * An exec or attach joined to a process of this host. Neighbours: `pump.ts` (the bytes), `client-watch.ts` (whether
 * anybody is there), `end-process.ts` (how it is ended), `terminal.ts` (the same on a pseudo-terminal).
 *
 * Invariants:
 * 1. The exit code is returned after all that the process had written before it ended has been written to the client.
 * 2. When the promise settles the process has ended, and no pipe, timer or listener of it is left.
 * 3. Processes that the command left behind, and that hold its pipes open, neither delay the end without bound nor cost
 *    output that was there before it.
 */
import type { ChildProcess } from 'node:child_process';
import type { AttachIO } from '../../provider/provider.js';
import { systemClock, type Clock, type Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { untilAborted } from '../../runtime/until-aborted.js';
import { watchClient } from './client-watch.js';
import { endProcess, type EndProcessOptions } from './end-process.js';
import { exitCodeOf } from './exit-code.js';
import { Pump } from './pump.js';

export interface ChildProcessOptions extends EndProcessOptions {
  /** The call's signal. When it aborts the client has gone, and the process is ended. */
  readonly signal?: AbortSignal;
  /**
   * The process was spawned with `detached: true`, and so leads a group of its own: signals go to the whole group, and
   * when its leader has gone the rest is killed, as in a container. Only when the client has gone: what a command that
   * ended by itself left in the background stays. Default: false.
   */
  readonly processGroup?: boolean;
  /**
   * After the process has ended: how long its output may be silent, with the client ready for more, until what still
   * holds it open is taken for a process that was left behind. Default: 1,000.
   */
  readonly drainMs?: number;
}

/**
 * Joins `io` to `child`, spawned just now with pipes (or `ignore`) for its stdio, and resolves with its exit code: 128
 * and the number of the signal that ended it, if one did.
 *
 * The end of the client's stdin is passed on, and input that the process does not read is thrown away. Streams that the
 * client did not ask for are emptied; with `tty` stderr goes where stdout goes. The streams of `io` are not ended.
 *
 * Rejects with code `InvalidInput` if the command cannot be started (not found, not executable), with `Internal` for any
 * other failure to start, and with `Aborted`, once the process is gone, if the client went first.
 *
 * ```ts
 * const { spawn } = await import('node:child_process');
 * const io: AttachIO = …;
 * const child = spawn('tar', ['cf', '-', '.'], { cwd: '/srv/web', detached: true });
 * const exitCode = await pipeToChildProcess(io, child, { signal: context.signal, processGroup: true });
 * ```
 */
export async function pipeToChildProcess(
  io: AttachIO,
  child: ChildProcess,
  options: ChildProcessOptions = {},
): Promise<number> {
  const { signal, processGroup = false, drainMs = 1_000, clock = systemClock } = options;
  const { killSignal = 'SIGTERM', killAfterMs = 2_000 } = options;
  const what = `command ${child.spawnfile}`;
  const exit = exitOf(what, child);
  const watch = watchClient(what, io, signal);
  const input = io.stdin && new Pump(io.stdin, child.stdin ?? undefined);
  const stderr = io.stderr ?? (io.tty ? io.stdout : undefined);
  const outputs = [child.stdout && new Pump(child.stdout, io.stdout), child.stderr && new Pump(child.stderr, stderr)];
  const pumps = outputs.filter((pump) => pump !== null);
  if (input) void input.ended.then((end) => end === 'ended' && child.stdin?.end());
  else child.stdin?.end();
  try {
    const exitCode = await untilAborted(exit, watch.signal);
    await Promise.all(pumps.map((pump) => drainRest(pump, drainMs, clock, watch.signal)));
    watch.signal.throwIfAborted();
    return exitCode;
  } catch (error) {
    if (watch.signal.aborted && isAlive(child)) {
      const kill = (name: NodeJS.Signals): void => sendSignal(child, name, processGroup);
      await endProcess(
        exit.catch(() => undefined),
        kill,
        { killSignal, killAfterMs, clock },
      );
      if (processGroup) kill('SIGKILL');
    }
    throw error;
  } finally {
    watch.stop();
    for (const pump of [input, ...pumps]) pump?.stop();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
    // For one that even SIGKILL did not end: what waits for a disk is not to keep this process alive too.
    if (isAlive(child)) child.unref();
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Why a command does not start, by what the system says of it. */
const startFailures: Readonly<Record<string, string>> = {
  ENOENT: 'no such executable, or its working directory does not exist',
  EACCES: 'permission denied',
  ENOEXEC: 'not an executable of this system',
  ENOTDIR: 'a part of its path is not a directory',
};

function exitOf(what: string, child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const onFailure = (cause?: NodeJS.ErrnoException): void => {
      // A signal that could not be sent is an `error` too.
      if (child.pid !== undefined) return;
      const known = startFailures[cause?.code ?? ''];
      const why = known ?? cause?.message ?? 'it had failed before';
      reject(new VkError(known ? 'InvalidInput' : 'Internal', `${what}: cannot be started: ${why}`, { cause }));
    };
    child.on('error', onFailure);
    if (child.exitCode === null && child.signalCode === null) {
      child.once('exit', (code, name) => resolve(exitCodeOf(code, name)));
    } else if (child.pid === undefined) {
      // Spawning has failed; the `error` that says why comes in the next tick, or has come.
      setImmediate(onFailure);
    } else {
      resolve(exitCodeOf(child.exitCode, child.signalCode));
    }
  });
}

function sendSignal(child: ChildProcess, name: NodeJS.Signals, processGroup: boolean): void {
  if (!processGroup || child.pid === undefined) {
    child.kill(name);
    return;
  }
  try {
    process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}

/** More than a pipe or socket pair holds: what comes after so much was written after the process had ended. */
const mostInFlightBytes = 2 ** 20;

/**
 * Resolves when the output of a process that has ended is complete: at its end, or when it has been silent for
 * `quietMs`, or has gone on for longer than what the process can have left in the pipe. Or when nobody wants it.
 */
function drainRest(pump: Pump, quietMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const atExit = pump.bytes;
    let timer: Timer | undefined;
    const finish = (): void => {
      timer?.cancel();
      signal.removeEventListener('abort', finish);
      pump.onBytes = undefined;
      resolve();
    };
    const onBytes = (): void => {
      timer?.cancel();
      if (pump.bytes - atExit > mostInFlightBytes) finish();
      // A slow client has all the time it needs.
      else if (!pump.blocked) timer = clock.setTimer(quietMs, onQuiet);
    };
    // A turn of the event loop that took long makes the timer due before what has come meanwhile is read: that first.
    const onQuiet = (): void => {
      const before = pump.bytes;
      setImmediate(() =>
        setImmediate(() => {
          if (pump.bytes === before && !pump.blocked) finish();
        }),
      );
    };
    pump.onBytes = onBytes;
    signal.addEventListener('abort', finish, { once: true });
    onBytes();
    void pump.ended.then(finish);
  });
}
