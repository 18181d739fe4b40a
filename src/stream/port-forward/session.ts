/** A port-forward session as a transport (SPDY, WebSocket) delivers it. kubelet-protocol §4. */
import type { Duplex } from 'node:stream';

/** One connection of the session, to one port of the pod. */
export interface ForwardedConnection {
  readonly port: number;
  /** Half-closes both ways: its end is the client's, ending it is the pod's. Destroyed when the client has gone. */
  readonly connection: Duplex;
  /** Ends this connection alone. With a `message` the client is told why; without, it ended well. Idempotent. */
  finish(message?: string): void;
}

export interface PortForwardSession {
  /** Connections as the client opens them. Ends when the session does; must be read, or the client waits. */
  readonly connections: AsyncIterable<ForwardedConnection>;
  /** Aborts when the client has gone, or has broken the protocol. */
  readonly gone: AbortSignal;
  /** Ends what is left of the session, in order. Never rejects. Idempotent. */
  close(): Promise<void>;
}
