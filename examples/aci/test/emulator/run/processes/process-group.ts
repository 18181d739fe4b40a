/** A process and all that it starts: ended together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Clock, Timer } from 'vk-sdk';

export interface ProcessEnd {
  readonly exitCode: number;
  /** Why it could not be started. */
  readonly error: string | undefined;
}

export interface ProcessGroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly withInput: boolean;
  readonly clock: Clock;
}

/** Input that a process does not read is kept up to this size; more than that is dropped. */
const maxPendingBytes = 1024 * 1024;

export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #ended: Promise<ProcessEnd>;
  #killing: Timer | undefined;
  #over = false;

  constructor(command: readonly string[], options: ProcessGroupOptions) {
    const [program = '', ...args] = command;
    this.#clock = options.clock;
    this.#child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: [options.withInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    // A process that has gone does not read what was typed.
    this.#child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        resolve({ exitCode: 127, error: `${program}: cannot be started: ${error.message}` });
      });
      // What it has started goes with it: pipes that are still held would keep `close` from coming.
      this.#child.once('exit', () => this.signal('SIGKILL'));
      this.#child.once('close', (code, signal) => {
        resolve({ exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0), error: undefined });
      });
    });
    void this.#ended.then(() => {
      this.#over = true;
      this.#killing?.cancel();
    });
  }

  onOutput(listener: (data: Buffer) => void): void {
    this.#child.stdout?.on('data', listener);
    this.#child.stderr?.on('data', listener);
  }

  /** The same as text: a character whose bytes come in two pieces is whole. */
  onText(listener: (text: string) => void): void {
    this.#child.stdout?.setEncoding('utf8').on('data', listener);
    this.#child.stderr?.setEncoding('utf8').on('data', listener);
  }

  onEnd(listener: (end: ProcessEnd) => void): void {
    void this.#ended.then(listener);
  }

  write(data: Buffer): void {
    const { stdin } = this.#child;
    if (stdin?.writable && stdin.writableLength < maxPendingBytes) stdin.write(data);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#over) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has gone by itself.
    }
  }

  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when it has ended. */
  async end(graceMs: number): Promise<void> {
    if (!this.#over) {
      this.signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
      if (graceMs > 0) this.#killing ??= this.#clock.setTimer(graceMs, () => this.signal('SIGKILL'));
    }
    await this.#ended;
  }
}
