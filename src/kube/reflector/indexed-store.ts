/**
 * The objects of a reflector, by key and by index.
 *
 * Invariants:
 * 1. An object is filed in an index under exactly the values that the index function gave for it when it was stored.
 * 2. An index value that files nothing is not kept: memory follows the objects there are.
 */
import { VkError } from '../../runtime/errors.js';
import type { ReadonlyStore } from '../object-source.js';
import type { KubeObject } from '../types.js';
import { objectKey } from '../types.js';

/** The values an object is filed under; none is fine. Called once per stored object: must be pure, and cheap. */
export type IndexFunction<T> = (object: T) => readonly string[];

export class IndexedStore<T extends KubeObject> implements ReadonlyStore<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { readonly valuesOf: IndexFunction<T>; readonly filed: Map<string, Set<T>> }>();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    for (const [name, valuesOf] of Object.entries(indexes)) this.#indexes.set(name, { valuesOf, filed: new Map() });
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  byIndex(index: string, value: string): readonly T[] {
    const objects = this.#index(index).filed.get(value);
    return objects === undefined ? [] : [...objects];
  }

  /** The values `object` is filed under. Throws for an index that was not configured. */
  valuesOf(index: string, object: T): readonly string[] {
    return this.#index(index).valuesOf(object);
  }

  /** Stores `object` and returns the one that had its key. */
  put(object: T): T | undefined {
    const previous = this.remove(objectKey(object));
    this.#objects.set(objectKey(object), object);
    for (const { valuesOf, filed } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const objects = filed.get(value);
        if (objects === undefined) filed.set(value, new Set([object]));
        else objects.add(object);
      }
    }
    return previous;
  }

  remove(key: string): T | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    for (const { valuesOf, filed } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const objects = filed.get(value);
        objects?.delete(object);
        if (objects?.size === 0) filed.delete(value);
      }
    }
    return object;
  }

  #index(name: string): { readonly valuesOf: IndexFunction<T>; readonly filed: Map<string, Set<T>> } {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new VkError('InvalidInput', `index ${name}: not configured`);
    return index;
  }
}
