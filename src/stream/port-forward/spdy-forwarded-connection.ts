/** One connection of a port-forward over SPDY: its data stream, and how it ends. Neighbour: `spdy-transport.ts`. */
import { finished } from 'node:stream';
import { type Clock, systemClock } from '../../runtime/clock.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import type { ForwardedConnection } from './session.js';

export interface SpdyForwardedConnectionOptions {
  readonly clock?: Clock;
  /** How long the client may keep its side open once ours has been sent. */
  readonly lingerMs: number;
}

export class SpdyForwardedConnection implements ForwardedConnection {
  readonly port: number;
  readonly connection: SpdyStream;
  /** Resolves when both streams are closed and `finish` was called: until then somebody is busy with it. */
  readonly closed: Promise<void>;
  readonly #error: SpdyStream;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  #finished = false;
  #resolveFinished = (): void => undefined;

  constructor(port: number, data: SpdyStream, error: SpdyStream, options: SpdyForwardedConnectionOptions) {
    this.port = port;
    this.connection = data;
    this.#error = error;
    this.#clock = options.clock ?? systemClock;
    this.#lingerMs = options.lingerMs;
    // The client's half of it ends at once and carries nothing. It ends nothing, either.
    error.resume();
    const finished = new Promise<void>((resolve) => (this.#resolveFinished = resolve));
    this.closed = Promise.all([closed(data), closed(error), finished]).then(() => undefined);
  }

  finish(message?: string): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#resolveFinished();
    if (message === undefined) {
      this.connection.end();
      this.#error.end();
    } else {
      this.connection.reset('InternalError');
      this.#error.end(message);
    }
    // Nobody reads it any more, and what is not read holds up the other connections.
    this.connection.resume();
    for (const stream of [this.connection, this.#error]) this.#resetLater(stream);
  }

  /** For a client that does not end its side: but not while it takes what it was sent. */
  #resetLater(stream: SpdyStream): void {
    finished(stream, { readable: false }, () => {
      if (stream.closed) return;
      const timer = this.#clock.setTimer(this.#lingerMs, () => stream.reset());
      stream.once('close', () => timer.cancel());
    });
  }
}

function closed(stream: SpdyStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
