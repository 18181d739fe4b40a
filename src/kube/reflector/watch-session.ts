/**
 * One watch from its opening to its end: what the server sends goes into the cache in order. Neighbours:
 * `watch-decoder.ts` (bytes to events), `object-cache.ts` (where they go), `plan.ts` (what follows from how it ended).
 *
 * Invariants:
 * 1. Bytes are the only proof of life: any of them ends a silence, and a silence past its limit ends the watch.
 * 2. The version reached moves with an event only after the cache holds it.
 * 3. The event loop gets its turn after every batch, however fast the server is.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { KubeApi, RawRequest } from '../api.js';
import type { KubeObject } from '../types.js';
import { errorOfResponse, errorOfStatus } from './server-errors.js';
import type { Outcome, WatchRecord } from './plan.js';
import { nextTurn } from './turn.js';
import { decodeWatchEvent, LineSplitter, type ObjectEvent, type WatchEvent } from './watch-decoder.js';

const eventsPerTurn = 100;

/** The mark of a streaming list's end (KEP-3157). */
const initialEventsEnd = 'k8s.io/initial-events-end';

export interface WatchSessionOptions<T extends KubeObject> {
  readonly request: Omit<RawRequest, 'method' | 'signal'>;
  /** Whether this is a streaming list, which is not synced before its mark has come. */
  readonly streamsList: boolean;
  readonly silenceLimitMs: number;
  /** The limit as long as the mark of a streaming list is outstanding. */
  readonly listSilenceLimitMs: number;
  readonly maxEventBytes: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  onOpen(): void;
  /** Objects of a streaming list come from here on. */
  onEvent(event: ObjectEvent<T>): void;
  onListed(): void;
  /** The version that the cache had reached so far. */
  reached(): string;
  /** The version that the cache has reached now. */
  onVersion(resourceVersion: string): void;
}

export class WatchSession<T extends KubeObject> {
  readonly #api: KubeApi;
  readonly #what: string;
  readonly #options: WatchSessionOptions<T>;
  #synced: boolean;
  #progress = false;
  #openedAt: number | undefined;
  #heardAt: number;
  #longestSilenceMs = 0;
  #fellSilent = false;

  /** @param what names the watch in errors. */
  constructor(api: KubeApi, what: string, options: WatchSessionOptions<T>) {
    this.#api = api;
    this.#what = what;
    this.#options = options;
    this.#synced = !options.streamsList;
    this.#heardAt = options.clock.now();
  }

  /** When bytes last came, in ms since the epoch. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Does not reject, except when `signal` aborts. */
  async run(): Promise<Outcome> {
    const { signal } = this.#options;
    try {
      return await this.#read();
    } catch (error) {
      signal.throwIfAborted();
      if (this.#fellSilent) {
        return this.#synced ? { type: 'silent', ...this.#record() } : { type: 'unstreamed' };
      }
      return { type: 'failed', error: failureOf(this.#what, error), ...this.#record() };
    }
  }

  async #read(): Promise<Outcome> {
    const { request, clock, signal } = this.#options;
    const response = await this.#api.stream({ method: 'GET', ...request, signal });
    if (response.status !== 200) throw await errorOfResponse(this.#what, response, clock.now());
    this.#openedAt = clock.now();
    this.#hear();
    this.#options.onOpen();
    const stopWatching = this.#watchSilence(response.body);
    try {
      return await this.#readEvents(response.body);
    } finally {
      stopWatching();
    }
  }

  async #readEvents(body: Readable): Promise<Outcome> {
    const { signal, maxEventBytes } = this.#options;
    const splitter = new LineSplitter(maxEventBytes);
    let events = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      this.#hear();
      for (const line of splitter.push(chunk)) {
        signal.throwIfAborted();
        if (!this.#take(decodeWatchEvent<T>(line))) return { type: 'unstreamed' };
        events += 1;
        if (events % eventsPerTurn === 0) await nextTurn();
      }
    }
    signal.throwIfAborted();
    return { type: 'ended', ...this.#record() };
  }

  /** False if the event shows that the server does not know streaming lists. */
  #take(event: WatchEvent<T> | undefined): boolean {
    if (event === undefined) return true;
    if (event.type === 'ERROR') throw errorOfStatus(this.#what, event.object);
    // Read first: what becomes of the object is others' business.
    const { resourceVersion = '', annotations } = event.object.metadata;
    if (event.type !== 'BOOKMARK') {
      this.#options.onEvent(event);
    } else if (!this.#synced) {
      if (annotations?.[initialEventsEnd] !== 'true') return false;
      this.#options.onVersion(resourceVersion);
      this.#synced = true;
      this.#options.onListed();
      return true;
    } else if (isBehind(resourceVersion, this.#options.reached())) {
      throw new VkError('Expired', `${this.#what}: the server is at ${resourceVersion}, behind what it sent before`);
    }
    if (this.#synced) {
      this.#options.onVersion(resourceVersion);
      this.#progress = true;
    }
    return true;
  }

  #hear(): void {
    this.#longestSilenceMs = this.#silenceMs();
    this.#heardAt = this.#options.clock.now();
  }

  #silenceMs(): number {
    return Math.max(this.#longestSilenceMs, this.#options.clock.now() - this.#heardAt);
  }

  #limitMs(): number {
    return this.#synced ? this.#options.silenceLimitMs : this.#options.listSilenceLimitMs;
  }

  #watchSilence(body: Readable): () => void {
    const { clock, signal } = this.#options;
    const abort = (): void => void body.destroy(signal.reason as Error);
    const check = (): void => {
      const leftMs = this.#heardAt + this.#limitMs() - clock.now();
      if (leftMs > 0) {
        timer = clock.setTimer(leftMs, check);
        return;
      }
      this.#fellSilent = true;
      body.destroy(new VkError('Timeout', `${this.#what}: silent for ${this.#limitMs()} ms`));
    };
    let timer = clock.setTimer(this.#limitMs(), check);
    signal.addEventListener('abort', abort);
    return () => {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    };
  }

  #record(): WatchRecord {
    const lastedMs = this.#openedAt === undefined ? 0 : this.#options.clock.now() - this.#openedAt;
    return { synced: this.#synced, progress: this.#progress, lastedMs, silenceMs: this.#silenceMs() };
  }
}

/** A socket that broke is `Unavailable`, as when it could not be opened; what has a code keeps it. */
function failureOf(what: string, error: unknown): VkError {
  if (error instanceof VkError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new VkError('Unavailable', `${what}: ${message}`, { cause: error });
}

/**
 * Versions are compared as numbers (KEP-5504; apiservers have always made them of etcd's revisions). A bookmark behind the
 * version reached comes from a server restored from a backup: it will say nothing until it has caught up, and by then the
 * same numbers mean something else.
 */
function isBehind(version: string, reached: string): boolean {
  return Number(version) < Number(reached);
}
