/**
 * The way out of a WebSocket bridge, at the pace of the network. Neighbour: `websocket.ts`.
 *
 * Invariant: no message is sent while more than `maxBufferedBytes` wait in the socket.
 */
import { Writable } from 'node:stream';
import type { TerminalSize } from '../../provider/provider.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import type { WebSocketMapping } from './websocket-mapping.js';
import { webSocketStates, type WebSocketLike } from './websocket-like.js';

/** No WebSocket says when it has sent what it had: it has to be looked at. */
const lookEveryMs = 10;

export class WebSocketSender extends Writable {
  readonly #socket: WebSocketLike;
  readonly #mapping: WebSocketMapping;
  readonly #maxBufferedBytes: number;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(socket: WebSocketLike, mapping: WebSocketMapping, maxBufferedBytes: number, clock: Clock) {
    super();
    this.#socket = socket;
    this.#mapping = mapping;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#clock = clock;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(this.#mapping.stdin(chunk));
    this.#whenSent(done);
  }

  override _final(done: () => void): void {
    const { stdinEnd } = this.#mapping;
    if (stdinEnd !== undefined) this.#send(stdinEnd);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer?.cancel();
    done(error);
  }

  open(): void {
    for (const message of this.#mapping.opening ?? []) this.#send(message);
  }

  /** Sizes are few and small, and go ahead of input that waits. */
  resize(size: TerminalSize): void {
    if (this.#mapping.resize) this.#send(this.#mapping.resize(size));
  }

  #send(message: string | Uint8Array): void {
    if (this.#socket.readyState === webSocketStates.open) this.#socket.send(message);
  }

  #whenSent(done: () => void): void {
    if (this.#socket.bufferedAmount <= this.#maxBufferedBytes) done();
    else this.#timer = this.#clock.setTimer(lookEveryMs, () => this.#whenSent(done));
  }
}
