/**
 * References that are held together, by key. What changes in any of them is told to one listener.
 *
 * 1. After `keep` it holds exactly what was wanted; what was held before and is still wanted is kept as it is.
 * 2. After `release` it holds nothing, and nobody waits for it.
 */
import type { Sourced } from '../../kube/sourced.js';
import { VkError } from '../../runtime/errors.js';

/** Something held: an object, a token, all objects of a kind. */
export interface Held {
  /** Undefined before the first answer. */
  read(): Sourced<unknown> | undefined;
  release(): void;
}

export type Wanted = ReadonlyMap<string, (onChange: () => void) => Held>;

export class ReferenceSet {
  readonly #owner: string;
  readonly #onChange: () => void;
  readonly #held = new Map<string, Held>();
  /** Undefined while nobody waits: there are as many sets as pods. */
  #waiting: (() => void)[] | undefined;
  #interruptions = 0;
  #released = false;

  /** `owner` is named in errors. */
  constructor(owner: string, onChange: () => void) {
    this.#owner = owner;
    this.#onChange = onChange;
  }

  keep(wanted: Wanted): void {
    if (this.#released) throw this.#gone();
    for (const [key, take] of wanted) {
      if (!this.#held.has(key))
        this.#held.set(
          key,
          take(() => this.#changed()),
        );
    }
    for (const [key, held] of this.#held) {
      if (wanted.has(key)) continue;
      held.release();
      this.#held.delete(key);
    }
    this.#settle();
  }

  /** Holds one more. */
  add(key: string, take: (onChange: () => void) => Held): void {
    if (this.#released) throw this.#gone();
    if (!this.#held.has(key))
      this.#held.set(
        key,
        take(() => this.#changed()),
      );
  }

  /** Whether everything has been answered once, found or not. */
  get isRead(): boolean {
    for (const held of this.#held.values()) if (held.read() === undefined) return false;
    return true;
  }

  /** Resolves when everything has been answered once; rejects with `Aborted` if it is interrupted or released before. */
  async whenRead(): Promise<void> {
    const interruptions = this.#interruptions;
    while (!this.#released && !this.isRead) {
      await new Promise<void>((resolve) => (this.#waiting ??= []).push(resolve));
      if (this.#interruptions !== interruptions) throw this.#gone();
    }
    if (this.#released) throw this.#gone();
  }

  /** Ends the wait of all who wait. What is held is held on. */
  interrupt(): void {
    this.#interruptions += 1;
    this.#settle();
  }

  /** What is known under `key`. */
  read<T>(key: string): Sourced<T> {
    const known = this.#held.get(key)?.read() as Sourced<T> | undefined;
    return known ?? { state: 'unreadable', error: new VkError('Unavailable', `${key}: not read yet`) };
  }

  /** Idempotent. */
  release(): void {
    this.#released = true;
    for (const held of this.#held.values()) held.release();
    this.#held.clear();
    this.#settle();
  }

  #changed(): void {
    this.#settle();
    this.#onChange();
  }

  #settle(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }

  #gone(): VkError {
    return new VkError('Aborted', `${this.#owner}: forgotten, with what it brought`);
  }
}
