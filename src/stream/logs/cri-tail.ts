/**
 * Where the last N lines of a log begin, found from its end: the time it takes depends on N and not on the log. Neighbour:
 * `cri-log-reader.ts`, which reads on from there.
 *
 * What is found is exact: lines of which pieces lie in front of other lines are followed back to their first piece, as far
 * as such a line can reach.
 */
import type { FileHandle } from 'node:fs/promises';
import { decodeRecord, longestRecord } from './cri-format.js';
import type { LogStreamName } from './log-line.js';
import type { OpenLogFile } from './rotated-files.js';

export interface TailStart {
  /** Which file to begin with, and where in it. */
  readonly file: number;
  readonly offset: number;
  /** How many lines that end behind there are too many. */
  readonly skip: number;
}

const blockBytes = 65_536;
const lineFeed = 0x0a;

/** `ends[i]` is how much of `files[i]` counts. */
export async function findTail(
  files: readonly OpenLogFile[],
  ends: readonly number[],
  lines: number,
): Promise<TailStart> {
  const count = new BackwardCount(lines);
  for (let file = files.length - 1; file >= 0; file -= 1) {
    const handle = files[file]?.handle;
    const end = ends[file] ?? 0;
    if (handle === undefined) continue;
    const offset = await scan(handle, end, count);
    if (count.enough) return { file, offset, skip: count.surplus };
  }
  return { file: 0, offset: 0, skip: count.surplus };
}

/** Feeds records to `count`, the last first, until it has enough. Answers where the last one that it got begins. */
async function scan(handle: FileHandle, end: number, count: BackwardCount): Promise<number> {
  let position = end;
  /** The begin of a record whose end lies in a block that has been seen. */
  let carried: Buffer = Buffer.alloc(0);
  /** That record is longer than any can be, and so is none. */
  let tooLong = false;
  while (position > 0 && !count.enough) {
    const from = Math.max(0, position - blockBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(position - from), 0, position - from, from);
    // Cut off meanwhile by somebody: there is nothing to be found here.
    if (bytesRead < position - from) return 0;
    const block = Buffer.concat([buffer, carried]);
    let recordEnd = block.length;
    while (!count.enough) {
      const newline = recordEnd === 0 ? -1 : block.lastIndexOf(lineFeed, recordEnd - 1);
      if (newline < 0 && from > 0) break;
      if (!tooLong) count.push(block.subarray(newline + 1, recordEnd));
      tooLong = false;
      if (newline < 0) return 0;
      if (count.enough) return from + newline + 1;
      recordEnd = newline;
    }
    carried = block.subarray(0, recordEnd);
    if (tooLong || carried.length > longestRecord) {
      tooLong = true;
      carried = Buffer.alloc(0);
    }
    position = from;
  }
  return position;
}

/** Counts lines whose records come last first. */
class BackwardCount {
  readonly #wanted: number;
  #lines = 0;
  /** Streams whose next record further back, if it ends a line, shows that the ones behind it are whole. */
  readonly #cut = new Set<LogStreamName>(['stdout', 'stderr']);
  readonly #seen = new Set<LogStreamName>();
  #beyond = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  get enough(): boolean {
    return this.#lines >= this.#wanted && (this.#cut.size === 0 || this.#beyond > longestRecord);
  }

  get surplus(): number {
    return Math.max(0, this.#lines - this.#wanted);
  }

  push(record: Buffer): void {
    const hadEnough = this.#lines >= this.#wanted;
    if (hadEnough) this.#beyond += record.length + 1;
    const line = decodeRecord(record);
    if (line === undefined) return;
    const { stream = 'stdout', partial } = line;
    // Pieces at the very end, of a line that is not at its end, are a line as well.
    const endsLine = !partial || !this.#seen.has(stream);
    this.#seen.add(stream);
    if (!endsLine) return;
    this.#lines += 1;
    if (hadEnough && !partial) this.#cut.delete(stream);
  }
}
