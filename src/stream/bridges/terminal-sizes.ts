/**
 * The sizes that a client's terminal has had, of which only the latest matters. Neighbours: `terminal.ts`, which hands
 * them to a pseudo-terminal, and `../remote-command/`, which reads them off the wire.
 *
 * Invariants:
 * 1. A reader sees the latest size that it has not seen, and none twice; those in between are not kept.
 * 2. A size that was pushed before `end` is still delivered after it.
 */
import type { TerminalSize } from '../../provider/provider.js';

/**
 * `AttachIO.resize` for whoever makes sessions. It holds one size, however fast they come and slowly they are read. Any
 * number of readers may iterate, at any time; each starts with the latest size.
 *
 * ```ts
 * const sizes = new TerminalSizes();
 * sizes.push({ width: 80, height: 24 });
 * sizes.end();
 * for await (const { width, height } of sizes) console.log(width, height);
 * ```
 */
export class TerminalSizes implements AsyncIterable<TerminalSize> {
  readonly #wake = new Set<() => void>();
  #latest: TerminalSize | undefined;
  #pushed = 0;
  #ended = false;

  /** The latest size, if there was one. */
  get latest(): TerminalSize | undefined {
    return this.#latest;
  }

  /** Ignored after `end`. */
  push(size: TerminalSize): void {
    if (this.#ended) return;
    this.#latest = size;
    this.#pushed++;
    this.#wakeAll();
  }

  /** Ends every reader once it has seen the latest size. Idempotent. */
  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<TerminalSize, undefined> {
    let seen = 0;
    let returned = false;
    let waiting: (() => void) | undefined;
    const iterator: AsyncIterableIterator<TerminalSize, undefined> = {
      next: async () => {
        while (!returned && !this.#ended && seen === this.#pushed) {
          await new Promise<void>((resolve) => {
            waiting = resolve;
            this.#wake.add(resolve);
          });
        }
        if (returned || this.#latest === undefined || seen === this.#pushed) return { done: true, value: undefined };
        seen = this.#pushed;
        return { done: false, value: this.#latest };
      },
      return: async () => {
        returned = true;
        if (waiting) this.#wake.delete(waiting);
        waiting?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #wakeAll(): void {
    const wake = [...this.#wake];
    this.#wake.clear();
    for (const resolve of wake) resolve();
  }
}
