/**
 * Waiting for a log to grow: woken by the file system, and by the clock for what the file system does not tell of (network
 * file systems, a machine out of watches).
 *
 * Invariants:
 * 1. A change that comes between two waits ends the next one at once: who looks, then waits, misses nothing.
 * 2. After `close` nothing is watched and no timer is set.
 */
import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, Timer } from '../../runtime/clock.js';

export class FileChanges {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #pollIntervalMs: number;
  #watcher: FSWatcher | undefined;
  #timer: Timer | undefined;
  #changed = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, clock: Clock, pollIntervalMs: number) {
    this.#path = path;
    this.#clock = clock;
    this.#pollIntervalMs = pollIntervalMs;
  }

  /** Changes from now on count. */
  start(): void {
    const name = basename(this.#path);
    try {
      // Of the folder, since rotation puts another file in the place of the one that is watched.
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_event, file) => {
        if (file === null || file.startsWith(name)) this.notify();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // There may be no folder yet, or no more watches: the clock does.
    }
  }

  /** As if the file had changed. */
  notify(): void {
    this.#changed = true;
    this.#wake?.();
  }

  /** Resolves at the next change, when it is time to look anyway, or when closed. One at a time. */
  async next(): Promise<void> {
    if (!this.#changed && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#timer = this.#clock.setTimer(this.#pollIntervalMs, resolve);
      });
      this.#wake = undefined;
      this.#timer?.cancel();
    }
    this.#changed = false;
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#timer?.cancel();
    this.#wake?.();
  }
}
