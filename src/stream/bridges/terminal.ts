/**
 * An exec or attach joined to a pseudo-terminal, of whatever library. Neighbours: `child-process.ts` (the same without a
 * terminal), `terminal-sizes.ts` (where sizes come from), `client-watch.ts`, `end-process.ts`.
 *
 * Invariants:
 * 1. When the promise settles the program has ended, and no timer or listener of the bridge is left.
 * 2. Of output that the client has not taken at most `maxBufferedBytes` and one chunk are held; then the terminal is
 *    paused.
 */
import { Writable } from 'node:stream';
import type { AttachIO } from '../../provider/provider.js';
import { systemClock } from '../../runtime/clock.js';
import { untilAborted } from '../../runtime/until-aborted.js';
import { watchClient } from './client-watch.js';
import { endProcess, type EndProcessOptions } from './end-process.js';
import { exitCodeOf } from './exit-code.js';
import { followSizes } from './follow-sizes.js';
import { Pump } from './pump.js';

/**
 * A program on a pseudo-terminal: node-pty's `IPty`, and what is like it. Open it with `encoding: null`, or bytes that
 * are no UTF-8 are lost. Its exit is to be told after its last output.
 */
export interface TerminalProcess {
  onData(listener: (data: string) => void): { dispose(): void };
  onExit(listener: (exit: { readonly exitCode: number; readonly signal?: number }) => void): { dispose(): void };
  write(data: string | Buffer): void;
  resize(columns: number, rows: number): void;
  kill(signal?: string): void;
  pause(): void;
  resume(): void;
}

export interface TerminalOptions extends EndProcessOptions {
  /** The call's signal. When it aborts the client has gone, and the program is ended. */
  readonly signal?: AbortSignal;
  /**
   * Output that is held for a slow client before the terminal is paused. Not less than what may be on its way when the
   * program ends: a library may close a terminal that is paused then, and lose the rest. Default: 512 KiB.
   */
  readonly maxBufferedBytes?: number;
}

/**
 * Joins `io` to `terminal`, opened just now, and resolves with its program's exit code: 128 and the number of the signal
 * that ended it, if one did.
 *
 * Sizes are passed on as they come, those of no extent excepted. The end of the client's stdin is passed on as the key
 * that says it, ^D. Output that the client did not ask for is thrown away. The streams of `io` are not ended.
 *
 * Input is not slowed: no terminal library says when what it was given has been read.
 *
 * Rejects with code `Aborted`, once the program is gone, if the client went first.
 *
 * ```ts
 * const io: AttachIO = …;
 * const terminal: TerminalProcess = …;
 * const exitCode = await pipeToTerminal(io, terminal, { signal: context.signal });
 * ```
 */
export async function pipeToTerminal(
  io: AttachIO,
  terminal: TerminalProcess,
  options: TerminalOptions = {},
): Promise<number> {
  const { signal, clock = systemClock, maxBufferedBytes = 524_288 } = options;
  const { killSignal = 'SIGHUP', killAfterMs = 2_000 } = options;
  const watch = watchClient('terminal', io, signal);
  const { stdout } = io;
  let hasExited = false;
  const listeners: { dispose(): void }[] = [];
  const exit = new Promise<number>((resolve) => {
    listeners.push(
      terminal.onExit((end) => {
        hasExited = true;
        resolve(exitCodeOf(end.exitCode, end.signal));
      }),
    );
  });
  const onRoom = (): void => terminal.resume();
  listeners.push(
    terminal.onData((data) => {
      if (!stdout?.writable) return;
      stdout.write(data);
      if (stdout.writableLength > maxBufferedBytes && !hasExited) terminal.pause();
    }),
  );
  stdout?.on('drain', onRoom);
  const input = keyboardOf(terminal);
  const stdin = io.stdin && new Pump(io.stdin, input);
  if (stdin) void stdin.ended.then((end) => end === 'ended' && input.end());
  const stopSizes = followSizes(io, ({ width, height }) => !hasExited && terminal.resize(width, height));
  try {
    return await untilAborted(exit, watch.signal);
  } catch (error) {
    // Whoever is to end may be waiting for its output to be taken.
    terminal.resume();
    await endProcess(exit, (name) => !hasExited && terminal.kill(name), { killSignal, killAfterMs, clock });
    throw error;
  } finally {
    watch.stop();
    stdin?.stop();
    input.destroy();
    stopSizes();
    stdout?.off('drain', onRoom);
    for (const listener of listeners) listener.dispose();
  }
}

/** The key that ends a terminal's input. */
const endOfInput = '\x04';

function keyboardOf(terminal: TerminalProcess): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      terminal.write(chunk);
      done();
    },
    final(done) {
      terminal.write(endOfInput);
      done();
    },
  });
}
