import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually.js';

/** For a program that is compiled as it starts, on a machine that has other things to do. */
const startMs = 45_000;

/** An example as a user starts it: a process of its own, with its output and its end. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  #stdout = '';
  #stderr = '';

  /** Runs `src/main.ts` of the example in `folder`. Of the environment it sees what `env` says, and the path. */
  constructor(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#ended = once(this.#process, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves with the match once the output, either stream's, has one. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(
      `output ${String(pattern)} in\n${this.#stdout}${this.#stderr}`,
      () => {
        const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
        if (match) return match;
        if (this.#process.exitCode !== null)
          throw new Error(`ended without ${String(pattern)}:\n${this.#stdout}${this.#stderr}`);
        return undefined;
      },
      startMs,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** The exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
