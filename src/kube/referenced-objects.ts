/**
 * Keeps the objects that somebody refers to, each by a watch of its own, and no others: the access that the Node authorizer
 * grants (a Secret or ConfigMap by its name, as long as a pod of the node refers to it), and memory that grows with what is
 * referred to. Neighbour: `reflector/reflector.ts` reads and watches one of them.
 *
 * 1. There is one watch for each object referred to, however many refer to it, and none for any other.
 * 2. What was read once stays readable while watches fail: only the server's word that it is gone makes it missing.
 * 3. A holder is told after whatever makes `read` answer something else.
 */
import type { Clock, Random } from '../runtime/clock.js';
import { VkError } from '../runtime/errors.js';
import { silentLogger, type Logger } from '../runtime/logger.js';
import type { KubeApi } from './api.js';
import { Reflector } from './reflector/reflector.js';
import type { ReflectorStatus } from './reflector/reflector-status.js';
import type { Resource } from './resources.js';
import type { Sourced } from './sourced.js';
import type { KubeObject } from './types.js';

export interface ReferencedObjectsOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** One holder's interest in one object. */
export interface Reference<T extends KubeObject> {
  /** Undefined before the first answer of the server. Objects are shared: never to be changed. */
  read(): Sourced<T> | undefined;
  /** Ends the interest; the last one ends the watch. Idempotent. */
  release(): void;
}

interface Watched<T extends KubeObject> {
  readonly reflector: Reflector<T>;
  readonly key: string;
  readonly holders: Set<() => void>;
  error: VkError | undefined;
  /** What holders were last told of. */
  told: Sourced<T> | undefined;
}

/**
 * ```ts
 * await using settings = new ReferencedObjects(client, configMaps);
 * const reference = settings.acquire({ namespace: 'shop', name: 'settings' }, () => console.log(reference.read()));
 * ```
 */
export class ReferencedObjects<T extends KubeObject> implements AsyncDisposable {
  readonly #api: KubeApi;
  readonly #resource: Resource<T>;
  readonly #options: ReferencedObjectsOptions;
  readonly #watched = new Map<string, Watched<T>>();
  /** Watches that nobody needs any more, until they have ended. */
  readonly #ending = new Set<Promise<void>>();
  #closed = false;

  constructor(api: KubeApi, resource: Resource<T>, options: ReferencedObjectsOptions = {}) {
    this.#api = api;
    this.#resource = resource;
    this.#options = options;
  }

  /** Objects that are watched. */
  get size(): number {
    return this.#watched.size;
  }

  /**
   * Begins to keep an object, or shares in it. `onChange` is called, never from within this call, whenever there is something
   * new to `read`; what it throws is logged. Throws `Aborted` once closed.
   */
  acquire(at: { readonly namespace: string; readonly name: string }, onChange: () => void): Reference<T> {
    const key = `${at.namespace}/${at.name}`;
    if (this.#closed)
      throw new VkError('Aborted', `${this.#resource.plural} ${key}: no longer watched, as the node ends`);
    const watched = this.#watched.get(key) ?? this.#watch(at, key);
    // A function of its own, so that one caller may hold the same object twice.
    const holder = (): void => onChange();
    watched.holders.add(holder);
    return {
      read: () => readOf(watched),
      release: () => {
        watched.holders.delete(holder);
        if (watched.holders.size === 0 && this.#watched.get(key) === watched) this.#end(watched);
      },
    };
  }

  /** Ends every watch. References answer what they last knew. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const watched of this.#watched.values()) this.#end(watched);
    await Promise.all(this.#ending);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #watch({ namespace, name }: { readonly namespace: string; readonly name: string }, key: string): Watched<T> {
    const changed = (): void => this.#tell(watched);
    const reflector = new Reflector(this.#api, this.#resource, {
      ...this.#options,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      // There is one object: nothing to share within it, and no page or stream of many to save.
      shareEqualParts: false,
      streamingList: false,
      onStatus: (status) => this.#noteStatus(watched, status),
    });
    const watched: Watched<T> = { reflector, key, holders: new Set(), error: undefined, told: undefined };
    reflector.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
    this.#watched.set(key, watched);
    reflector.start();
    // An object that is not there gives the handler nothing to say.
    reflector.waitForSync().then(
      () => this.#tell(watched),
      () => undefined,
    );
    return watched;
  }

  #noteStatus(watched: Watched<T>, status: ReflectorStatus): void {
    if (status.type !== 'backoff' || watched.reflector.hasSynced) return;
    watched.error = status.error ?? new VkError('Unavailable', `${this.#resource.plural} ${watched.key}: no answer`);
    this.#tell(watched);
  }

  #tell(watched: Watched<T>): void {
    const known = readOf(watched);
    if (isSame(watched.told, known)) return;
    watched.told = known;
    for (const holder of [...watched.holders]) {
      try {
        holder();
      } catch (err) {
        const { logger = silentLogger } = this.#options;
        logger.error({ object: watched.key, err }, 'listener of a referenced object failed');
      }
    }
  }

  #end(watched: Watched<T>): void {
    this.#watched.delete(watched.key);
    watched.holders.clear();
    const ended = watched.reflector.close().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

/** A failure like the one before is no news. */
function isSame<T>(one: Sourced<T> | undefined, other: Sourced<T> | undefined): boolean {
  if (one?.state === 'found') return other?.state === 'found' && one.object === other.object;
  if (one?.state !== 'unreadable') return one?.state === other?.state;
  return other?.state === 'unreadable' && one.error.message === other.error.message;
}

function readOf<T extends KubeObject>({ reflector, key, error }: Watched<T>): Sourced<T> | undefined {
  const object = reflector.store.get(key);
  if (object !== undefined) return { state: 'found', object };
  if (reflector.hasSynced) return { state: 'missing' };
  return error && { state: 'unreadable', error };
}
