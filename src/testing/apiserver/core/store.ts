/**
 * All tables under one revision counter, and the watchers. `table.ts` keeps the objects, `core.ts` holds the API's rules.
 *
 * 1. Each change has a revision of its own; revisions only grow.
 * 2. Every watcher sees the changes of its table in revision order, none twice and none left out.
 * 3. A watcher that writes does not break 2: changes made during delivery wait for their turn.
 */
import { Change, type ChangeType } from './change.js';
import { asObject, type JsonObject } from './json.js';
import { Stored } from './stored-object.js';
import { Table } from './table.js';

export type ChangeListener = (change: Change) => void;

export class Store {
  readonly #tables = new Map<string, { readonly table: Table; readonly listeners: Set<ChangeListener> }>();
  readonly #historyLimit: number;
  #revision = 1;
  #pending: (() => void)[] = [];
  #delivering = false;

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  table(name: string): Table {
    return this.#slot(name).table;
  }

  /** Writes `object`, its metadata.resourceVersion being set to the new revision. */
  put(name: string, key: string, object: JsonObject): Stored {
    const previous = this.table(name).get(key);
    return this.#commit(name, key, object, previous, previous === undefined ? 'ADDED' : 'MODIFIED');
  }

  /** Removes an object; `last` is what watchers get to see of it. */
  remove(name: string, key: string, last: JsonObject): Stored {
    return this.#commit(name, key, last, this.table(name).get(key), 'DELETED');
  }

  /** Listens to what comes after this call. Returns what ends it. */
  listen(name: string, listener: ChangeListener): () => void {
    const { listeners } = this.#slot(name);
    const from = this.#revision;
    // Delivery of earlier changes may be under way when a watcher's callback begins another watch.
    const later: ChangeListener = (change) => {
      if (change.revision > from) listener(change);
    };
    listeners.add(later);
    return () => listeners.delete(later);
  }

  compact(): void {
    for (const { table } of this.#tables.values()) table.compact(this.#revision);
  }

  #slot(name: string): { readonly table: Table; readonly listeners: Set<ChangeListener> } {
    let slot = this.#tables.get(name);
    if (!slot) this.#tables.set(name, (slot = { table: new Table(this.#historyLimit), listeners: new Set() }));
    return slot;
  }

  #commit(name: string, key: string, object: JsonObject, previous: Stored | undefined, type: ChangeType): Stored {
    const revision = ++this.#revision;
    const metadata = { ...asObject(object['metadata']), resourceVersion: String(revision) };
    const stored = new Stored({ ...object, metadata }, revision);
    const change = new Change(type, key, stored, previous);
    const { table, listeners } = this.#slot(name);
    table.record(change);
    this.#pending.push(() => {
      for (const listener of listeners) listener(change);
    });
    this.#deliver();
    previous?.supersede();
    return stored;
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#pending.shift(); next; next = this.#pending.shift()) next();
    } finally {
      this.#delivering = false;
    }
  }
}
