/**
 * The sockets to one apiserver. Calls share a bounded pool; a stream (a watch, a log) has a socket of its own, so that
 * long watches never starve calls. Neighbours: `exchange.ts` and `stream-exchange.ts` (requests over a dispatcher).
 *
 * Invariants:
 * 1. Sockets made with other TLS material than the current one take no new request; what runs on them may end.
 * 2. After `close` there is no socket left.
 */
import { Pool } from 'undici';
import type { ClusterConnection } from '../connection.js';
import { connectorFor } from './connector.js';

export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface TransportOptions {
  readonly connections: number;
  readonly connectTimeoutMs: number;
}

interface Lane {
  readonly tls: TlsMaterial;
  readonly calls: Pool;
  /** Made when the first stream is. */
  streams: Pool | undefined;
}

/** Below the 90 s after which an apiserver hangs up, and above a lease's 10 s. A server's Keep-Alive hint wins. */
const keepAliveMs = 60_000;

export class Transport {
  readonly #connection: ClusterConnection;
  readonly #origin: string;
  readonly #options: TransportOptions;
  readonly #retired = new Set<Pool>();
  #lane: Lane | undefined;

  constructor(connection: ClusterConnection, options: TransportOptions) {
    this.#connection = connection;
    this.#origin = new URL(connection.server).origin;
    this.#options = options;
  }

  calls(tls: TlsMaterial): Pool {
    return this.#laneFor(tls).calls;
  }

  streams(tls: TlsMaterial): Pool {
    const lane = this.#laneFor(tls);
    lane.streams ??= this.#pool(tls, null);
    return lane.streams;
  }

  async close(): Promise<void> {
    const all = [...this.#retired, this.#lane?.calls, this.#lane?.streams];
    this.#lane = undefined;
    await Promise.all(all.map((pool) => pool?.destroy()));
  }

  #laneFor(tls: TlsMaterial): Lane {
    const lane = this.#lane;
    if (lane !== undefined && sameTls(lane.tls, tls)) return lane;
    if (lane !== undefined) this.#retire(lane);
    this.#lane = { tls, calls: this.#pool(tls, this.#options.connections), streams: undefined };
    return this.#lane;
  }

  #retire(lane: Lane): void {
    for (const pool of [lane.calls, lane.streams]) {
      if (pool === undefined) continue;
      this.#retired.add(pool);
      const forget = (): boolean => this.#retired.delete(pool);
      pool.close().then(forget, forget);
    }
  }

  #pool(tls: TlsMaterial, connections: number | null): Pool {
    const connect = connectorFor({ ...this.#connection, ...tls, connectTimeoutMs: this.#options.connectTimeoutMs });
    return new Pool(this.#origin, { connect, connections, pipelining: 1, keepAliveTimeout: keepAliveMs });
  }
}

function sameTls(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}
