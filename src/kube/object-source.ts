/** What reads objects from a cache that a watch keeps: implemented by `Reflector`, needed by controllers. */
import type { KubeObject } from './types.js';

/** Objects are frozen in spirit: shared by all readers, never to be changed. */
export interface ReadonlyStore<T extends KubeObject> {
  readonly size: number;
  /** By `namespace/name`, or `name` where there is no namespace. */
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  /** Objects that an index files under `value`, in no order. Throws for an index that was not configured. */
  byIndex(index: string, value: string): readonly T[];
}

/**
 * Called synchronously, one event after another. One that throws is logged and loses nothing but that call.
 * An object replaced by one of the same name and another uid is a delete followed by an add.
 */
export interface ObjectHandler<T extends KubeObject> {
  onAdd?(object: T): void;
  onUpdate?(object: T, previous: T): void;
  /**
   * `missed`: the delete was not seen but inferred from a list that lacked the object (a tombstone); `object` is then
   * the last known state, and a careful reader asks the server before doing anything that cannot be undone.
   */
  onDelete?(object: T, missed: boolean): void;
}

export interface ObjectSource<T extends KubeObject> {
  readonly store: ReadonlyStore<T>;
  /** Whether the first list is in the store and has been handed to the handlers. Stays true. */
  readonly hasSynced: boolean;
  /** Resolves when `hasSynced`; rejects with the signal's reason. */
  waitForSync(signal?: AbortSignal): Promise<void>;
  /**
   * Whether the cache is being kept up to date right now: synced, and the watch open and heard from within the last
   * minute. Nothing irreversible may be concluded from an absence while this is false.
   */
  readonly isFresh: boolean;
  /**
   * Adds a handler, which first gets an `onAdd` for each object there is. With `index` and `value` only objects filed
   * there are handed over (an object that moves to another value is a delete for the first). Returns what removes it.
   */
  addHandler(handler: ObjectHandler<T>, only?: { readonly index: string; readonly value: string }): () => void;
}
