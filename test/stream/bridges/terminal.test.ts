import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MemorySession } from '../../../src/stream/bridges/memory-session.js';
import { pipeToTerminal, type TerminalProcess } from '../../../src/stream/bridges/terminal.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../eventually.js';

/** Of util-linux: runs a command on a terminal of its own. */
const terminalMaker = 'script';

/**
 * What a terminal library gives for a program, on a real process: another program makes the terminal. Sizes it cannot pass on;
 * they are written down.
 */
class ScriptTerminal implements TerminalProcess {
  readonly sizes: string[] = [];
  readonly signals: string[] = [];
  readonly #child;
  paused = 0;

  constructor(command: string) {
    const env = { ...process.env, TERM: 'dumb' };
    this.#child = spawn(terminalMaker, ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'], env });
    // What is typed after the end is nobody's.
    this.#child.stdin.on('error', () => undefined);
  }

  onData(listener: (data: string) => void) {
    const onData = listener as unknown as (data: Buffer) => void;
    this.#child.stdout.on('data', onData);
    return { dispose: () => void this.#child.stdout.off('data', onData) };
  }

  onExit(listener: (exit: { exitCode: number; signal?: number }) => void) {
    this.#child.once('close', (code: number | null, signal: string | null) =>
      listener(signal === 'SIGKILL' ? { exitCode: 0, signal: 9 } : { exitCode: code ?? 0, signal: signal ? 1 : 0 }),
    );
    return { dispose: () => void this.#child.removeAllListeners('close') };
  }

  write(data: string | Buffer): void {
    this.#child.stdin.write(data);
  }

  resize(columns: number, rows: number): void {
    this.sizes.push(`${columns}x${rows}`);
  }

  kill(signal = 'SIGHUP'): void {
    this.signals.push(signal);
    this.#child.kill(signal as NodeJS.Signals);
  }

  pause(): void {
    this.paused++;
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }
}

describe('pipeToTerminal', () => {
  it('is a terminal to its program, and answers with its exit code', async () => {
    const session = new MemorySession({ tty: true });
    const terminal = new ScriptTerminal('test -t 0 && test -t 1 && read line && echo got $line && exit 5');
    session.stdin.write('hello\n');
    const { result, stdout } = await session.run((io, { signal }) => pipeToTerminal(io, terminal, { signal }));
    expect(result).toBe(5);
    expect(stdout).toContain('got hello\r\n');
  });

  it('passes the end of input on as the key that says it', async () => {
    const session = new MemorySession({ tty: true });
    const terminal = new ScriptTerminal('cat; exit 3');
    session.stdin.end('a line\n');
    expect((await session.run((io) => pipeToTerminal(io, terminal))).result).toBe(3);
  });

  it('passes sizes on, the latest if they come too fast, and none of no extent', async () => {
    const session = new MemorySession({ tty: true });
    const terminal = new ScriptTerminal('read line');
    session.resize({ width: 80, height: 24 });
    session.resize({ width: 100, height: 30 });
    const running = session.run((io) => pipeToTerminal(io, terminal));
    await eventually('the first size', () => terminal.sizes.length === 1);
    session.resize({ width: 0, height: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    session.resize({ width: 132, height: 43 });
    await eventually('the second size', () => terminal.sizes.length === 2);
    session.stdin.write('\n');
    await running;
    expect(terminal.sizes).toEqual(['100x30', '132x43']);
  });

  it('pauses a terminal whose client is slow, and then gives it everything', async () => {
    const size = 32_000_000;
    const session = new MemorySession({ tty: true });
    const terminal = new ScriptTerminal(`head -c ${size} /dev/zero`);
    const running = pipeToTerminal(session.io, terminal, { maxBufferedBytes: 200_000 });
    await eventually('the pause', () => terminal.paused > 0);
    let held = 0;
    let received = 0;
    session.stdout.on('data', (chunk: Buffer) => {
      received += chunk.length;
      held = Math.max(held, session.io.stdout!.writableLength);
    });
    expect(await running).toBe(0);
    session.end();
    await once(session.stdout, 'end');
    expect(received).toBe(size);
    expect(held).toBeLessThan(300_000);
  });

  it('hangs up on the program when its client has, and kills one that does not heed it', async () => {
    const clock = new ManualClock();
    const session = new MemorySession({ tty: true });
    const terminal = new ScriptTerminal('read line');
    terminal.kill = (signal: string) => {
      terminal.signals.push(signal);
      if (signal === 'SIGKILL') ScriptTerminal.prototype.kill.call(terminal, signal);
    };
    const running = pipeToTerminal(session.io, terminal, { signal: session.context.signal, clock });
    const settled = running.catch((error: unknown) => error);
    session.hangUp();
    await clock.advance(1_999);
    expect(terminal.signals).toEqual(['SIGHUP']);
    await clock.advance(1);
    expect(await settled).toMatchObject({
      code: 'Aborted',
      message: 'terminal: ended, since its client has gone',
    });
    expect(terminal.signals).toContain('SIGKILL');
    expect(clock.pending).toBe(0);
  });
});
