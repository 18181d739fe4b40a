/**
 * Cuts the body of a watch into lines, whatever the chunks are. One JSON object a line:
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { VkError } from '../../runtime/errors.js';
import type { KubeObject, Status } from '../types.js';

const newline = 0x0a;

/** An object as it is now, or (`DELETED`) was at its end. */
export interface ObjectEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** One line of a watch. `ERROR` carries a Status, `BOOKMARK` an object that has a resourceVersion and little else. */
export type WatchEvent<T extends KubeObject> =
  | ObjectEvent<T>
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object: Status };

/**
 * Bytes in, lines out. Chunks are kept as they are until their line is complete, so that a long line costs one copy
 * and no character is decoded in halves.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param maxBytes a line may have; a longer one throws before it is held in memory. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, without their ends; empty ones are left out. Throws `InvalidInput` past the bound. */
  *push(chunk: Buffer): Generator<string, void, void> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#take(chunk.subarray(start, end));
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #take(last: Buffer): string {
    if (this.#heldBytes === 0) {
      this.#checkBound(last.length);
      return last.toString('utf8');
    }
    this.#hold(last);
    const line = Buffer.concat(this.#held, this.#heldBytes).toString('utf8');
    this.#held = [];
    this.#heldBytes = 0;
    return line;
  }

  #hold(part: Buffer): void {
    this.#checkBound(this.#heldBytes + part.length);
    this.#held.push(part);
    this.#heldBytes += part.length;
  }

  #checkBound(bytes: number): void {
    if (bytes > this.#maxBytes) {
      throw new VkError('InvalidInput', `watch: an event is longer than ${this.#maxBytes} bytes`);
    }
  }
}

/** Throws `Internal` for what is no watch event; types that a future server may add come back as `undefined`. */
export function decodeWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new VkError('Internal', `watch: a line of ${line.length} characters is not JSON`, { cause: error });
  }
  if (typeof event?.type !== 'string' || typeof event.object !== 'object' || event.object === null) {
    throw new VkError('Internal', 'watch: a line is no watch event');
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
    case 'ERROR':
      return event as WatchEvent<T>;
    default:
      return undefined;
  }
}
