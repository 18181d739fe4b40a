/**
 * One program that runs beside the test, in a process group of its own, its output in a log file.
 * Neighbours: `watchdog.ts` ends it if this process dies first; `../control-plane.ts` decides what runs when.
 *
 * 1. `exited` settles once, however the program ends, and never rejects.
 * 2. `stop` resolves only when the program is gone; a stopped (SIGSTOP) one is gone too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const tailLines = 15;

export class Child {
  readonly name: string;
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #logFile: string;
  #exit: Exit | undefined;

  constructor(name: string, path: string, args: readonly string[], logFile: string) {
    this.name = name;
    this.#logFile = logFile;
    const log = openSync(logFile, 'a');
    this.#process = spawn(path, args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#exit ??= exit;
        resolve(this.#exit);
      };
      this.#process.once('exit', (code, signal) => end({ code, signal }));
      this.#process.once('error', () => end({ code: null, signal: null }));
    });
  }

  /** The leader of the program's process group; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Sends a signal to the program's process group. Does nothing once it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#exit || this.pid === undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // It ended a moment ago.
    }
  }

  /** Asks the program to end, and after `graceMs` makes it. */
  async stop(clock: Clock, graceMs: number): Promise<void> {
    if (this.#exit) return;
    this.signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    this.signal('SIGCONT');
    const timer = clock.setTimer(graceMs, () => this.signal('SIGKILL'));
    await this.exited;
    timer.cancel();
  }

  /** The end of what it wrote, for an error's message. */
  async logTail(): Promise<string> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-tailLines).join('\n');
  }

  /** An error about this program that ends with the tail of its log. */
  async failure(what: string): Promise<VkError> {
    const tail = await this.logTail();
    return new VkError('Unavailable', `${this.name}: ${what}; its log ends with:\n${tail}`, { object: this.name });
  }
}
