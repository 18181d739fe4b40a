/**
 * Scripted faults of the fake apiserver: which request or watch goes wrong, and how. Nothing is random: a script plays the
 * same way every time for the same requests, and `played` says what has been played.
 *
 * ```ts
 * server.faults.add({ on: { verb: 'patch', resource: 'pods/status' }, nth: 2, fault: { type: 'status', code: 409 } });
 * server.faults.add({ on: { resource: 'pods' }, fault: { type: 'dropEvent', nth: 3 } });
 * ```
 */
import { checkNumbers } from '../runtime/check-numbers.js';
import type { Verb } from './apiserver/http/request-log.js';

/** Which requests a rule is about; what is left out does not matter. */
export interface FaultTarget {
  readonly verb?: Verb | readonly Verb[];
  /** Plural, with the subresource after a slash: `pods/status`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** What becomes of a request. */
export type RequestFault =
  /**
   * An error status. `before` (the default) nothing has happened; `after`: the write has been done all the same, as a
   * 504 may mean.
   */
  | {
      readonly type: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      readonly when?: 'before' | 'after';
    }
  /** The connection is reset, before or after the write has been done. */
  | { readonly type: 'reset'; readonly when: 'before' | 'after' }
  /**
   * The request is done, and half of the answer arrives. `clean`: as a complete response of broken JSON; else the
   * connection ends before the announced length.
   */
  | { readonly type: 'truncate'; readonly clean?: boolean }
  /** The request is done after `ms`, or done at once and answered after `ms`. */
  | { readonly type: 'delay'; readonly ms: number; readonly when?: 'before' | 'after' }
  /** The request is done (`after`) or not (`before`, the default), and never answered; the connection stays open. */
  | { readonly type: 'hang'; readonly when?: 'before' | 'after' }
  /** A get or list answers what was true at an older revision. */
  | { readonly type: 'stale'; readonly resourceVersion: string }
  /** A watch with `sendInitialEvents` is refused, as by servers that do not know it. */
  | { readonly type: 'refuseStreamingList' };

/** What becomes of a watch. Events are counted from 1 for each watch, bookmarks not included. */
export type WatchFault =
  /** The `nth` event is never sent. */
  | { readonly type: 'dropEvent'; readonly nth: number }
  /** The stream ends after `afterEvents` events: in good order, or by a reset. */
  | { readonly type: 'closeWatch'; readonly afterEvents: number; readonly reset?: boolean }
  /** 410 in the stream after `afterEvents` events. With `asStatus` the request itself is answered 410. */
  | { readonly type: 'expireWatch'; readonly afterEvents?: number; readonly asStatus?: boolean }
  /** After `afterEvents` events nothing is sent any more, and the connection stays open: a half-open socket. */
  | { readonly type: 'stallWatch'; readonly afterEvents: number };

export type Fault = RequestFault | WatchFault;

export interface FaultRule {
  readonly on: FaultTarget;
  readonly fault: Fault;
  /** The first matching request that it is played for, counted from 1 since the rule was added. Default: 1. */
  readonly nth?: number;
  /** For how many matching requests from then on. Default: 1. `Infinity` for all. */
  readonly times?: number;
}

/** A request as rules see it. */
export interface FaultSubject {
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface PlayedFault {
  readonly rule: FaultRule;
  readonly subject: FaultSubject;
}

interface Entry {
  readonly rule: FaultRule;
  matched: number;
}

/** The rules in force. Rules may be added and removed at any time. */
export class FaultScript {
  #entries: Entry[] = [];
  #played: PlayedFault[] = [];

  /** Every fault that has been taken up, in order. */
  get played(): readonly PlayedFault[] {
    return this.#played;
  }

  /** Rules that can still be played. */
  get pending(): readonly FaultRule[] {
    return this.#entries.map(({ rule }) => rule);
  }

  /** Returns what takes the rule back. Throws `InvalidInput` for counts by which it would never be played. */
  add(rule: FaultRule): () => void {
    checkNumbers({ nth: rule.nth, times: rule.times }, 1, 'a fault rule');
    const entry: Entry = { rule, matched: 0 };
    this.#entries.push(entry);
    return () => {
      this.#entries = this.#entries.filter((each) => each !== entry);
    };
  }

  /** Takes all rules back. What has been played stays on record. */
  clear(): void {
    this.#entries = [];
  }

  /** The faults for one request, in the order of their rules. Counts the request for every rule that it matches. */
  take(subject: FaultSubject): readonly Fault[] {
    if (this.#entries.length === 0) return none;
    const faults: Fault[] = [];
    for (const entry of this.#entries) {
      const { rule } = entry;
      if (!matches(rule, subject)) continue;
      entry.matched += 1;
      if (entry.matched < (rule.nth ?? 1)) continue;
      faults.push(rule.fault);
      this.#played.push({ rule, subject });
    }
    this.#entries = this.#entries.filter(({ rule, matched }) => matched < (rule.nth ?? 1) + (rule.times ?? 1) - 1);
    return faults;
  }
}

const none: readonly Fault[] = [];

const watchFaults: readonly Fault['type'][] = ['dropEvent', 'closeWatch', 'expireWatch', 'stallWatch'];

export function isWatchFault(fault: Fault): fault is WatchFault {
  return watchFaults.includes(fault.type);
}

function matches({ on, fault }: FaultRule, subject: FaultSubject): boolean {
  // What befalls a watch cannot befall anything else, and a rule without a verb need not say so.
  const onlyWatches = isWatchFault(fault) || fault.type === 'refuseStreamingList';
  if (onlyWatches && subject.verb !== 'watch') return false;
  if (fault.type === 'stale' && subject.verb !== 'get' && subject.verb !== 'list') return false;
  return (
    (on.verb === undefined || [on.verb].flat().includes(subject.verb)) &&
    (on.resource === undefined || on.resource === subject.resource) &&
    (on.namespace === undefined || on.namespace === subject.namespace) &&
    (on.name === undefined || on.name === subject.name)
  );
}
