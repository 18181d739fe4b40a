/** The log of one run of a container, in memory. */
import { caughtUp, type LogItem, type LogLine } from '../../../src/stream/logs/log-line.js';

export class MemoryLog {
  readonly #lines: LogLine[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;

  write(line: LogLine): void {
    this.#lines.push({ time: Date.now(), ...line });
    this.#wake();
  }

  /** The container has ended: who follows has come to the end. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** What there is, and then what comes, up to the end. */
  async *read(): AsyncGenerator<LogItem> {
    let next = 0;
    for (let isCaughtUp = false; ;) {
      for (; next < this.#lines.length; next++) yield this.#lines[next]!;
      if (!isCaughtUp) {
        isCaughtUp = true;
        yield caughtUp;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
