/**
 * The last lines of what was pushed. Pure. Invariant: it holds no more than the lines asked for, and no more bytes than
 * its bound; where these would be more, the oldest lines go first.
 */
import type { LinePart } from './line-joiner.js';
import type { LogStreamName } from './log-line.js';

/** What a line costs beside its text. */
const overheadBytes = 64;

export class TailBuffer {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #parts: LinePart[] = [];
  /** Where in `parts` the tail begins; what lies before is let go of in one go now and then. */
  #first = 0;
  #lines = 0;
  #bytes = 0;
  /** Streams in the middle of a line that was let go of: what still comes of it is not wanted either. */
  readonly #dropping = new Set<LogStreamName>();

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  push(part: LinePart): void {
    if (part.begins) this.#dropping.delete(part.stream);
    else if (this.#dropping.has(part.stream)) return;
    this.#parts.push(part);
    this.#bytes += part.text.length + overheadBytes;
    if (part.begins) this.#lines += 1;
    while (this.#lines > this.#maxLines || this.#bytes > this.#maxBytes) this.#dropLine();
    if (this.#first > 1024 && this.#first * 2 > this.#parts.length) {
      this.#parts = this.#parts.slice(this.#first);
      this.#first = 0;
    }
  }

  takeAll(): LinePart[] {
    const parts = this.#parts.slice(this.#first);
    this.#parts = [];
    this.#first = this.#lines = this.#bytes = 0;
    return parts;
  }

  /** The oldest line, and the parts of lines whose begin is gone. */
  #dropLine(): void {
    do {
      const part = this.#parts[this.#first];
      if (part === undefined) return;
      this.#first += 1;
      this.#bytes -= part.text.length + overheadBytes;
      if (part.begins) this.#lines -= 1;
      if (part.ends) this.#dropping.delete(part.stream);
      else this.#dropping.add(part.stream);
    } while (this.#parts[this.#first]?.begins === false);
  }
}
