/** What a route's handler gets: one request that has passed authentication and authorization. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../runtime/logger.js';

export interface KubeletCall {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** Aborts when the server ends and, for a plain call, when the client has gone: what the call began is then to end. */
  readonly signal: AbortSignal;
  /** Carries the pod and the user in its fields. */
  readonly logger: Logger;
}

/** A request that is answered with a body. Until headers are sent, what a handler throws becomes the answer. */
export interface PlainCall extends KubeletCall {
  readonly response: ServerResponse;
}

/**
 * A request for another protocol on the same socket. Nothing has been written to `socket` yet: what a handler throws
 * before it answers 101 becomes an HTTP answer, and afterwards ends the socket.
 */
export interface UpgradeCall extends KubeletCall {
  readonly socket: Duplex;
  /** What the client sent after its headers: the first bytes of the new protocol. */
  readonly head: Buffer;
}
