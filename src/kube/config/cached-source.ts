/**
 * A source that reads its value again when that has aged: the one place that knows about freshness, for files, exec plugins
 * and OIDC alike. Neighbours: `file-reading.ts`, `exec-plugin.ts`, `oidc.ts` (what is read).
 *
 * Invariants:
 * 1. At most one read is under way; all who ask meanwhile share it.
 * 2. A failing read replaces no value that still holds: files are swapped and identity providers have bad minutes.
 * 3. Refusals cause at most one read in `renewalFloorMs`, however many callers are refused.
 */
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Source } from './source.js';

export interface Reading<T> {
  readonly value: T;
  /** From then on it is read again when asked for. */
  readonly refreshAtMs: number;
  /** From then on it is of no use. `Infinity` where that is not known. */
  readonly expiresAtMs: number;
}

export interface CachedSourceOptions<T> {
  /** What logs call it. */
  readonly name: string;
  readonly read: () => Promise<Reading<T>>;
  /** Whether two values are the same to a server. */
  readonly same: (one: T, other: T) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Least time between two reads that refusals cause. Default: 0. */
  readonly renewalFloorMs?: number;
}

/** How long a value that could not be read again is used before the next try. */
const retryReadMs = 10_000;

export class CachedSource<T> implements Source<T> {
  readonly #options: CachedSourceOptions<T>;
  #reading: Reading<T> | undefined;
  #pending: Promise<T> | undefined;
  #renewableAtMs = 0;

  constructor(options: CachedSourceOptions<T>) {
    this.#options = options;
  }

  get(): T | Promise<T> {
    const reading = this.#reading;
    if (reading !== undefined && this.#options.clock.now() < reading.refreshAtMs) return reading.value;
    return this.#read();
  }

  async renew(rejected: T): Promise<boolean> {
    const { clock, same, renewalFloorMs = 0 } = this.#options;
    if (this.#reading !== undefined && !same(this.#reading.value, rejected)) return true;
    if (this.#pending === undefined) {
      if (clock.now() < this.#renewableAtMs) return false;
      this.#renewableAtMs = clock.now() + renewalFloorMs;
    }
    return !same(await this.#read(), rejected);
  }

  #read(): Promise<T> {
    this.#pending ??= this.#readOnce().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #readOnce(): Promise<T> {
    const { clock, logger, name, read } = this.#options;
    try {
      this.#reading = await read();
    } catch (err) {
      if (this.#reading === undefined || clock.now() >= this.#reading.expiresAtMs) throw err;
      logger.warn({ source: name, err }, 'credentials not read again; the ones known are used on');
      this.#reading = { ...this.#reading, refreshAtMs: clock.now() + retryReadMs };
    }
    return this.#reading.value;
  }
}
