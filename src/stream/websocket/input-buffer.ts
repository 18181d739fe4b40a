/**
 * The reading side of a stream that a client fills by messages. Bounded: where nobody reads, it asks for the whole
 * WebSocket to be held up, as its channels cannot be told apart before they are read.
 *
 * Its stream has a high-water mark of 0, so that what waits is here, where small pieces are counted for what they cost.
 */
import type { Readable } from 'node:stream';
import { ByteQueue } from './byte-queue.js';

/** What may wait unread before the client is held up. The rest of what was read from the socket with it comes on top. */
export const heldInputBytes = 256 * 1024;

export interface InputGate {
  hold(holder: object): void;
  release(holder: object): void;
}

export class InputBuffer {
  readonly #stream: Readable;
  readonly #gate: InputGate;
  readonly #queue = new ByteQueue();
  #ending = false;

  constructor(stream: Readable, gate: InputGate) {
    this.#stream = stream;
    this.#gate = gate;
  }

  /** What has arrived. Thrown away once nobody can read it. */
  accept(payload: Buffer): void {
    if (this.#stream.destroyed || this.#ending || payload.length === 0) return;
    if (this.#queue.bytes === 0 && this.#stream.readableLength === 0) {
      this.#stream.push(payload);
      return;
    }
    this.#queue.add(payload);
    if (this.#queue.bytes >= heldInputBytes) this.#gate.hold(this);
  }

  /** The client has nothing more to say here. What it has said can still be read. */
  finish(): void {
    if (this.#stream.destroyed || this.#ending) return;
    this.#ending = true;
    if (this.#queue.bytes === 0) this.#stream.push(null);
  }

  /** For the stream's `_read`. */
  read(): void {
    const chunk = this.#queue.take();
    if (chunk !== undefined) {
      this.#stream.push(chunk);
      if (this.#queue.bytes === 0 && this.#ending) this.#stream.push(null);
    }
    if (this.#queue.bytes < heldInputBytes / 2) this.#gate.release(this);
  }

  /** For the stream's `_destroy`. */
  clear(): void {
    this.#queue.clear();
    this.#gate.release(this);
  }
}
