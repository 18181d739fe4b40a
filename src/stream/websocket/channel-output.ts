/** What is sent to a client on one channel, as a stream. */
import { Writable } from 'node:stream';
import { sendInMessages, type SendPayload, waitingBytes } from './messages.js';
import type { Sent } from './web-socket-link.js';

export class ChannelOutput extends Writable {
  readonly #send: SendPayload;

  constructor(send: SendPayload) {
    super({ highWaterMark: waitingBytes });
    this.#send = send;
    // Whoever writes is told by `write`'s callback; where nobody listens, a client that has gone is no failure.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Sent): void {
    sendInMessages([chunk], this.#send, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Sent): void {
    sendInMessages(
      chunks.map(({ chunk }) => chunk),
      this.#send,
      done,
    );
  }
}
