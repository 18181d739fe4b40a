/** The plainest protocol: bytes both ways. Neighbour: `websocket-mapping.ts`. */
import { VkError } from '../../runtime/errors.js';
import type { WebSocketMapping, WebSocketMessage } from './websocket-mapping.js';

export interface RawMappingOptions {
  /** Sent first, such as the password that Azure Container Instances wants as a text message. Default: nothing. */
  readonly opening?: readonly WebSocketMessage[];
  /** Says that input has ended. Where a terminal is at the other end, its key for that does: `'\x04'`. Default: nothing. */
  readonly stdinEnd?: WebSocketMessage;
}

/**
 * Input and output as they are, in messages of any size: Azure Container Instances, and Docker's `attach/ws` with a
 * terminal. There is one output, stdout, and no exit code: a session that was closed in order ends with `undefined`.
 */
export function rawMapping(options: RawMappingOptions = {}): WebSocketMapping {
  return {
    ...options,
    stdin: (data) => data,
    decode: (data) => (data.length > 0 ? { to: 'stdout', data } : undefined),
    conclude: ({ code, reason }) => {
      if (wasOrderly(code)) return undefined;
      throw closedWith(code, reason);
    },
  };
}

/** 1005 stands for a close that gives no code. */
export function wasOrderly(code: number): boolean {
  return code === 1000 || code === 1005;
}

export function closedWith(code: number, reason: string): VkError {
  if (code === 1006) return new VkError('Unavailable', 'backend WebSocket: the connection was lost');
  const why = reason === '' ? '' : `: ${reason}`;
  return new VkError('Unavailable', `backend WebSocket: closed with code ${code}${why}`);
}
