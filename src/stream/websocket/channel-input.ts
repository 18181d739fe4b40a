/** What a client sends on one channel, as a stream. */
import { Readable } from 'node:stream';
import { InputBuffer, type InputGate } from './input-buffer.js';

export class ChannelInput extends Readable {
  readonly #buffer: InputBuffer;

  constructor(gate: InputGate) {
    super({ highWaterMark: 0 });
    this.#buffer = new InputBuffer(this, gate);
    // Whoever reads is told; where nobody does, a client that has gone is no failure of the process.
    this.on('error', () => undefined);
  }

  accept(payload: Buffer): void {
    this.#buffer.accept(payload);
  }

  finish(): void {
    this.#buffer.finish();
  }

  override _read(): void {
    this.#buffer.read();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#buffer.clear();
    callback(error);
  }
}
