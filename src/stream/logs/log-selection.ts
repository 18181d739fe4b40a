/**
 * Which lines a client gets, and as which bytes: all of a log request that does not depend on where lines come from.
 * Pure: lines in, bytes out. kubelet-protocol §5.
 *
 * Invariants:
 * 1. The order is the kubelet's: stream, then tail, then since, then timestamps, then the limit. The last 10 lines of the
 *    last minute are those of the last 10 that are of the last minute.
 * 2. Memory is bounded: by what waits to be taken, the tail's bound, and the joiner's.
 */
import type { ContainerLogOptions } from '../../provider/provider.js';
import { checkNumbers } from '../../runtime/check-numbers.js';
import { VkError } from '../../runtime/errors.js';
import { LineJoiner, type LinePart } from './line-joiner.js';
import type { LogLine, LogStreamName } from './log-line.js';
import { formatLogTime, isBefore, parseLogTime, type LogTime } from './log-time.js';
import { TailBuffer } from './tail-buffer.js';

export interface SelectionBounds {
  /** Of the lines that wait to become the tail. */
  readonly maxTailBytes: number;
}

const newline = Buffer.from('\n');
/** What a date can hold. NaN, which `Date.parse` answers for what it cannot read, is not up to it either. */
const latestTime = 8.64e15;
const canonicalTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

export class LogSelection {
  readonly #follow: boolean;
  readonly #timestamps: boolean;
  readonly #only: LogStreamName | undefined;
  readonly #since: LogTime | undefined;
  readonly #joiner = new LineJoiner();
  /** Streams in the middle of a line that is too old. */
  readonly #skipping = new Set<LogStreamName>();
  #tail: TailBuffer | undefined;
  #left: number;
  #out: Uint8Array[] = [];
  #size = 0;
  #done = false;

  /** `nowMs` is what `sinceSeconds` counts back from. Throws `InvalidInput` for what is no time or makes no sense. */
  constructor(wanted: ContainerLogOptions, nowMs: number, { maxTailBytes }: SelectionBounds) {
    const { tailLines, sinceSeconds, limitBytes } = wanted;
    checkNumbers({ tailLines, sinceSeconds, limitBytes }, 0, 'log options');
    checkNumbers({ maxTailBytes }, 0);
    this.#follow = wanted.follow ?? false;
    this.#timestamps = wanted.timestamps ?? false;
    this.#only = wanted.stream === 'Stdout' ? 'stdout' : wanted.stream === 'Stderr' ? 'stderr' : undefined;
    this.#since = sinceOf(wanted, nowMs);
    this.#tail = tailLines === undefined ? undefined : new TailBuffer(tailLines, maxTailBytes);
    this.#left = limitBytes ?? Infinity;
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#size;
  }

  /** Nothing that comes now will be given out. */
  get done(): boolean {
    return this.#done;
  }

  push(line: LogLine, nowMs: number): void {
    if (this.#done || (this.#only !== undefined && (line.stream ?? 'stdout') !== this.#only)) return;
    const part = this.#joiner.push(line.time === undefined ? { ...line, time: nowMs } : line);
    if (part === undefined) return;
    if (this.#tail === undefined) this.#give(part);
    else this.#tail.push(part);
  }

  /** All that there was has been pushed. */
  caughtUp(): void {
    if (!this.#follow) {
      this.end();
      return;
    }
    this.#endTail();
  }

  /** Nothing more will be pushed. */
  end(): void {
    if (this.#done) return;
    for (const part of this.#joiner.end()) {
      if (this.#tail === undefined) this.#give(part);
      else this.#tail.push(part);
    }
    this.#endTail();
    this.#done = true;
  }

  takeBytes(): Buffer {
    const bytes = Buffer.concat(this.#out, this.#size);
    this.#out = [];
    this.#size = 0;
    return bytes;
  }

  #endTail(): void {
    const tail = this.#tail?.takeAll() ?? [];
    this.#tail = undefined;
    for (const part of tail) this.#give(part);
  }

  #give({ stream, time = 0, text, begins, ends }: LinePart): void {
    if (this.#done || this.#isTooOld(stream, time, begins)) return;
    if (begins && this.#timestamps) this.#emit(Buffer.from(`${timeText(time)} `));
    this.#emit(typeof text === 'string' ? Buffer.from(text) : text);
    if (ends) this.#emit(newline);
  }

  #isTooOld(stream: LogStreamName, time: number | string, begins: boolean): boolean {
    if (this.#since === undefined) return false;
    if (!begins) return this.#skipping.has(stream);
    const tooOld = isBefore(timeOf(time), this.#since);
    if (tooOld) this.#skipping.add(stream);
    else this.#skipping.delete(stream);
    return tooOld;
  }

  #emit(bytes: Uint8Array): void {
    const given = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    if (given.length > 0) this.#out.push(given);
    this.#size += given.length;
    this.#left -= given.length;
    if (this.#left <= 0) this.#done = true;
  }
}

function sinceOf({ sinceSeconds, sinceTime }: ContainerLogOptions, nowMs: number): LogTime | undefined {
  if (sinceSeconds !== undefined) return { ms: nowMs - sinceSeconds * 1000, nanos: 0 };
  if (sinceTime === undefined) return undefined;
  const since = parseLogTime(sinceTime);
  if (since === undefined) throw new VkError('InvalidInput', 'log options: sinceTime is not an RFC 3339 time');
  return since;
}

/** A time that cannot be read counts as long ago. */
function timeOf(time: number | string): LogTime {
  if (typeof time === 'string') return parseLogTime(time) ?? { ms: 0, nanos: 0 };
  if (!(Math.abs(time) <= latestTime)) return { ms: 0, nanos: 0 };
  const ms = Math.floor(time);
  return { ms, nanos: Math.floor((time - ms) * 1e6) };
}

function timeText(time: number | string): string {
  return typeof time === 'string' && canonicalTime.test(time) ? time : formatLogTime(timeOf(time));
}
