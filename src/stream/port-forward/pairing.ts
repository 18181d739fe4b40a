/**
 * Which streams of a port-forward belong together. Pure: the streams are of any type, and time is the caller's.
 * Neighbours: `spdy-transport.ts`. kubelet-protocol §4.
 *
 * Invariants:
 * 1. A connection has one error and one data stream, of the same request id and the same port.
 * 2. A request id is taken from its first stream until it is released.
 */
import type { SpdyHeaders } from '../spdy/header-block.js';

/** What the headers of a stream say. */
export interface ForwardStreamHeaders {
  readonly type: 'error' | 'data';
  readonly requestId: string;
  readonly port: number;
}

export interface Pair<Stream> {
  readonly requestId: string;
  readonly port: number;
  error?: Stream;
  data?: Stream;
}

/** Undefined for what is no stream of a port-forward. `id` is the stream's. */
export function readForwardHeaders(headers: SpdyHeaders, id: number): ForwardStreamHeaders | undefined {
  const type = headers.streamtype?.[0];
  const port = parsePort(headers.port?.[0]);
  if ((type !== 'error' && type !== 'data') || port === undefined) return undefined;
  // Old clients send no request id. They open the streams of a connection in turn: first error, then data.
  const [named = ''] = headers.requestid ?? [];
  const requestId = named === '' ? `stream ${type === 'error' ? id : id - 2}` : named;
  return { type, requestId, port };
}

/** A number from 1 to 65535 in decimal digits and nothing else. */
function parsePort(text = ''): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

export class StreamPairs<Stream> {
  readonly #pairs = new Map<string, Pair<Stream>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** Whether a stream of these headers would be a part of a pair. */
  fits({ type, requestId, port }: ForwardStreamHeaders): boolean {
    const pair = this.#pairs.get(requestId);
    if (pair === undefined) return this.#pairs.size < this.#limit;
    return pair.port === port && pair[type] === undefined;
  }

  /** The pair that a stream which fits is now a part of. It is whole when both of its streams are there. */
  add({ type, requestId, port }: ForwardStreamHeaders, stream: Stream): Pair<Stream> {
    const pair = this.#pairs.get(requestId) ?? { requestId, port };
    pair[type] = stream;
    this.#pairs.set(requestId, pair);
    return pair;
  }

  /** The pair is over, and its request id free. */
  release({ requestId }: Pair<Stream>): void {
    this.#pairs.delete(requestId);
  }
}
