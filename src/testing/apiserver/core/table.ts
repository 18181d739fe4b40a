/**
 * The objects of one resource, and its recent past. `store.ts` numbers the revisions and tells the watchers.
 *
 * 1. Keys are `namespace/name` (or `/name`) and lists are in their order, as etcd's are.
 * 2. The state at any revision not older than `floor` can be had: it is the present with later changes undone.
 * 3. The past is bounded by `historyLimit` changes; what falls out raises `floor`.
 */
import type { Change } from './change.js';
import type { Stored } from './stored-object.js';

export type Entry = readonly [key: string, stored: Stored];

export class Table {
  readonly #objects = new Map<string, Stored>();
  readonly #historyLimit: number;
  #history: Change[] = [];
  #floor = 0;
  #sortedKeys: string[] | undefined = [];
  #snapshot: { readonly revision: number; readonly entries: readonly Entry[] } | undefined;

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  /** Changes up to and including this revision are forgotten. */
  get floor(): number {
    return this.#floor;
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  hasPrefix(prefix: string): boolean {
    for (const key of this.#objects.keys()) if (key.startsWith(prefix)) return true;
    return false;
  }

  record(change: Change): void {
    if (change.type === 'DELETED') {
      this.#objects.delete(change.key);
      this.#sortedKeys = undefined;
    } else {
      this.#objects.set(change.key, change.stored);
      if (change.type === 'ADDED') this.#sortedKeys = undefined;
    }
    this.#history.push(change);
    // Trimmed by halves, so that the cost of moving the rest is spread over many changes.
    if (this.#history.length >= this.#historyLimit * 2) this.#forget(this.#history.length - this.#historyLimit);
  }

  /** The changes after `revision`, oldest first. */
  since(revision: number): readonly Change[] {
    return this.#history.slice(this.#firstAfter(revision));
  }

  /** All objects in key order, now or as they were at `revision`. */
  entries(revision?: number): readonly Entry[] {
    if (revision === undefined || this.#firstAfter(revision) === this.#history.length) {
      this.#sortedKeys ??= [...this.#objects.keys()].sort();
      return this.#sortedKeys.map((key) => [key, this.#objects.get(key) as Stored]);
    }
    if (this.#snapshot?.revision !== revision) this.#snapshot = { revision, entries: this.#past(revision) };
    return this.#snapshot.entries;
  }

  /** Forgets all changes up to and including `revision`. */
  compact(revision: number): void {
    this.#forget(this.#firstAfter(revision));
    this.#floor = Math.max(this.#floor, revision);
    this.#snapshot = undefined;
  }

  #past(revision: number): readonly Entry[] {
    const objects = new Map(this.#objects);
    for (const change of this.since(revision).toReversed()) {
      if (change.previous === undefined) objects.delete(change.key);
      else objects.set(change.key, change.previous);
    }
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle] as Change).revision > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #forget(count: number): void {
    if (count <= 0) return;
    this.#floor = (this.#history[count - 1] as Change).revision;
    this.#history = this.#history.slice(count);
  }
}
