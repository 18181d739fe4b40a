/**
 * Keeps a copy of a resource's objects by listing and watching, and tells handlers what changes. This file carries out
 * what `plan.ts` decides; `watch-session.ts` reads one watch, `object-cache.ts` holds the objects, `liveness.ts` says when
 * silence means death. Design: `docs/designs/reflector.md`.
 *
 * Invariants:
 * 1. One loop, one step at a time: two lists or watches of one reflector never overlap.
 * 2. The store is never emptied by a failure. Objects go as `object-cache.ts` says.
 * 3. After a list has begun, no watch is opened before one has been read to its end.
 * 4. Once `close` has been called, no handler is called and no request is sent.
 */
import { setMaxListeners } from 'node:events';
import { VkError } from '../../runtime/errors.js';
import type { KubeApi } from '../api.js';
import type { ObjectHandler, ObjectSource, ReadonlyStore } from '../object-source.js';
import { type Resource, resourcePath } from '../resources.js';
import { type KubeObject, objectKey } from '../types.js';
import type { IndexFunction } from './indexed-store.js';
import { isChatty, longestSilenceMs, watchSeconds } from './liveness.js';
import { ObjectCache } from './object-cache.js';
import { type ReflectorOptions, type ResolvedReflectorOptions, resolveReflectorOptions } from './options.js';
import { PageReader } from './page-reader.js';
import { PartSharing } from './part-sharing.js';
import { firstPlan, nextPlan, type Outcome, type Plan, type Step, type WatchRecord } from './plan.js';
import type { ReflectorStatus } from './reflector-status.js';
import { nextTurn } from './turn.js';
import { WatchSession } from './watch-session.js';

/** A cache that was not heard of for longer is not fresh. */
const freshMs = 60_000;

/** Opening a watch and reading a page are quick, or something is wrong: sockets that died while pooled, mostly. */
const requestDeadlineMs = 30_000;

/** How long a streaming list may pause. A server that does not know streaming lists pauses for ever at the end. */
const listSilenceMs = 10_000;

const objectsPerTurn = 100;

const nothingWatched: WatchRecord = { synced: false, progress: false, lastedMs: 0, silenceMs: 0 };

/**
 * ```ts
 * const reflector = new Reflector(client, pods, {
 *   indexes: { node: (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []) },
 * });
 * reflector.addHandler({ onAdd: (pod) => enqueue(pod) }, { index: 'node', value: 'virtual-1' });
 * reflector.start();
 * await reflector.waitForSync();
 * ```
 *
 * One reflector serves any number of handlers. Failures are logged and tried again until `close`.
 */
export class Reflector<T extends KubeObject> implements ObjectSource<T>, AsyncDisposable {
  readonly #api: KubeApi;
  readonly #resource: Resource<T>;
  readonly #options: ResolvedReflectorOptions<T>;
  readonly #cache: ObjectCache<T>;
  readonly #pages: PageReader<T>;
  readonly #sharing: PartSharing | undefined;
  readonly #closing = new AbortController();
  readonly #synced = new AbortController();
  #loop: Promise<void> | undefined;
  #status: ReflectorStatus = { type: 'idle' };
  #resourceVersion = '';
  #connected = false;
  #chatty = false;
  #session: WatchSession<T> | undefined;

