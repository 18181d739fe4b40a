/** Lines from the text of a whole log, as most backends give it. Pure. */
import type { LogLine } from './log-line.js';
import { parseLogTime } from './log-time.js';

export interface TextLinesOptions {
  /** Each line begins with an RFC 3339 time and a space. A line that does not has no time. Default: false. */
  readonly timestamped?: boolean;
}

const lineFeed = 0x0a;
const space = 0x20;
/** The longest time with nine digits and an offset, and then some. */
const longestTime = 40;

/** A last line without a newline is `partial`. */
export function textLines(text: string | Uint8Array, { timestamped = false }: TextLinesOptions = {}): LogLine[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.length);
  const lines: LogLine[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(lineFeed, from);
    const line = bytes.subarray(from, end < 0 ? bytes.length : end);
    lines.push({ ...(timestamped ? splitTime(line) : { text: line }), ...(end < 0 ? { partial: true } : {}) });
    from += line.length + 1;
  }
  return lines;
}

function splitTime(line: Buffer): LogLine {
  const end = line.indexOf(space);
  const length = end < 0 ? line.length : end;
  if (length > longestTime) return { text: line };
  const time = line.toString('latin1', 0, length);
  return parseLogTime(time) === undefined ? { text: line } : { time, text: line.subarray(length + 1) };
}
