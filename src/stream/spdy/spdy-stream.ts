/**
 * One stream of a connection, as a Duplex. It holds what has come and is not read yet, and what is written and has not had
 * its turn; `spdy-connection.ts` brings the first, `frame-writer.ts` takes the second.
 *
 * Invariants:
 * 1. What is unread is counted with the connection from its arrival until the reader asks for more, or the end.
 * 2. At most one frame's worth of unread payload is in Node's own buffer; the rest is here, in its order.
 * 3. RST_STREAM is sent at most once, and not to a peer that has sent it or has seen both ends.
 * 4. The peer's end is never invented: `end` comes after FIN and everything before it, or not at all.
 */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import { VkError } from '../../runtime/errors.js';
import type { SpdyReset } from './frames.js';
import type { SpdyHeaders } from './header-block.js';

/** What a stream needs of its connection. */
export interface StreamHost {
  /** `bytes` more of the stream wait to be read; fewer, if negative. `unread` is the sum. */
  onUnread(stream: SpdyStream, bytes: number, unread: number): void;
  /** It has something to send. */
  onWritable(stream: SpdyStream): void;
  /** It is over. `reset`: the peer has to be told. */
  onOver(stream: SpdyStream, reset: SpdyReset | undefined): void;
}

/** What a stream sends in its turn. */
export interface Turn {
  readonly payload: Buffer;
  readonly fin: boolean;
  /** To be called when the frame has been written. */
  readonly done: (() => void) | undefined;
}

type Callback = (error?: Error | null) => void;

interface Outgoing {
  readonly chunks: Buffer[];
  readonly callback: Callback;
}

/** What a waiting chunk costs beside its bytes: peers that send one byte at a time are charged for it. */
const chunkOverheadBytes = 512;