  constructor(api: KubeApi, resource: Resource<T>, options: ReflectorOptions<T> = {}) {
    this.#api = api;
    this.#resource = resource;
    this.#options = resolveReflectorOptions(options);
    // Any number of nodes may wait for one reflector; Node would take more than ten listeners for a leak, and say so.
    setMaxListeners(0, this.#closing.signal, this.#synced.signal);
    const { namespace, labelSelector, fieldSelector, pageSize } = this.#options;
    const query = { namespace, labelSelector, fieldSelector, signal: this.#closing.signal };
    this.#pages = new PageReader(api, resource, { ...query, deadlineMs: requestDeadlineMs }, pageSize);
    this.#sharing = this.#options.shareEqualParts ? new PartSharing() : undefined;
    this.#cache = new ObjectCache(this.#guardedIndexes(), this.#options.logger);
  }

  get store(): ReadonlyStore<T> {
    return this.#cache.store;
  }

  get hasSynced(): boolean {
    return this.#synced.signal.aborted;
  }

  get isFresh(): boolean {
    const { clock } = this.#options;
    return this.hasSynced && this.#connected && clock.now() - (this.#session?.heardAt ?? -Infinity) <= freshMs;
  }

  /** The version that the store has reached; empty before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  get status(): ReflectorStatus {
    return this.#status;
  }

  addHandler(handler: ObjectHandler<T>, only?: { readonly index: string; readonly value: string }): () => void {
    return this.#cache.handlers.add(handler, only);
  }

  /** Begins to list and watch. Again: does nothing. Throws `Aborted` once closed. */
  start(): void {
    if (this.#closing.signal.aborted) throw new VkError('Aborted', `${this.#name}: closed, cannot be started`);
    this.#loop ??= this.#run(this.#closing.signal).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#options.logger.error({ err: error }, 'reflector stopped');
    });
  }

  async waitForSync(signal?: AbortSignal): Promise<void> {
    if (this.hasSynced) return;
    const closed = this.#closing.signal;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.#synced.signal.removeEventListener('abort', settle);
        closed.removeEventListener('abort', settle);
        signal?.removeEventListener('abort', settle);
        if (this.hasSynced) resolve();
        else if (signal?.aborted) reject(signal.reason as Error);
        else reject(new VkError('Aborted', `${this.#name}: closed before the first list`));
      };
      if (signal?.aborted || closed.aborted) {
        settle();
        return;
      }
      this.#synced.signal.addEventListener('abort', settle);
      closed.addEventListener('abort', settle);
      signal?.addEventListener('abort', settle);
    });
  }

  /** Ends watch and list. Resolves when nothing is under way any more. The store stays readable. Idempotent. */
  async close(): Promise<void> {
    this.#connected = false;
    this.#enter({ type: 'closed' });
    this.#closing.abort(new VkError('Aborted', `${this.#name}: closed`));
    await this.#loop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enter(status: ReflectorStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger } = this.#options;
    let plan: Plan = firstPlan(this.#options.streamingList);
    while (!signal.aborted) {
      const outcome = await this.#take(plan.step, signal);
      signal.throwIfAborted();
      plan = nextPlan(plan, outcome, random);
      if (outcome.type !== 'page' && !(outcome.type === 'ended' && plan.delayMs === 0)) this.#connected = false;
      if (plan.delayMs === 0) continue;
      const error = outcome.type === 'failed' ? outcome.error : undefined;
      const { attempt, delayMs, step } = plan;
      logger.warn({ resource: this.#name, attempt, delayMs, next: step.type, err: error }, 'list or watch failed');
      this.#enter({ type: 'backoff', attempt, untilMs: clock.now() + delayMs, error });
      await clock.sleep(delayMs, signal);
    }
  }

  #take(step: Step, signal: AbortSignal): Promise<Outcome> {
    switch (step.type) {
      case 'page':
        this.#enter({ type: 'listing', how: 'pages' });
        return this.#readPage(step, signal);
      case 'stream':
        this.#enter({ type: 'listing', how: 'stream' });
        this.#cache.beginList();
        return this.#watch(true, signal);
      case 'watch':
        this.#enter({ type: 'watching' });
        return this.#watch(false, signal);
    }
  }

  async #readPage(step: Step & { type: 'page' }, signal: AbortSignal): Promise<Outcome> {
    if (step.token === undefined) this.#cache.beginList();
    try {
      const list = await this.#pages.read(step);
      let taken = 0;
      for (const item of list.items) {
        signal.throwIfAborted();
        this.#cache.put(this.#prepare(item));
        taken += 1;
        if (taken % objectsPerTurn === 0) await nextTurn();
      }
      signal.throwIfAborted();
      const token = list.metadata.continue || undefined;
      if (token === undefined) {
        this.#resourceVersion = list.metadata.resourceVersion ?? '';
        this.#endList();
      }
      return { type: 'page', token };
    } catch (error) {
      signal.throwIfAborted();
      return { type: 'failed', error: VkError.from(error), ...nothingWatched };
    }
  }

  async #watch(streamsList: boolean, signal: AbortSignal): Promise<Outcome> {
    const { clock, random, namespace, labelSelector, fieldSelector, watchTimeoutMs, maxEventBytes } = this.#options;
    const seconds = watchSeconds(this.#chatty, watchTimeoutMs, random);
    const session = new WatchSession<T>(this.#api, `${this.#name} watch`, {
      request: {
        path: resourcePath(this.#resource, namespace === undefined ? {} : { namespace }),
        query: {
          watch: true,
          allowWatchBookmarks: true,
          timeoutSeconds: seconds,
          labelSelector,
          fieldSelector,
          ...(streamsList
            ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
            : { resourceVersion: this.#resourceVersion }),
        },
        // Neither begins on a socket that died while it was pooled, nor leaves one there.
        headers: { connection: 'close' },
        deadlineMs: requestDeadlineMs,
      },
      streamsList,
      silenceLimitMs: longestSilenceMs,
      listSilenceLimitMs: listSilenceMs,
      maxEventBytes,
      clock,
      signal,
      onOpen: () => {
        this.#connected = !streamsList;
      },
      onEvent: ({ type, object }) => {
        if (type === 'DELETED') this.#cache.delete(this.#prepare(object));
        else this.#cache.put(this.#prepare(object));
      },
      onListed: () => {
        this.#connected = true;
        this.#enter({ type: 'watching' });
        this.#endList();
      },
      reached: () => this.#resourceVersion,
      onVersion: (resourceVersion) => {
        if (resourceVersion !== '') this.#resourceVersion = resourceVersion;
      },
    });
    this.#session = session;
    const outcome = await session.run();
    if ('lastedMs' in outcome) this.#chatty = isChatty(this.#chatty, outcome);
    return outcome;
  }

  #endList(): void {
    this.#cache.endList();
    if (this.hasSynced) return;
    this.#options.logger.info({ resource: this.#name, objects: this.#cache.store.size }, 'cache synced');
    this.#synced.abort();
  }

  /** What is stored for an object that came from the server. */
  #prepare(object: T): T {
    if (!this.#options.keepManagedFields) delete object.metadata.managedFields;
    let prepared = object;
    try {
      prepared = this.#options.transform(object);
    } catch (error) {
      this.#options.logger.error({ object: objectKey(object), err: error }, 'transform threw');
    }
    return this.#sharing === undefined ? prepared : this.#sharing.share(prepared);
  }

  #guardedIndexes(): Record<string, IndexFunction<T>> {
    const guard =
      (index: string, valuesOf: IndexFunction<T>): IndexFunction<T> =>
      (object) => {
        try {
          return valuesOf(object);
        } catch (error) {
          this.#options.logger.error({ object: objectKey(object), index, err: error }, 'index function threw');
          return [];
        }
      };
    return Object.fromEntries(
      Object.entries(this.#options.indexes).map(([index, valuesOf]) => [index, guard(index, valuesOf)]),
    );
  }

  get #name(): string {
    return this.#resource.plural;
  }
}
