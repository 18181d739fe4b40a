/**
 * What a frame means, given those before it: pure, without I/O. `spdy-connection.ts` carries out what is decided here.
 * kubelet-protocol §2.
 *
 * Invariants:
 * 1. A stream's id is used once. The peer's grow, and are odd for a client and even for a server.
 * 2. A frame for a stream that is not known is never answered: it was under way when the stream ended.
 * 3. Of a stream no payload is handed on before its reply, nor after its end.
 */
import type { Buffer } from 'node:buffer';
import type { DataFrame, Frame, GoAwayFrame, HeadersFrame, SpdyReset } from './frames.js';
import type { SpdyHeaders } from './header-block.js';

export type SpdyRole = 'server' | 'client';

export type Decision =
  /** A new stream of the peer. `ended`: it sends nothing on it. */
  | { readonly type: 'open'; readonly id: number; readonly headers: SpdyHeaders; readonly ended: boolean }
  /** Tell the peer that a stream which does not exist here will not. */
  | { readonly type: 'refuse'; readonly id: number; readonly status: SpdyReset }
  | { readonly type: 'replied'; readonly id: number; readonly ended: boolean }
  | { readonly type: 'data'; readonly id: number; readonly payload: Buffer; readonly ended: boolean }
  | { readonly type: 'ended'; readonly id: number }
  /** The peer has broken the rules of a stream: reset it on both sides. */
  | { readonly type: 'violated'; readonly id: number; readonly status: SpdyReset }
  | { readonly type: 'resetByPeer'; readonly id: number; readonly status: number }
  | { readonly type: 'echo'; readonly id: number }
  | { readonly type: 'echoed'; readonly id: number }
  /** The peer takes no more streams. It has not acted on those of `unserved`, nor will it. */
  | { readonly type: 'goAway'; readonly unserved: readonly number[] }
  | { readonly type: 'nothing' };

const nothing: Decision = { type: 'nothing' };
const longestId = 0x7fffffff;

interface StreamState {
  /** Opened here, and not replied to yet. */
  awaitsReply: boolean;
  /** The peer has ended its direction. */
  ended: boolean;
}

export class ProtocolState {
  readonly #ownParity: 0 | 1;
  readonly #mostStreams: number;
  readonly #streams = new Map<number, StreamState>();
  #nextId: number;
  #nextPingId: number;
  #lastPeerId = 0;
  #ofPeer = 0;
  #goingAway = false;
  #peerGoingAway = false;

  constructor(role: SpdyRole, mostStreams: number) {
    this.#ownParity = role === 'client' ? 1 : 0;
    this.#mostStreams = mostStreams;
    this.#nextId = role === 'client' ? 1 : 2;
    this.#nextPingId = this.#nextId;
  }

  /** The last stream of the peer's that was taken or refused: what GOAWAY tells. */
  get lastPeerId(): number {
    return this.#lastPeerId;
  }

  /** The id of a new stream of our own, or undefined when the peer takes none or all are used up. */
  open(): number | undefined {
    if (this.#goingAway || this.#peerGoingAway || this.#nextId > longestId) return undefined;
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, { awaitsReply: true, ended: false });
    return id;
  }

  /** The id of a ping of our own. */
  ping(): number {
    const id = this.#nextPingId;
    this.#nextPingId = id + 2 > longestId ? 2 - this.#ownParity : id + 2;
    return id;
  }

  /** GOAWAY is about to be sent: what the peer opens from now on is ignored. */
  goAway(): void {
    this.#goingAway = true;
  }

  /** The stream is over on both sides, or was reset. */
  forget(id: number): void {
    if (this.#streams.delete(id) && !this.#isOwn(id)) this.#ofPeer -= 1;
  }

  receive(frame: Frame): Decision {
    switch (frame.type) {
      case 'data':
        return this.#onData(frame);
      case 'synStream':
        return this.#onSynStream(frame);
      case 'synReply':
        return this.#onReply(frame);
      case 'headers':
        return frame.fin ? this.#onEnd(frame.id) : nothing;
      case 'rstStream':
        return this.#streams.has(frame.id) ? { type: 'resetByPeer', id: frame.id, status: frame.status } : nothing;
      case 'ping':
        return { type: this.#isOwn(frame.id) ? 'echoed' : 'echo', id: frame.id };
      case 'goAway':
        return this.#onGoAway(frame);
      case 'ignored':
        return nothing;
    }
  }

  #onSynStream({ id, headers, fin }: HeadersFrame): Decision {
    if (this.#goingAway) return nothing;
    if (this.#streams.has(id)) return { type: 'violated', id, status: 'ProtocolError' };
    if (this.#isOwn(id) || id <= this.#lastPeerId) return { type: 'refuse', id, status: 'ProtocolError' };
    this.#lastPeerId = id;
    if (this.#ofPeer >= this.#mostStreams) return { type: 'refuse', id, status: 'RefusedStream' };
    this.#ofPeer += 1;
    this.#streams.set(id, { awaitsReply: false, ended: fin });
    return { type: 'open', id, headers, ended: fin };
  }

  #onReply({ id, fin }: HeadersFrame): Decision {
    const stream = this.#streams.get(id);
    if (stream === undefined) return nothing;
    if (!stream.awaitsReply) return { type: 'violated', id, status: 'StreamInUse' };
    stream.awaitsReply = false;
    stream.ended = fin;
    return { type: 'replied', id, ended: fin };
  }

  #onData({ id, payload, fin }: DataFrame): Decision {
    const stream = this.#streams.get(id);
    if (stream === undefined) return nothing;
    if (stream.awaitsReply) return { type: 'violated', id, status: 'ProtocolError' };
    if (stream.ended) return { type: 'violated', id, status: 'StreamAlreadyClosed' };
    stream.ended = fin;
    return { type: 'data', id, payload, ended: fin };
  }

  #onEnd(id: number): Decision {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.awaitsReply || stream.ended) return nothing;
    stream.ended = true;
    return { type: 'ended', id };
  }

  #onGoAway({ lastGoodId }: GoAwayFrame): Decision {
    this.#peerGoingAway = true;
    const unserved = [...this.#streams.keys()].filter((id) => this.#isOwn(id) && id > lastGoodId);
    return { type: 'goAway', unserved };
  }

  #isOwn(id: number): boolean {
    return id % 2 === this.#ownParity;
  }
}
