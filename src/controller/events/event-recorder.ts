/**
 * Writes Events to the API, beside the work and never in its way.
 *
 * Neighbours: `event-correlator.ts` decides what Event an occurrence belongs to; `event-sink.ts` is what controllers see.
 *
 * Invariants
 * 1. `event` neither throws nor waits.
 * 2. There is one write at a time for an Event, and it carries the newest count: occurrences meanwhile become one write.
 * 3. Not more than `maxBacklog` Events wait. Those beyond are dropped and counted.
 * 4. An Event that the server refuses is dropped; one that did not arrive is tried again, a limited number of times.
 */
import type { KubeApi } from '../../kube/api.js';
import { events } from '../../kube/resources.js';
import type { KubeEvent, KubeObject } from '../../kube/types.js';
import { type Clock, type Random, systemClock } from '../../runtime/clock.js';
import { type ErrorCode, hasCode, VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { type CorrelatedEvent, EventCorrelator, type EventSubject } from './event-correlator.js';
import type { EventSink, EventType } from './event-sink.js';
import { RecentCache } from './recent-cache.js';
import { timestamp } from '../../provider/timestamp.js';
import { WorkQueue } from '../queue/work-queue.js';

export interface EventRecorderOptions {
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
  /** Who reports: `source.component` and `reportingComponent`. Default: `virtual-kubelet`. */
  readonly component?: string;
  /** Where: `source.host` and `reportingInstance`. The node's name. Default: none. */
  readonly host?: string;
  /** Writes at a time. Default: 2, so that Events take little of what the server gives to status writes. */
  readonly concurrency?: number;
  /** How many Events may wait for being written. Default: 10,000, some 10 MB at worst. */
  readonly maxBacklog?: number;
  readonly logger?: Logger;
}

/** Tries for one Event. With the back-off below it is given up about a minute after the first. */
const maxAttempts = 8;
const retryBaseMs = 500;
const retryCeilingMs = 30_000;

const passingCodes: readonly ErrorCode[] = [
  'Unavailable',
  'Timeout',
  'TooManyRequests',
  'Internal',
  'Unauthorized',
  'Conflict',
];

export class EventRecorder implements EventSink {
  readonly #api: KubeApi;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #component: string;
  readonly #host: string | undefined;
  readonly #maxBacklog: number;
  readonly #correlator: EventCorrelator;
  readonly #queue: WorkQueue;
  /** The newest state of each Event that is to be written. */
  readonly #backlog = new Map<string, CorrelatedEvent>();
  /** Keys of Events that are known to be in the API. */
  readonly #written = new RecentCache<true>(4_096);
  readonly #warned = new Set<string>();
  #dropped = 0;
  #closed: Promise<void> | undefined;

  constructor(api: KubeApi, options: EventRecorderOptions = {}) {
    const { clock = systemClock, random = Math.random, logger = silentLogger } = options;
    this.#api = api;
    this.#clock = clock;
    this.#logger = logger;
    this.#component = options.component ?? 'virtual-kubelet';
    this.#host = options.host;
    this.#maxBacklog = options.maxBacklog ?? 10_000;
    this.#correlator = new EventCorrelator(Math.trunc(random() * 1_000_000));
    this.#queue = new WorkQueue((key, signal) => this.#write(key, signal), {
      clock,
      random,
      logger,
      name: 'events',
      concurrency: options.concurrency ?? 2,
      baseDelayMs: retryBaseMs,
      maxDelayMs: retryCeilingMs,
    });
    this.#queue.start();
  }

  /** How many Events were dropped: the backlog was full, the server refused them, or did not answer for a minute. */
  get dropped(): number {
    return this.#dropped;
  }

  event(object: KubeObject, type: EventType, reason: string, message: string): void {
    if (this.#closed !== undefined) return;
    const event = this.#correlator.observe({
      subject: subjectOf(object),
      type,
      reason,
      message,
      atMs: this.#clock.now(),
    });
    if (event === undefined) return;
    if (this.#backlog.size >= this.#maxBacklog && !this.#backlog.has(event.key)) {
      this.#drop(event.key, 'events: the backlog is full, events are dropped', {});
      return;
    }
    const waits = this.#backlog.has(event.key);
    this.#backlog.set(event.key, event);
    // One that waits for its retry goes on waiting: a new occurrence does not make the server well.
    if (!waits || this.#queue.attempts(event.key) === 0) this.#queue.add(event.key);
  }

  /**
   * Takes no further Events and resolves when those that wait are written, at the latest after `graceMs` (default
   * 2,000). What waits for a retry is dropped.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#flush(options.graceMs ?? 2_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flush(graceMs: number): Promise<void> {
    const over = new AbortController();
    const late = this.#clock.sleep(graceMs, over.signal).catch(() => undefined);
    await Promise.race([this.#queue.idle(), late]);
    over.abort();
    await this.#queue.close({ graceMs: 0 });
    this.#backlog.clear();
  }

  async #write(key: string, signal: AbortSignal): Promise<void> {
    const event = this.#backlog.get(key);
    if (event === undefined) return;
    try {
      await this.#send(event, signal);
      this.#written.set(key, true);
    } catch (error) {
      if (signal.aborted) return;
      const passing = passingCodes.some((code) => hasCode(error, code));
      if (passing && this.#queue.attempts(key) + 1 < maxAttempts) throw error;
      this.#drop(key, passing ? 'event given up: the server does not take it' : 'event refused by the server', {
        object: event.subject.name,
        reason: event.reason,
        err: VkError.from(error),
      });
    }
    const newest = this.#backlog.get(key);
    if (newest === event) this.#backlog.delete(key);
    else if (newest !== undefined) this.#queue.add(key);
  }

  async #send(event: CorrelatedEvent, signal: AbortSignal): Promise<void> {
    if (this.#written.get(event.key) === undefined) {
      try {
        await this.#api.create(events, this.#toObject(event), { signal });
        return;
      } catch (error) {
        // The name is this process's own: an earlier create did arrive, only its answer did not.
        if (!hasCode(error, 'AlreadyExists')) throw error;
      }
    }
    const at = { namespace: namespaceOf(event.subject), name: event.name };
    try {
      await this.#api.patch(events, at, 'merge', changesOf(event), { signal });
    } catch (error) {
      // Events expire, after an hour by default.
      if (!hasCode(error, 'NotFound')) throw error;
      await this.#api.create(events, this.#toObject(event), { signal });
    }
  }

  #drop(key: string, message: string, fields: object): void {
    this.#dropped += 1;
    this.#backlog.delete(key);
    if (this.#warned.has(message)) {
      this.#logger.debug({ ...fields, dropped: this.#dropped }, message);
      return;
    }
    this.#warned.add(message);
    this.#logger.warn({ ...fields, dropped: this.#dropped }, message);
  }

  #toObject(event: CorrelatedEvent): KubeEvent {
    const { apiVersion, kind, namespace, name, uid, resourceVersion } = event.subject;
    const host = this.#host === undefined ? {} : { host: this.#host };
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: namespaceOf(event.subject), name: event.name },
      involvedObject: {
        apiVersion,
        kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type: event.type,
      reason: event.reason,
      firstTimestamp: timestamp(event.firstMs),
      ...changesOf(event),
      source: { component: this.#component, ...host },
      reportingComponent: this.#component,
      reportingInstance: this.#host ?? '',
    };
  }
}

/** What changes in an Event that happens again. */
function changesOf(event: CorrelatedEvent): Pick<KubeEvent, 'count' | 'lastTimestamp' | 'message'> {
  return { count: event.count, lastTimestamp: timestamp(event.lastMs), message: event.message };
}

/** Events about what has no namespace are kept in `default`. */
function namespaceOf(subject: EventSubject): string {
  return subject.namespace ?? 'default';
}

/** Items of a typed list carry no kind; of the objects that the SDK tells of, pods alone have a namespace. */
function subjectOf(object: KubeObject): EventSubject {
  const { namespace, name = '', uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion ?? 'v1',
    kind: object.kind ?? (namespace === undefined ? 'Node' : 'Pod'),
    namespace,
    name,
    uid,
    resourceVersion,
  };
}
