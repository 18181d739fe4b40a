/**
 * All open watches: events from the core become lines, and time brings bookmarks and the end of each watch.
 * `watch-stream.ts` is one of them on the wire.
 *
 * 1. An event is serialised once, however many watchers of whole objects it goes to.
 * 2. A bookmark says nothing that is not true: all events up to its revision have been handed to the stream before.
 * 3. One timer serves the bookmarks of all watches, and there is none while no watch wants any.
 */
import type { Clock, Random, Timer } from '../../../runtime/clock.js';
import {
  ApiFailure,
  type ResourceDefinition,
  type StoredObject,
  type WatchEvent,
  type WatchRequest,
} from '../core/api.js';
import type { Core } from '../core/index.js';
import { text, type Call } from './call.js';
import type { Negotiated } from './negotiate.js';
import { integer } from './selection.js';
import { partial, tableOf, type IncludeObject } from './tables/index.js';
import { WatchStream, type Line } from './watch-stream.js';

/** What stands between the core's events and the wire: faults, if any. */
export type WatchTap = (event: WatchEvent, stream: WatchStream) => 'pass' | 'drop';

interface Watch {
  readonly definition: ResourceDefinition;
  readonly stream: WatchStream;
  readonly bookmarks: boolean;
  readonly deliver: (event: WatchEvent) => void;
}

export interface WatchesOptions {
  readonly core: Core;
  readonly clock: Clock;
  readonly random: Random;
  /** How often an idle watch is told the newest revision. */
  readonly bookmarkIntervalMs: number;
  /** Events that may wait for a slow reader. */
  readonly maximumBacklog: number;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #open = new Set<Watch>();
  readonly #frames = new WeakMap<StoredObject, Map<string, Buffer>>();
  #bookmarkTimer: Timer | undefined;

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers `call` with a watch. Throws what the core throws, except that 410 is told in the stream, as it mostly is. */
  open(
    call: Call,
    definition: ResourceDefinition,
    request: WatchRequest,
    negotiated: Negotiated,
    tap?: WatchTap,
  ): void {
    // A client that has gone while a fault held it up would never be noticed any more.
    if (call.response.destroyed) return;
    const { core, clock, random, maximumBacklog } = this.#options;
    const timeoutSeconds = integer(call.query, 'timeoutSeconds') || 1_800 + Math.floor(random() * 1_800);
    const early: WatchEvent[] = [];
    let deliver = (event: WatchEvent): void => void early.push(event);
    let stop = (): void => undefined;
    let gone: ApiFailure | undefined;
    try {
      stop = core.watch(definition, request, (event) => deliver(event));
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status.code !== 410) throw error;
      gone = error;
    }
    const stream = new WatchStream(call.response, maximumBacklog, () => {
      stop();
      timer.cancel();
      this.#open.delete(watch);
      if (!this.#wanted) this.#bookmarkTimer?.cancel();
      if (!this.#wanted) this.#bookmarkTimer = undefined;
    });
    const timer = clock.setTimer(timeoutSeconds * 1000, () => stream.end());
    const lines = this.#lines(call, definition, negotiated);
    deliver = (event) => {
      if (tap?.(event, stream) === 'drop') return;
      const line = lines(event, false);
      if (line !== undefined) stream.send(line);
    };
    const watch: Watch = { definition, stream, bookmarks: request.allowWatchBookmarks === true, deliver };
    this.#open.add(watch);
    stream.open(negotiated.contentType);
    for (const event of early) {
      if (tap?.(event, stream) === 'drop') continue;
      const line = lines(event, true);
      if (line !== undefined) stream.sendInitial(line);
    }
    if (gone !== undefined) {
      stream.send(errorLine(gone));
      stream.end();
    } else if (watch.bookmarks) {
      this.#bookmarkTimer ??= this.#scheduleBookmarks();
    }
  }

  /** Ends all watches in good order, as a server does that shuts down. */
  endAll(): void {
    for (const { stream } of [...this.#open]) stream.end();
    this.#bookmarkTimer?.cancel();
    this.#bookmarkTimer = undefined;
  }

  get #wanted(): boolean {
    for (const watch of this.#open) if (watch.bookmarks) return true;
    return false;
  }

  #scheduleBookmarks(): Timer {
    return this.#options.clock.setTimer(this.#options.bookmarkIntervalMs, () => {
      this.#bookmarkTimer = this.#scheduleBookmarks();
      for (const { definition, bookmarks, deliver } of this.#open) {
        if (bookmarks) deliver({ type: 'BOOKMARK', object: this.#options.core.bookmark(definition) });
      }
    });
  }

  /** `once`: no other watcher is told of this event, so that keeping its line would only cost memory. */
  #lines(
    call: Call,
    definition: ResourceDefinition,
    negotiated: Negotiated,
  ): (event: WatchEvent, once: boolean) => Line | undefined {
    const { clock } = this.#options;
    const include = (text(call.query, 'includeObject') ?? 'Metadata') as IncludeObject;
    let withColumns = true;
    switch (negotiated.as) {
      case 'table':
        return (event) => {
          if (event.type === 'BOOKMARK') return undefined;
          const metadata = { resourceVersion: event.object.object.metadata.resourceVersion };
          const options = { nowMs: clock.now(), include, withColumns };
          withColumns = false;
          const table = tableOf(definition, [event.object], metadata, options);
          return () => Buffer.from(`${JSON.stringify({ type: event.type, object: table })}\n`);
        };
      case 'metadata':
      case 'metadataList':
        return (event) => () =>
          Buffer.from(`${JSON.stringify({ type: event.type, object: partial(event.object.object) })}\n`);
      default:
        return (event, once) => () => (once ? frameOf(event) : this.#sharedFrame(event));
    }
  }

  #sharedFrame(event: WatchEvent): Buffer {
    const { type, object } = event;
    let frames = this.#frames.get(object);
    if (frames === undefined) this.#frames.set(object, (frames = new Map<string, Buffer>()));
    let frame = frames.get(type);
    if (frame === undefined) {
      frame = frameOf(event);
      frames.set(type, frame);
    }
    return frame;
  }
}

function frameOf({ type, object }: WatchEvent): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object.json, lineEnd]);
}

export function errorLine(failure: ApiFailure): Line {
  return () => Buffer.from(`${JSON.stringify({ type: 'ERROR', object: failure.status })}\n`);
}

const lineEnd = Buffer.from('}\n');
