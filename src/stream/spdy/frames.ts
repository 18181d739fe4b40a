/** The frames of SPDY/3.1 that Kubernetes' peers send, and what their numbers mean. kubelet-protocol §2. */
import type { Buffer } from 'node:buffer';
import type { SpdyHeaders } from './header-block.js';

/** The first 16 bits of a control frame: the control bit and version 3. */
export const controlWord = 0x8003;
export const frameHeaderBytes = 8;

export const controlType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

/** The sender's direction ends with this frame. Stands in data frames as in control frames. */
export const finFlag = 0x01;

/** Why a stream is reset, by the number that is sent. */
export const resetStatus = {
  ProtocolError: 1,
  InvalidStream: 2,
  RefusedStream: 3,
  Cancel: 5,
  InternalError: 6,
  StreamInUse: 8,
  StreamAlreadyClosed: 9,
} as const;

/** Why a stream is reset. `Cancel` is the one for "no longer wanted". */
export type SpdyReset = keyof typeof resetStatus;

/** What GOAWAY says of the connection. */
export const goAwayStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** HEADERS add to a stream what nobody here asks for. */
export interface HeadersFrame {
  readonly type: 'synStream' | 'synReply' | 'headers';
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly fin: boolean;
}

export interface RstStreamFrame {
  readonly type: 'rstStream';
  readonly id: number;
  readonly status: number;
}

export interface PingFrame {
  readonly type: 'ping';
  readonly id: number;
}

export interface GoAwayFrame {
  readonly type: 'goAway';
  /** The last stream of ours that the peer has acted on. */
  readonly lastGoodId: number;
  readonly status: number;
}

/** SETTINGS, WINDOW_UPDATE and what nobody knows: there is no flow control between these peers. */
export interface IgnoredFrame {
  readonly type: 'ignored';
}

/** A data frame, or a part of one: `fin` comes with the last part. */
export interface DataFrame {
  readonly type: 'data';
  readonly id: number;
  /** A view into what was received. */
  readonly payload: Buffer;
  readonly fin: boolean;
}

export type Frame = HeadersFrame | RstStreamFrame | PingFrame | GoAwayFrame | IgnoredFrame | DataFrame;
