/**
 * Records from the bytes of a log file, in blocks of any size. Pure. Invariant: of a record that does not end no more than
 * the longest that there can be is held.
 */
import { decodeRecord, longestRecord } from './cri-format.js';
import type { LogLine } from './log-line.js';

const lineFeed = 0x0a;

export class CriDecoder {
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #skipping = false;
  #malformed = 0;

  /** Records that were none, and were passed over. */
  get malformed(): number {
    return this.#malformed;
  }

  push(block: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let from = 0;
    for (let end = block.indexOf(lineFeed); end >= 0; end = block.indexOf(lineFeed, from)) {
      this.#hold(block.subarray(from, end));
      const line = this.#take();
      if (line !== undefined) lines.push(line);
      from = end + 1;
    }
    if (from < block.length) this.#hold(block.subarray(from));
    return lines;
  }

  /** What there is of a record whose newline was never written: the process that wrote it died, or is about to write on. */
  end(): LogLine | undefined {
    if (this.#begunBytes === 0 && !this.#skipping) return undefined;
    const line = this.#take();
    return line && { ...line, partial: true };
  }

  #hold(part: Buffer): void {
    if (this.#skipping) return;
    this.#begun.push(part);
    this.#begunBytes += part.length;
    if (this.#begunBytes <= longestRecord) return;
    this.#skipping = true;
    this.#begun = [];
    this.#begunBytes = 0;
  }

  #take(): LogLine | undefined {
    const [only] = this.#begun;
    const record = this.#begun.length === 1 && only ? only : Buffer.concat(this.#begun);
    const line = this.#skipping ? undefined : decodeRecord(record);
    // An empty line is what a writer leaves that goes on behind a record cut short.
    if (line === undefined && (this.#skipping || record.length > 0)) this.#malformed += 1;
    this.#skipping = false;
    this.#begun = [];
    this.#begunBytes = 0;
    return line;
  }
}
