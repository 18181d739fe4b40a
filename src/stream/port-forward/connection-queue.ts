/** Connections that wait to be served. Whoever fills it bounds how many there are. */
import type { ForwardedConnection } from './session.js';

/** To be iterated once. Ends when `end` was called and what waited has been taken. */
export class ConnectionQueue implements AsyncIterable<ForwardedConnection> {
  readonly #waiting: ForwardedConnection[] = [];
  #ended = false;
  #wake = (): void => undefined;

  push(connection: ForwardedConnection): void {
    this.#waiting.push(connection);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ForwardedConnection, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return undefined;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
