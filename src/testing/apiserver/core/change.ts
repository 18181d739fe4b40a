import type { WatchEvent } from './api.js';
import { Stored } from './stored-object.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One revision of one object, and the events that watchers get of it: made once, however many they are. */
export class Change {
  readonly type: ChangeType;
  readonly key: string;
  readonly revision: number;
  /** The object after the change; of a deletion, its last state at the revision of the deletion. */
  readonly stored: Stored;
  readonly previous: Stored | undefined;
  readonly #events = new Map<string, WatchEvent>();

  constructor(type: ChangeType, key: string, stored: Stored, previous: Stored | undefined) {
    this.type = type;
    this.key = key;
    this.revision = stored.revision;
    this.stored = stored;
    this.previous = previous;
  }

  /** The event for watchers to whom the change is a `type`; `asEventsView` for those of events.k8s.io. */
  event(type: ChangeType, asEventsView: boolean): WatchEvent {
    const key = `${type}${asEventsView ? ' view' : ''}`;
    let event = this.#events.get(key);
    if (!event) {
      const seen = type === 'DELETED' ? this.#lastSeen() : this.stored;
      this.#events.set(key, (event = { type, object: asEventsView ? seen.eventsView : seen }));
    }
    return event;
  }

  /** What a watcher whose selection the object has left gets to see: the state before, at the revision of the change. */
  #lastSeen(): Stored {
    if (this.type === 'DELETED' || this.previous === undefined) return this.stored;
    const { object } = this.previous;
    const metadata = { ...object.metadata, resourceVersion: String(this.revision) };
    return new Stored({ ...object, metadata }, this.revision);
  }
}
