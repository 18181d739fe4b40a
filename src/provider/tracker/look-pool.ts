/**
 * Runs work for pods, so many at a time, in the order in which it came; one piece for each pod.
 *
 * Invariant: what is added is in the pool until its work has ended; a pod that is in it is not added again.
 */
export class LookPool<Key extends object> {
  readonly #concurrency: number;
  readonly #mayBegin: () => boolean;
  readonly #waiting = new Map<Key, () => Promise<void>>();
  readonly #running = new Map<Key, Promise<void>>();

  /** While `mayBegin` says no nothing begins; `pump` is to be called when it may say yes. */
  constructor(concurrency: number, mayBegin: () => boolean) {
    this.#concurrency = concurrency;
    this.#mayBegin = mayBegin;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  has(key: Key): boolean {
    return this.#waiting.has(key) || this.#running.has(key);
  }

  /** `work` must not reject. */
  add(key: Key, work: () => Promise<void>): void {
    if (!this.has(key)) this.#waiting.set(key, work);
  }

  /** Begins as much as may be. */
  pump(): void {
    for (const [key, work] of this.#waiting) {
      if (this.#running.size >= this.#concurrency || !this.#mayBegin()) return;
      this.#waiting.delete(key);
      const run = work().finally(() => {
        this.#running.delete(key);
        this.pump();
      });
      this.#running.set(key, run);
    }
  }

  /** Resolves when what runs has ended. What waits is dropped. */
  async close(): Promise<void> {
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }
}
