/**
 * The sockets to one apiserver. Calls share a bounded pool; a stream (a watch, a log) has a socket of its own, so that
 * long watches never starve calls. Neighbours: `exchange.ts` and `stream-exchange.ts` (requests over a dispatcher).
 *
 * Invariants:
 * 1. Sockets made with other TLS material than the current one take no new request; what runs on them may end.
 * 2. After `close` there is no socket left.
 */
import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { ClusterConnection } from '../connection.js';

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
  readonly calls: Dispatcher;
  /** Made when the first stream is. */
  streams: Dispatcher | undefined;
}

/** Below the 90 s after which an apiserver hangs up, and above a lease's 10 s. A server's Keep-Alive hint wins. */
const keepAliveMs = 60_000;
/** From here on the kernel asks each second, ten times: a dead peer is noticed within 40 s (Linux, macOS, Windows). */
const keepAliveProbeMs = 30_000;

export class Transport {
  readonly #connection: ClusterConnection;
  readonly #origin: string;
  readonly #options: TransportOptions;
  readonly #retired = new Set<Dispatcher>();
  #lane: Lane | undefined;

  constructor(connection: ClusterConnection, options: TransportOptions) {
    this.#connection = connection;
    this.#origin = new URL(connection.server).origin;
    this.#options = options;
  }

  calls(tls: TlsMaterial): Dispatcher {
    return this.#laneFor(tls).calls;
  }

  streams(tls: TlsMaterial): Dispatcher {
    const lane = this.#laneFor(tls);
    lane.streams ??= this.#dispatcher(tls, null);
    return lane.streams;
  }

  async close(): Promise<void> {
    const all = [...this.#retired, this.#lane?.calls, this.#lane?.streams];
    this.#lane = undefined;
    await Promise.all(all.map((dispatcher) => dispatcher?.destroy()));
  }

  #laneFor(tls: TlsMaterial): Lane {
    const lane = this.#lane;
    if (lane !== undefined && sameTls(lane.tls, tls)) return lane;
    if (lane !== undefined) this.#retire(lane);
    this.#lane = { tls, calls: this.#dispatcher(tls, this.#options.connections), streams: undefined };
    return this.#lane;
  }

  #retire(lane: Lane): void {
    for (const dispatcher of [lane.calls, lane.streams]) {
      if (dispatcher === undefined) continue;
      this.#retired.add(dispatcher);
      const forget = (): boolean => this.#retired.delete(dispatcher);
      dispatcher.close().then(forget, forget);
    }
  }

  #dispatcher(tls: TlsMaterial, connections: number | null): Dispatcher {
    const { insecureSkipTlsVerify, tlsServerName, proxyUrl } = this.#connection;
    const tcp = { timeout: this.#options.connectTimeoutMs, keepAliveInitialDelay: keepAliveProbeMs };
    const secure = {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      rejectUnauthorized: !insecureSkipTlsVerify,
    };
    const pool = { connections, pipelining: 1, keepAliveTimeout: keepAliveMs };
    if (proxyUrl === undefined) return new Pool(this.#origin, { ...pool, connect: { ...tcp, ...secure } });
    return new ProxyAgent({
      ...pool,
      uri: proxyUrl,
      proxyTls: tcp,
      requestTls: { ...tcp, ...secure },
      proxyTunnel: true,
    });
  }
}

function sameTls(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}
