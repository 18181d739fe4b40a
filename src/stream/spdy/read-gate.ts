/**
 * When the transport is not to be read: while somebody is so far behind that what is read could only be kept. It is all or
 * nothing, since there is no telling a peer to stop one stream (kubelet-protocol §2).
 */
import type { Duplex } from 'node:stream';
import type { SpdyLimits } from './limits.js';

type GateLimits = Pick<SpdyLimits, 'streamBufferBytes' | 'connectionBufferBytes' | 'answerBytes'>;

export class ReadGate {
  readonly #transport: Duplex;
  readonly #limits: GateLimits;
  /** Who has as much to read as a stream may have. */
  readonly #behind = new Set<object>();
  #unread = 0;
  #answerBytes = 0;
  #closed = false;

  constructor(transport: Duplex, limits: GateLimits) {
    this.#transport = transport;
    this.#limits = limits;
  }

  /** `change` bytes more (fewer, if negative) of a stream wait to be read, which makes `unread`. */
  onUnread(stream: object, change: number, unread: number): void {
    this.#unread += change;
    if (unread >= this.#limits.streamBufferBytes) this.#behind.add(stream);
    else this.#behind.delete(stream);
    this.#update();
  }

  /** How many bytes of our answers the peer has not taken. */
  onAnswers(bytes: number): void {
    this.#answerBytes = bytes;
    this.#update();
  }

  #update(): void {
    const closed =
      this.#behind.size > 0 ||
      this.#unread >= this.#limits.connectionBufferBytes ||
      this.#answerBytes >= this.#limits.answerBytes;
    if (closed === this.#closed) return;
    this.#closed = closed;
    if (closed) this.#transport.pause();
    else this.#transport.resume();
  }
}
