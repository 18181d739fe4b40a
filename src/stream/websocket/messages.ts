/**
 * A stream's bytes as messages. Bounded: the next message is made when the kernel has taken the one before, so that a
 * client that does not read slows whoever writes.
 */
import type { Sent } from './web-socket-link.js';

/** Of one message, its channel aside. Longer pieces become several messages; short ones that wait become one. */
export const messageBytes = 64 * 1024;

/** What may wait besides the message that is under way. A stream's `write` answers false from then on. */
export const waitingBytes = 256 * 1024;

/** Sends one message that consists of `payload`. */
export type SendPayload = (payload: readonly Buffer[], sent: Sent) => void;

/** The same bytes, without a copy, in messages of at most {@link messageBytes}. */
export function* messagesOf(chunks: readonly Buffer[]): Generator<Buffer[], undefined> {
  let message: Buffer[] = [];
  let room = messageBytes;
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      const piece = chunk.subarray(start, start + room);
      message.push(piece);
      start += piece.length;
      room -= piece.length;
      if (room > 0) continue;
      yield message;
      message = [];
      room = messageBytes;
    }
  }
  if (message.length > 0) yield message;
  return undefined;
}

/** Calls `done` when all has left, or at the first failure. */
export function sendInMessages(chunks: readonly Buffer[], send: SendPayload, done: Sent): void {
  const messages = messagesOf(chunks);
  const sendNext = (): void => {
    const next = messages.next();
    if (next.done) {
      done();
      return;
    }
    send(next.value, (error) => {
      if (error) done(error);
      else sendNext();
    });
  };
  sendNext();
}
