/**
 * Who is told about changes. Handlers of one index value are found by that value, so that a change costs the handlers
 * it concerns and not the handlers there are: thousands of nodes share one reflector.
 *
 * Invariants:
 * 1. A handler that throws is logged; the others and the store do not notice.
 * 2. A handler added while a change is being dispatched sees that change once: as part of what there is.
 * 3. A removed handler is not called again, not even for the change that is being dispatched.
 */
import type { Logger } from '../../runtime/logger.js';
import type { ObjectHandler } from '../object-source.js';
import { type KubeObject, objectKey } from '../types.js';
import type { IndexedStore } from './indexed-store.js';

export type Change<T> =
  | { readonly type: 'add'; readonly object: T }
  | { readonly type: 'update'; readonly object: T; readonly previous: T }
  | { readonly type: 'delete'; readonly object: T; readonly previous: T; readonly missed: boolean };

interface Registration<T extends KubeObject> {
  readonly handler: ObjectHandler<T>;
  removed: boolean;
}

/** Replaced as a whole when it changes: who iterates keeps what was there at the beginning. */
type Registrations<T extends KubeObject> = readonly Registration<T>[];

export class HandlerRegistry<T extends KubeObject> {
  readonly #store: IndexedStore<T>;
  readonly #logger: Logger;
  #all: Registrations<T> = [];
  readonly #byIndex = new Map<string, Map<string, Registrations<T>>>();

  constructor(store: IndexedStore<T>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  add(handler: ObjectHandler<T>, only?: { readonly index: string; readonly value: string }): () => void {
    const present = only === undefined ? [...this.#store.values()] : this.#store.byIndex(only.index, only.value);
    const registration: Registration<T> = { handler, removed: false };
    this.#replace(only, (registrations) => [...registrations, registration]);
    for (const object of present) {
      if (!registration.removed) this.#call(registration, { type: 'add', object });
    }
    return () => {
      registration.removed = true;
      this.#replace(only, (registrations) => registrations.filter((other) => other !== registration));
    };
  }

  /** Tells everybody concerned, before it returns. The store holds the change already. */
  dispatch(change: Change<T>): void {
    const all = this.#all;
    const routed = this.#byIndex.size === 0 ? [] : this.#route(change);
    for (const registration of all) this.#call(registration, change);
    for (const [registrations, routedChange] of routed) {
      for (const registration of registrations) this.#call(registration, routedChange);
    }
  }

  /** Deletes come first: who loses an object hears of it before who gains it. */
  #route(change: Change<T>): (readonly [Registrations<T>, Change<T>])[] {
    const routed: (readonly [Registrations<T>, Change<T>])[] = [];
    for (const [index, byValue] of this.#byIndex) {
      const before = change.type === 'add' ? [] : this.#store.valuesOf(index, change.previous);
      const after = change.type === 'delete' ? [] : this.#store.valuesOf(index, change.object);
      for (const value of new Set(before)) {
        const registrations = byValue.get(value);
        if (registrations === undefined) continue;
        if (change.type === 'update' && !after.includes(value)) {
          const { object, previous } = change;
          routed.unshift([registrations, { type: 'delete', object, previous, missed: false }]);
        } else {
          routed.push([registrations, change]);
        }
      }
      for (const value of new Set(after)) {
        const registrations = before.includes(value) ? undefined : byValue.get(value);
        if (registrations !== undefined) routed.push([registrations, { type: 'add', object: change.object }]);
      }
    }
    return routed;
  }

  #call({ handler, removed }: Registration<T>, change: Change<T>): void {
    if (removed) return;
    try {
      switch (change.type) {
        case 'add':
          handler.onAdd?.(change.object);
          break;
        case 'update':
          handler.onUpdate?.(change.object, change.previous);
          break;
        case 'delete':
          handler.onDelete?.(change.object, change.missed);
          break;
      }
    } catch (error) {
      this.#logger.error({ object: objectKey(change.object), change: change.type, err: error }, 'handler threw');
    }
  }

  #replace(
    only: { readonly index: string; readonly value: string } | undefined,
    replacement: (registrations: Registrations<T>) => Registrations<T>,
  ): void {
    if (only === undefined) {
      this.#all = replacement(this.#all);
      return;
    }
    let byValue = this.#byIndex.get(only.index);
    if (byValue === undefined) {
      byValue = new Map<string, Registrations<T>>();
      this.#byIndex.set(only.index, byValue);
    }
    const registrations = replacement(byValue.get(only.value) ?? []);
    if (registrations.length > 0) byValue.set(only.value, registrations);
    else byValue.delete(only.value);
    if (byValue.size === 0) this.#byIndex.delete(only.index);
  }
}
