/**
 * A map that forgets what was not used for long: the bound on what is remembered about an unbounded number of things.
 *
 * Invariants
 * 1. It holds `capacity` entries at most.
 * 2. Of the last `capacity / 2` keys that were read or written, none is forgotten.
 */
export class RecentCache<T> {
  readonly #generationSize: number;
  /** Two generations: when the younger is full the elder is dropped. Cheaper than keeping an exact order of use. */
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(capacity: number) {
    this.#generationSize = Math.max(1, capacity >>> 1);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): T | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: T): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