/**
 * `end()` ends our direction (FIN) and leaves the other open; `end` of the readable side is the peer's FIN. Destroying a
 * stream that is not over on both sides resets it. A reset by the peer destroys it with a `VkError` of code `Aborted`.
 * An error that nobody listens for is not thrown: streams of peers come and go without asking.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** What the stream was opened with. */
  readonly headers: SpdyHeaders;
  readonly #host: StreamHost;
  readonly #inbox: Buffer[] = [];
  /** The reader has asked for more than there was. */
  #wanted = false;
  #unread = 0;
  /** What Node's own buffer holds of `#unread`. */
  #pushed = 0;
  #peerEnded: boolean;
  #outgoing: Outgoing | undefined;
  #finish: Callback | undefined;
  #resetStatus: SpdyReset | undefined;
  #peerKnows = false;

  constructor(id: number, headers: SpdyHeaders, host: StreamHost, peerEnded = false) {
    // A chunk at a time: what waits is counted here, where the connection sees it.
    super({ allowHalfOpen: true, readableHighWaterMark: 1, writableHighWaterMark: 65_536 });
    this.id = id;
    this.headers = headers;
    this.#host = host;
    this.#peerEnded = peerEnded;
    this.on('error', () => undefined);
    if (peerEnded) this.push(null);
  }

  /** Ends both directions at once and drops what is under way. `status` is what the peer is told. Default: `Cancel`. */
  reset(status: SpdyReset = 'Cancel'): void {
    this.#resetStatus ??= status;
    this.destroy();
  }

  /** Payload has come. */
  receive(payload: Buffer): void {
    if (this.destroyed || payload.length === 0) return;
    const cost = costOf(payload);
    this.#count(cost);
    if (this.#wanted) this.#push(payload, cost);
    else this.#inbox.push(detached(payload));
  }

  /** FIN has come. */
  receiveEnd(): void {
    this.#peerEnded = true;
    if (this.#inbox.length === 0 && !this.destroyed) this.push(null);
  }

  /** RST_STREAM has come. */
  receiveReset(error: VkError): void {
    this.#peerKnows = true;
    this.destroy(error);
  }

  /** The connection is gone. What has its end is still read to that end; everything else ends with `error`. */
  connectionLost(error: VkError): void {
    this.#peerKnows = true;
    if (!this.#peerEnded || this.readableEnded) {
      this.destroy(error);
      return;
    }
    this.once('end', () => {
      if (!this.writableFinished) this.destroy(error);
    });
  }

  /** Whether both sides have ended, though some of it may be unread. */
  get isOver(): boolean {
    return this.#peerEnded && this.writableFinished;
  }

  /** Resolves when what has been written, and the end if there is one, has been handed to the transport. Never rejects. */
  async flushed(): Promise<void> {
    if (this.destroyed || this.writableFinished) return;
    await new Promise<void>((resolve) => {
      this.once('finish', resolve).once('close', resolve);
      // Comes after all before it.
      if (!this.writableEnded) this.write(Buffer.alloc(0), () => resolve());
    });
  }

  /** The next at most `bytes` to send, or the end. */
  takeTurn(bytes: number): Turn | undefined {
    const outgoing = this.#outgoing;
    if (outgoing === undefined) {
      const done = this.#finish;
      this.#finish = undefined;
      return done && { payload: Buffer.alloc(0), fin: true, done };
    }
    const payload = takeBytes(outgoing.chunks, bytes);
    if (outgoing.chunks.length > 0) return { payload, fin: false, done: undefined };
    this.#outgoing = undefined;
    return { payload, fin: false, done: outgoing.callback };
  }

  /** Whether it would have something to send in a further turn. */
  get wantsTurn(): boolean {
    return this.#outgoing !== undefined || this.#finish !== undefined;
  }

  override _read(): void {
    this.#count(-this.#pushed);
    this.#pushed = 0;
    this.#wanted = true;
    while (this.#wanted) {
      const chunk = this.#inbox.shift();
      if (chunk === undefined) return;
      this.#push(chunk, costOf(chunk));
      if (this.#inbox.length === 0 && this.#peerEnded) this.push(null);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send([chunk], callback);
  }

  override _writev(items: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    this.#send(
      items.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: Callback): void {
    this.#finish = callback;
    this.#host.onWritable(this);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const status = this.#resetStatus ?? (error === null ? 'Cancel' : 'InternalError');
    this.#inbox.length = 0;
    this.#count(-this.#unread);
    this.#host.onOver(this, this.isOver || this.#peerKnows ? undefined : status);
    const pending = this.#outgoing?.callback ?? this.#finish;
    this.#outgoing = undefined;
    this.#finish = undefined;
    pending?.(error ?? new VkError('Aborted', `spdy stream ${this.id}: reset before it was written`));
    callback(error);
  }

  #send(chunks: readonly Buffer[], callback: Callback): void {
    const filled = chunks.filter((chunk) => chunk.length > 0);
    if (filled.length === 0) {
      callback();
      return;
    }
    this.#outgoing = { chunks: filled, callback };
    this.#host.onWritable(this);
  }

  #push(chunk: Buffer, cost: number): void {
    this.#wanted = this.push(chunk);
    if (this.#wanted) this.#count(-cost);
    else this.#pushed += cost;
  }

  #count(bytes: number): void {
    if (bytes === 0) return;
    this.#unread += bytes;
    this.#host.onUnread(this, bytes, this.#unread);
  }
}

function costOf(chunk: Buffer): number {
  return chunk.length + chunkOverheadBytes;
}

/** A small view into a large buffer would keep all of it for as long as it waits. */
function detached(payload: Buffer): Buffer {
  if (payload.length * 2 >= payload.buffer.byteLength) return payload;
  const copy = Buffer.allocUnsafeSlow(payload.length);
  payload.copy(copy);
  return copy;
}

/** Takes up to `most` bytes off the front of `chunks`. One chunk, or a part of it, is not copied; several are joined. */
function takeBytes(chunks: Buffer[], most: number): Buffer {
  let count = 0;
  let size = 0;
  for (; count < chunks.length && size < most; count += 1) size += chunks[count]?.length ?? 0;
  const taken = chunks.splice(0, count);
  const [first] = taken;
  const joined = taken.length === 1 && first !== undefined ? first : Buffer.concat(taken, size);
  if (size > most) chunks.unshift(joined.subarray(most));
  return joined.subarray(0, most);
}
