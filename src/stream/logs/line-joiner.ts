/**
 * Puts the pieces of long lines together, for each stream by itself, so that a line of stderr never comes to stand in the
 * middle of one of stdout. Pure.
 *
 * Invariant: of each stream no more than the bound is held. A longer line is given out in parts as they come.
 */
import type { LogLine, LogStreamName } from './log-line.js';

/** A line, or a part of one that is too long to be held. */
export interface LinePart {
  readonly stream: LogStreamName;
  /** Of the line's first piece. */
  readonly time: number | string | undefined;
  readonly text: string | Uint8Array;
  readonly begins: boolean;
  readonly ends: boolean;
}

interface OpenLine {
  readonly time: LogLine['time'];
  begins: boolean;
  pieces: Uint8Array[];
  bytes: number;
}

export class LineJoiner {
  readonly #maxBytes: number;
  readonly #open = new Map<LogStreamName, OpenLine>();

  /** `maxBytes` default: 1 MiB. */
  constructor(maxBytes = 1_048_576) {
    this.#maxBytes = maxBytes;
  }

  /** How many lines wait for their end. */
  get open(): number {
    return this.#open.size;
  }

  /** What is to be given out now that `line` has come, if anything. */
  push({ text, time, stream = 'stdout', partial = false }: LogLine): LinePart | undefined {
    const open = this.#open.get(stream);
    if (open === undefined) {
      if (!partial) return { stream, time, text, begins: true, ends: true };
      const first: OpenLine = { time, begins: true, pieces: [], bytes: 0 };
      this.#open.set(stream, first);
      return this.#hold(stream, first, text);
    }
    if (partial) return this.#hold(stream, open, text);
    this.#open.delete(stream);
    open.pieces.push(bytesOf(text));
    return this.#part(stream, open, true);
  }

  /** What is left when nothing more will come: lines without an end. */
  end(): LinePart[] {
    const parts = [...this.#open].map(([stream, open]) => this.#part(stream, open, false));
    this.#open.clear();
    return parts.filter(({ text, begins }) => begins || text.length > 0);
  }

  #hold(stream: LogStreamName, open: OpenLine, text: LogLine['text']): LinePart | undefined {
    const bytes = bytesOf(text);
    open.pieces.push(bytes);
    open.bytes += bytes.length;
    if (open.bytes < this.#maxBytes) return undefined;
    const part = this.#part(stream, open, false);
    open.begins = false;
    open.pieces = [];
    open.bytes = 0;
    return part;
  }

  #part(stream: LogStreamName, { time, begins, pieces }: OpenLine, ends: boolean): LinePart {
    return { stream, time, text: Buffer.concat(pieces), begins, ends };
  }
}

function bytesOf(text: LogLine['text']): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text) : text;
}
