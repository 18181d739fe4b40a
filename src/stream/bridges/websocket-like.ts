/** What a bridge needs of a WebSocket. Neighbour: `websocket.ts`. */

/** What the events of a WebSocket tell, each some of it. */
export interface WebSocketEventLike {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: unknown;
  readonly message?: string;
}

/**
 * A WebSocket of the npm package `ws`, of undici, or of the platform. Only `ws` can stop reading, see that its peer is
 * dead, and be cut off: with the others a client that is too slow for its output ends the session.
 */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'message' | 'error' | 'close', listener: (event: WebSocketEventLike) => void): void;
  removeEventListener(
    type: 'open' | 'message' | 'error' | 'close',
    listener: (event: WebSocketEventLike) => void,
  ): void;
  pause?(): void;
  resume?(): void;
  ping?(): void;
  terminate?(): void;
  on?(event: 'pong', listener: () => void): unknown;
  off?(event: 'pong', listener: () => void): unknown;
}

/** `readyState` by RFC 6455's own words. */
export const webSocketStates = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

/** A message as text or bytes, whatever the library makes of it. */
export function messageOf(data: unknown): string | Buffer {
  if (typeof data === 'string' || Buffer.isBuffer(data)) return data;
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Array.isArray(data) ? Buffer.concat(data as Buffer[]) : Buffer.alloc(0);
}
