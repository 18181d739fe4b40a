/**
 * The sockets to one apiserver. Calls share a bounded pool; a stream (a watch, a log) has a socket of its own that ends
 * with it, so that long watches never starve calls. Neighbours: `connector.ts` (opens sockets), `exchange.ts` and
 * `stream-exchange.ts` (requests).
 *
 * Invariants:
 * 1. Sockets made with other TLS material than the current one take no new request; what runs on them may end.
 * 2. After `close` there is no socket left.
 */
import { Client, Pool, type buildConnector, type Dispatcher } from 'undici';
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
  /** Shared by pool and streams, for it remembers TLS sessions. */
  readonly connect: buildConnector.connector;
  readonly calls: Pool;
}

/** Below the 90 s after which an apiserver hangs up, and above a lease's 10 s. A server's Keep-Alive hint wins. */
const keepAliveMs = 60_000;

export class Transport {
  readonly #connection: ClusterConnection;
  readonly #origin: string;
  readonly #options: TransportOptions;
  /** All but the current pool: pools that end, and streams. */
  readonly #others = new Set<Dispatcher>();
  #lane: Lane | undefined;

  constructor(connection: ClusterConnection, options: TransportOptions) {
    this.#connection = connection;
    this.#origin = new URL(connection.server).origin;
    this.#options = options;
  }

  calls(tls: TlsMaterial): Dispatcher {
    return this.#laneFor(tls).calls;
  }

  /** A socket for one stream. `release` closes it. */
  openStream(tls: TlsMaterial): { readonly dispatcher: Dispatcher; readonly release: () => void } {
    const client = new Client(this.#origin, { connect: this.#laneFor(tls).connect });
    this.#others.add(client);
    return { dispatcher: client, release: () => this.#forgetAfter(client, client.destroy()) };
  }

  async close(): Promise<void> {
    const all: Dispatcher[] = [...this.#others];
    if (this.#lane !== undefined) all.push(this.#lane.calls);
    this.#lane = undefined;
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  #laneFor(tls: TlsMaterial): Lane {
    const lane = this.#lane;
    if (lane !== undefined && sameTls(lane.tls, tls)) return lane;
    if (lane !== undefined) {
      this.#others.add(lane.calls);
      this.#forgetAfter(lane.calls, lane.calls.close());
    }
    this.#lane = this.#newLane(tls);
    return this.#lane;
  }

  #newLane(tls: TlsMaterial): Lane {
    const { connections, connectTimeoutMs } = this.#options;
    const connect = connectorFor({ ...this.#connection, ...tls, connectTimeoutMs });
    const calls = new Pool(this.#origin, { connect, connections, pipelining: 1, keepAliveTimeout: keepAliveMs });
    return { tls, connect, calls };
  }

  #forgetAfter(dispatcher: Dispatcher, ended: Promise<void>): void {
    const forget = (): boolean => this.#others.delete(dispatcher);
    ended.then(forget, forget);
  }
}

function sameTls(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}
