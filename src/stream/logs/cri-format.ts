/**
 * The kubelet's format of log files, a record to a line: `2016-10-06T00:17:09.669794202Z stdout F text`. The tag is F at a
 * line's end and P where the line goes on with the next record of its stream. Pure.
 */
import type { LogLine, LogStreamName } from './log-line.js';

/** Longer lines are written in pieces, as container runtimes do. */
export const pieceBytes = 16_384;

/** Records that are longer were not written by a container runtime. */
export const longestRecord = 1_048_576;

const space = 0x20;
const colon = 0x3a;
const lineFeed = 0x0a;
const shortestTime = '2016-10-06T00:17:09Z'.length;

/** A record without its newline, or undefined if it is none. Its text is a view of `record`. */
export function decodeRecord(record: Buffer): (LogLine & { readonly text: Buffer }) | undefined {
  const afterTime = record.indexOf(space);
  const afterStream = record.indexOf(space, afterTime + 1);
  if (afterTime < shortestTime || afterStream < 0) return undefined;
  const stream = record.toString('latin1', afterTime + 1, afterStream);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  // An empty line may have lost the space at its end to an editor.
  const nextSpace = record.indexOf(space, afterStream + 1);
  const afterTag = nextSpace < 0 ? record.length : nextSpace;
  const tag = record[afterStream + 1];
  // Further tags may follow, apart by colons.
  const tagEnds = afterTag === afterStream + 2 || record[afterStream + 2] === colon;
  if (!tagEnds || (tag !== 0x46 && tag !== 0x50)) return undefined;
  const time = record.toString('latin1', 0, afterTime);
  return { time, stream, text: record.subarray(afterTag + 1), partial: tag === 0x50 };
}

export function encodeRecord(time: string, stream: LogStreamName, tag: 'F' | 'P', text: Uint8Array): Buffer {
  const head = `${time} ${stream} ${tag} `;
  const record = Buffer.allocUnsafe(head.length + text.length + 1);
  record.write(head, 'latin1');
  record.set(text, head.length);
  record[record.length - 1] = lineFeed;
  return record;
}

/** A piece of what a stream wrote, with the tag that it gets. */
export interface Piece {
  readonly tag: 'F' | 'P';
  readonly text: Buffer;
}

/** `bytes` in pieces, and what has to wait for the rest of its line: always less than a whole piece. */
export function splitPieces(bytes: Buffer): { readonly pieces: Piece[]; readonly rest: Buffer } {
  const pieces: Piece[] = [];
  let from = 0;
  while (from < bytes.length) {
    const end = bytes.indexOf(lineFeed, from);
    if (end >= 0 && end - from <= pieceBytes) {
      pieces.push({ tag: 'F', text: bytes.subarray(from, end) });
      from = end + 1;
    } else if (bytes.length - from > pieceBytes) {
      pieces.push({ tag: 'P', text: bytes.subarray(from, from + pieceBytes) });
      from += pieceBytes;
    } else {
      break;
    }
  }
  return { pieces, rest: bytes.subarray(from) };
}
