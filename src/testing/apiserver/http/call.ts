/** One request as the handlers see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from './users.js';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: User;
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
