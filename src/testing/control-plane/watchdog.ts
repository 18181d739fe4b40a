/**
 * Ends what a test started if the test's process dies without doing so, SIGKILL included: a shell that reads process
 * groups from a pipe, and when the pipe closes kills each of them and removes the folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

const script = `
groups=
while read -r group; do groups="$groups -$group"; done
[ -z "$groups" ] || kill -s KILL -- $groups 2>/dev/null
sleep 0.2
rm -rf -- "$1"
`;

export class Watchdog {
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    this.#shell = spawn('/bin/sh', ['-c', script, 'watchdog', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    // It must not keep the test's process alive: that process' end is what it waits for.
    this.#shell.unref();
    (this.#shell.stdin as Socket | null)?.unref();
  }

  /** Adds a process group to those that are killed. */
  watch(group: number): void {
    this.#shell.stdin?.write(`${group}\n`);
  }

  /** Calls it off: everything has been ended in order. */
  dismiss(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null || this.#shell.pid === undefined) {
        resolve();
        return;
      }
      this.#shell.once('exit', () => resolve());
      this.#shell.kill('SIGKILL');
    });
  }
}
