/**
 * Makes Events of what happens: the same thing again is the same Event with a higher count, many similar things are one
 * combined Event, and an object that never stops is listened to less. The rules and numbers are those of client-go's
 * `EventCorrelator` (tools/record/events_cache.go).
 *
 * Does no I/O; `event-recorder.ts` sends what comes out.
 *
 * Invariants
 * 1. What is remembered has a bound, however many objects there are.
 * 2. An Event's key and name stay the same while it is remembered, and its count only grows.
 */
import type { EventType } from './event-sink.js';
import { RecentCache } from './recent-cache.js';

/** The object that an Event is about, as `involvedObject` has it. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

export interface Occurrence {
  readonly subject: EventSubject;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
}

/** The present state of one Event. */
export interface CorrelatedEvent {
  /** Tells Events apart. */
  readonly key: string;
  /** Name of the API object. */
  readonly name: string;
  readonly subject: EventSubject;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Different messages for one object, type and reason, from the how-manieth on they are combined. */
const combineFrom = 10;
/** Messages are similar as long as no pause between them was longer. */
const combineWithinMs = 600_000;
const combinedPrefix = '(combined from similar events): ';
/** Events about one object: so many at once, and then one in five minutes. */
const burst = 25;
const refillEveryMs = 300_000;
/** Remembered Events, groups of similar Events, and objects, each. */
const capacity = 4_096;
/** The API's limit for the `note` of events.k8s.io, which is what a message becomes there. */
const messageLimit = 1_024;

interface Group {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  filledMs: number;
}

export class EventCorrelator {
  readonly #events = new RecentCache<CorrelatedEvent>(capacity);
  readonly #groups = new RecentCache<Group>(capacity);
  readonly #buckets = new RecentCache<Bucket>(capacity);
  #sequence: number;

  /** @param seed - A number of this process, so that two processes do not give two Events one name. */
  constructor(seed: number) {
    this.#sequence = seed;
  }

  /** The Event that stands for the occurrence, or undefined if there were too many about this object to tell of it. */
  observe(occurrence: Occurrence): CorrelatedEvent | undefined {
    const { key, message } = this.#combine({ ...occurrence, message: bounded(occurrence.message) });
    const previous = this.#events.get(key);
    const event: CorrelatedEvent = {
      key,
      name: previous?.name ?? this.#newName(occurrence),
      subject: occurrence.subject,
      type: occurrence.type,
      reason: occurrence.reason,
      message,
      count: (previous?.count ?? 0) + 1,
      firstMs: previous?.firstMs ?? occurrence.atMs,
      lastMs: occurrence.atMs,
    };
    this.#events.set(key, event);
    return this.#mayTell(occurrence) ? event : undefined;
  }

  #combine(occurrence: Occurrence): { readonly key: string; readonly message: string } {
    const { message, atMs } = occurrence;
    const groupKey = `${subjectKey(occurrence.subject)}\n${occurrence.type}\n${occurrence.reason}`;
    let group = this.#groups.get(groupKey);
    if (group === undefined || atMs - group.lastMs > combineWithinMs) {
      group = { messages: new Set(), lastMs: atMs };
      this.#groups.set(groupKey, group);
    }
    group.messages.add(message);
    group.lastMs = atMs;
    if (group.messages.size < combineFrom) return { key: `${groupKey}\n${message}`, message };
    // One goes, so that the group does not grow and yet stays at the limit.
    const [oldest] = group.messages;
    if (oldest !== undefined) group.messages.delete(oldest);
    return { key: groupKey, message: bounded(combinedPrefix + message) };
  }

  #mayTell({ subject, atMs }: Occurrence): boolean {
    const key = subjectKey(subject);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: burst, filledMs: atMs };
      this.#buckets.set(key, bucket);
    }
    const elapsedMs = Math.max(0, atMs - bucket.filledMs);
    bucket.tokens = Math.min(burst, bucket.tokens + elapsedMs / refillEveryMs);
    bucket.filledMs = atMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** `web.18a1b2c3d4e5f607`: the object's name and a hexadecimal number that begins with the time, as in client-go. */
  #newName({ subject, atMs }: Occurrence): string {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const suffix = (BigInt(Math.trunc(atMs)) * 1_000_000n + BigInt(this.#sequence)).toString(16);
    const longest = 253 - 1 - suffix.length;
    return `${subject.name.slice(0, longest).replace(/[-.]+$/, '')}.${suffix}`;
  }
}

function subjectKey({ apiVersion, kind, namespace, name, uid }: EventSubject): string {
  return `${apiVersion}/${kind}/${namespace ?? ''}/${name}/${uid ?? ''}`;
}

function bounded(message: string): string {
  return message.length <= messageLimit ? message : `${message.slice(0, messageLimit - 3)}...`;
}
