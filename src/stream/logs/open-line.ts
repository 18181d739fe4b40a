/**
 * The line at a log's end that has no newline yet, when the log is read again and again: each reading shows more of it.
 * Pure. Neighbours: `follow-by-rereading.ts`; `line-joiner.ts`, which puts together what this takes apart.
 *
 * Invariant: what was given of a line is not given again, and a line that does not go on as it began is ended first.
 */
import type { LogLine } from './log-line.js';

const newline: LogLine['text'] = '';

export class OpenLine {
  #given: LogLine | undefined;

  /** Lines that are new, and the line without an end that stands behind them, as what is to be given out. */
  next(fresh: readonly LogLine[], open: LogLine | undefined): LogLine[] {
    const lines = open === undefined ? fresh : [...fresh, { ...open, partial: true }];
    const given = this.#given;
    const [first, ...rest] = lines;
    if (first === undefined) return [];
    this.#given = open;
    if (given === undefined) return [...lines];
    const more = continuation(given, first);
    if (more === undefined) return [{ stream: given.stream ?? 'stdout', text: newline }, ...lines];
    const { time: _, ...withoutTime } = first;
    return [{ ...withoutTime, text: more }, ...rest];
  }
}

/** What `line` has beyond `begin`, if that is its begin. */
function continuation(begin: LogLine, line: LogLine): Buffer | undefined {
  if ((begin.stream ?? 'stdout') !== (line.stream ?? 'stdout')) return undefined;
  const [head, whole] = [bytesOf(begin.text), bytesOf(line.text)];
  return whole.subarray(0, head.length).equals(head) ? whole.subarray(head.length) : undefined;
}

function bytesOf(text: LogLine['text']): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length);
}
