/**
 * Answers of the cluster, for as long as they may be believed.
 *
 * Invariants
 * 1. A key has at most one question under way; all who ask meanwhile share its answer, or its failure.
 * 2. No failure is kept.
 * 3. No more than `maxEntries` answers are kept, the ones used longest ago going first, and no more than `maxPending`
 *    questions are under way: strangers cannot make the node hammer its apiserver.
 */
import type { Clock } from '../../runtime/clock.js';
import { Refusal } from '../refusal.js';

export interface Verdict<T> {
  readonly value: T;
  readonly keepMs: number;
}

interface Entry<T> extends Verdict<T> {
  readonly askedMs: number;
}

export interface ReviewCacheOptions {
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly maxPending: number;
}

export class ReviewCache<T> {
  readonly #options: ReviewCacheOptions;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #pending = new Map<string, Promise<T>>();

  constructor(options: ReviewCacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get(key: string, ask: () => Promise<Verdict<T>>): Promise<T> {
    const known = this.#lookUp(key);
    if (known !== undefined) return Promise.resolve(known.value);
    const asked = this.#pending.get(key);
    if (asked !== undefined) return asked;
    if (this.#pending.size >= this.#options.maxPending) {
      const text = 'access reviews: too many are under way';
      return Promise.reject(new Refusal('TooManyRequests', text, { headers: { 'Retry-After': '1' } }));
    }
    const answer = this.#ask(key, ask).finally(() => this.#pending.delete(key));
    this.#pending.set(key, answer);
    return answer;
  }

  #lookUp(key: string): { readonly value: T } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const ageMs = this.#options.clock.now() - entry.askedMs;
    // Below zero the clock was set back, and nobody can tell how old the answer is.
    if (ageMs < 0 || ageMs >= entry.keepMs) return undefined;
    // Put back at the end: a Map keeps the order of insertion.
    this.#entries.set(key, entry);
    return entry;
  }

  async #ask(key: string, ask: () => Promise<Verdict<T>>): Promise<T> {
    // Believed from when it was asked, not from when the answer came.
    const askedMs = this.#options.clock.now();
    const { value, keepMs } = await ask();
    this.#entries.delete(key);
    this.#entries.set(key, { value, keepMs, askedMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries) break;
      this.#entries.delete(oldest);
    }
    return value;
  }
}
