import type { KubeObject } from '../../../kube/types.js';
import type { StoredObject } from './api.js';
import { toEventsView } from './events-view.js';
import type { JsonObject } from './json.js';

/** An object at one revision, serialised on first use and not again as long as it is the newest. */
export class Stored implements StoredObject {
  readonly object: KubeObject;
  readonly revision: number;
  #json: Buffer | undefined;
  #eventsView: Stored | undefined;

  constructor(object: KubeObject | JsonObject, revision: number) {
    this.object = object as KubeObject;
    this.revision = revision;
  }

  /** The object as plain JSON. */
  get content(): JsonObject {
    return this.object as unknown as JsonObject;
  }

  get json(): Buffer {
    return (this.#json ??= Buffer.from(JSON.stringify(this.object)));
  }

  /** Lets go of the bytes of a revision that is no longer the newest: the past is long, and seldom read again. */
  supersede(): void {
    this.#json = undefined;
    this.#eventsView = undefined;
  }

  /** An event as events.k8s.io/v1 shows it. */
  get eventsView(): Stored {
    return (this.#eventsView ??= new Stored(toEventsView(this.content), this.revision));
  }
}
