/** One request as the handlers see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { User } from './users.js';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: User;
  /** There if the client asks for another protocol on the same connection. */
  readonly upgrade: Upgrade | undefined;
}

/** The connection of a request for another protocol. Until it is taken, `response` answers in HTTP as ever. */
export interface Upgrade {
  /** What the client sent after its headers. */
  readonly head: Buffer;
  /** The connection, which is the caller's from then on: `response` is not to be used any more. */
  take(): Duplex;
  /** Calls `listener` when the connection closes. */
  whenGone(listener: () => void): void;
}

/** `true`, `1` or nothing after the name, as Go's flags. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

/** Undefined where the parameter is left out or empty. */
export function text(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) || undefined;
}
