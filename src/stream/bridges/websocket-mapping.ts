/**
 * What goes over a backend's WebSocket, as functions without state or I/O. Neighbours: `raw-mapping.ts` and
 * `channel-mapping.ts` (two of them), `websocket.ts` (which uses one).
 */
import type { TerminalSize } from '../../provider/provider.js';

export type WebSocketMessage = string | Uint8Array;

/** A message of the backend's: output, or a part of the status that ends the session. */
export interface WebSocketOutput {
  readonly to: 'stdout' | 'stderr' | 'status';
  readonly data: string | Uint8Array;
}

/** How a session came to its end: what was said on the way, and how the WebSocket was closed. */
export interface WebSocketEnd {
  /** All `status` output. Empty if there was none. */
  readonly status: string;
  /** RFC 6455 §7.4.1; 1006 if it was not closed but lost. */
  readonly code: number;
  readonly reason: string;
}

/**
 * A backend's protocol. Implement it for one that is not here; each function is called for one message, and none may
 * keep anything.
 */
export interface WebSocketMapping {
  /** Sent first, in this order: a password, say. */
  readonly opening?: readonly WebSocketMessage[];
  stdin(data: Buffer): WebSocketMessage;
  /** Says that the client's input has ended. Left out where the protocol has no word for it. */
  readonly stdinEnd?: WebSocketMessage;
  /** Left out where the protocol cannot change the size of a terminal. */
  resize?(size: TerminalSize): WebSocketMessage;
  /** Undefined for a message that means nothing. May throw a `VkError`, which ends the session. */
  decode(message: string | Buffer): WebSocketOutput | undefined;
  /** The exit code, or undefined if the protocol does not tell it. Throws a `VkError` if the session failed. */
  conclude(end: WebSocketEnd): number | undefined;
}
