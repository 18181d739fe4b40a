/**
 * Store and handlers as one: whatever the server said becomes a change of the store and a call of the handlers.
 * Neighbours: `indexed-store.ts` (what there is), `handler-registry.ts` (who is told).
 *
 * Invariants:
 * 1. An object is its uid: one of the same key and another uid is a delete followed by an add.
 * 2. A state that the store has already (same uid and resourceVersion) is no change, and keeps the stored instance.
 * 3. Objects go because a delete was seen, or because a list that was read to its end lacked them; for nothing else.
 */
import type { Logger } from '../../runtime/logger.js';
import { type KubeObject, objectKey } from '../types.js';
import { HandlerRegistry } from './handler-registry.js';
import { type IndexFunction, IndexedStore } from './indexed-store.js';

export class ObjectCache<T extends KubeObject> {
  readonly store: IndexedStore<T>;
  readonly handlers: HandlerRegistry<T>;
  /** Keys that the list being read has shown so far; none while no list is being read. */
  #listed: Set<string> | undefined;

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>>, logger: Logger) {
    this.store = new IndexedStore(indexes);
    this.handlers = new HandlerRegistry(this.store, logger);
  }

  /** An object as it is now. */
  put(object: T): void {
    const key = objectKey(object);
    this.#listed?.add(key);
    const stored = this.store.get(key);
    if (stored !== undefined && stored.metadata.uid !== object.metadata.uid) {
      this.#drop(key, stored, true);
    } else if (stored !== undefined) {
      if (isSameState(stored, object)) return;
      this.store.put(object);
      this.handlers.dispatch({ type: 'update', object, previous: stored });
      return;
    }
    this.store.put(object);
    this.handlers.dispatch({ type: 'add', object });
  }

  /** An object that was seen to be deleted; `object` is its last state. */
  delete(object: T): void {
    const key = objectKey(object);
    this.#listed?.delete(key);
    const stored = this.store.get(key);
    if (stored === undefined || stored.metadata.uid !== object.metadata.uid) return;
    this.#drop(key, object, false);
  }

  /** From here on the server shows everything there is. Forgets what an earlier list, not read to its end, has shown. */
  beginList(): void {
    this.#listed = new Set();
  }

  /** Everything has been shown: what was not is gone. */
  endList(): void {
    const listed = this.#listed;
    this.#listed = undefined;
    if (listed === undefined || listed.size === this.store.size) return;
    for (const key of [...this.store.keys()]) {
      const stored = listed.has(key) ? undefined : this.store.get(key);
      if (stored !== undefined) this.#drop(key, stored, true);
    }
  }

  #drop(key: string, object: T, missed: boolean): void {
    const previous = this.store.remove(key);
    if (previous !== undefined) this.handlers.dispatch({ type: 'delete', object, previous, missed });
  }
}

function isSameState(a: KubeObject, b: KubeObject): boolean {
  const { resourceVersion } = a.metadata;
  return resourceVersion !== undefined && resourceVersion === b.metadata.resourceVersion;
}
