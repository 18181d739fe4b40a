/** Both directions of a connection whose bytes travel in messages. */
import { Duplex } from 'node:stream';
import { InputBuffer, type InputGate } from './input-buffer.js';
import { sendInMessages, type SendPayload, waitingBytes } from './messages.js';
import type { Sent } from './web-socket-link.js';

export interface ChannelDuplexOptions {
  readonly send: SendPayload;
  readonly gate: InputGate;
  /** All that was written has left, and the writing side is ended. */
  readonly onEnd: () => void;
  readonly onDestroy?: () => void;
}

export class ChannelDuplex extends Duplex {
  readonly #options: ChannelDuplexOptions;
  readonly #buffer: InputBuffer;

  constructor(options: ChannelDuplexOptions) {
    super({ readableHighWaterMark: 0, writableHighWaterMark: waitingBytes });
    this.#options = options;
    this.#buffer = new InputBuffer(this, options.gate);
    // Whoever uses it is told; where nobody does, a client that has gone is no failure of the process.
    this.on('error', () => undefined);
  }

  accept(payload: Buffer): void {
    this.#buffer.accept(payload);
  }

  /** The reading side ends after what has arrived. */
  finishReading(): void {
    this.#buffer.finish();
  }

  override _read(): void {
    this.#buffer.read();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Sent): void {
    sendInMessages([chunk], this.#options.send, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Sent): void {
    sendInMessages(
      chunks.map(({ chunk }) => chunk),
      this.#options.send,
      done,
    );
  }

  override _final(done: Sent): void {
    this.#options.onEnd();
    done();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#buffer.clear();
    this.#options.onDestroy?.();
    callback(error);
  }
}
