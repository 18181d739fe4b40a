/**
 * Bytes from one stream to another. What ends, and whom that concerns, is the caller's to decide: a pump never ends or
 * destroys a stream. Neighbours: all other bridges, which are made of these.
 *
 * Invariants:
 * 1. While the sink is full nothing is read from the source: a slow reader slows its writer.
 * 2. A sink that has closed, and one that is not there, swallow: the source is read on and thrown away, so that it holds
 *    up neither a process nor, on a connection it shares, its neighbours.
 * 3. After `stop` no listener of the pump is left, and nothing is read.
 */
import type { Readable, Writable } from 'node:stream';

/** How a source came to its end: told, or cut off before it could. */
export type SourceEnd = 'ended' | 'cut';

export class Pump {
  readonly #source: Readable;
  readonly #sink: Writable | undefined;
  readonly #resolve: (end: SourceEnd) => void;
  /** Resolves once all that the source gave has been written. Never rejects; never resolves after `stop`. */
  readonly ended: Promise<SourceEnd>;
  /** Bytes that the source has given. */
  bytes = 0;
  /** Called after each chunk, and whenever a sink that was full takes more. */
  onBytes: (() => void) | undefined;
  #blocked = false;

  constructor(source: Readable, sink: Writable | undefined) {
    this.#source = source;
    this.#sink = sink;
    let resolve: (end: SourceEnd) => void = () => undefined;
    this.ended = new Promise((settle) => (resolve = settle));
    this.#resolve = resolve;
    if (source.readableEnded) resolve('ended');
    else if (source.destroyed) resolve('cut');
    else this.#start();
  }

  /** Whether it waits for the sink rather than for the source. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Idempotent. What the source still has stays there. */
  stop(): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('error', ignore);
    this.#sink?.off('drain', this.#onRoom).off('close', this.#onRoom).off('error', this.#onRoom);
    this.#source.pause();
  }

  #start(): void {
    this.#sink?.on('drain', this.#onRoom).on('close', this.#onRoom).on('error', this.#onRoom);
    this.#source.on('end', this.#onEnd).on('close', this.#onClose).on('error', ignore).on('data', this.#onData);
    // A source that was paused before stays so when a listener comes.
    this.#source.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    if (this.#sink?.writable && !this.#sink.write(chunk)) {
      this.#blocked = true;
      this.#source.pause();
    }
    this.onBytes?.();
  };

  readonly #onRoom = (): void => {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#source.resume();
    this.onBytes?.();
  };

  readonly #onEnd = (): void => this.#resolve('ended');

  readonly #onClose = (): void => this.#resolve(this.#source.readableEnded ? 'ended' : 'cut');
}

/** An error that nobody listens for ends the process; what it means is told by `close`. */
function ignore(): void {
  // Nothing to do.
}
