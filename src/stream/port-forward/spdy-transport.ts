/**
 * Port-forward over SPDY: two streams for each connection. Neighbours: `session.ts` (what it delivers), `pairing.ts` (which
 * streams belong together), `serve-port-forward.ts` (what happens in it), `../spdy/` (the connection). kubelet-protocol §4.
 *
 * Invariants:
 * 1. A connection is offered when both of its streams are there. A half that stays alone is told so and reset in time.
 * 2. What one connection does, and how it ends, is nothing to the others.
 * 3. A connection counts against the bound until both of its streams are closed and its call has ended or been given up: a
 *    client that opens and resets in turn keeps no more calls busy than one that waits.
 */
import type { Duplex } from 'node:stream';
import type { Logger } from '../../runtime/logger.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { within } from '../bounded-wait.js';
import type { UpgradeCall } from '../call.js';
import { upgradeToSpdy } from '../spdy-upgrade.js';
import type { SpdyReset } from '../spdy/frames.js';
import type { SpdyHeaders } from '../spdy/header-block.js';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import { resolveStreamingOptions, type ResolvedStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { ConnectionQueue } from './connection-queue.js';
import { type Pair, readForwardHeaders, StreamPairs } from './pairing.js';
import type { PortForwardSession } from './session.js';
import { SpdyForwardedConnection } from './spdy-forwarded-connection.js';

export interface SpdyPortForwardOptions extends StreamingOptions {
  readonly logger?: Logger;
  /** What was read of the transport already. */
  readonly head?: Buffer;
}

/** Upgrades. Rejects with a `Refusal` if the request does not fit. */
export async function acceptSpdyPortForward(
  call: UpgradeCall,
  options: StreamingOptions = {},
): Promise<PortForwardSession> {
  upgradeToSpdy(call, ['portforward.k8s.io']);
  return Promise.resolve(spdyPortForwardOver(call.socket, { ...options, logger: call.logger, head: call.head }));
}

/** The session on what carries SPDY already: a socket after its upgrade, or the tunnel inside a WebSocket. */
export function spdyPortForwardOver(transport: Duplex, options: SpdyPortForwardOptions = {}): PortForwardSession {
  return new SpdyPortForwardSession(transport, options);
}

class SpdyPortForwardSession implements PortForwardSession {
  readonly connections = new ConnectionQueue();
  readonly #spdy: SpdyConnection;
  readonly #options: ResolvedStreamingOptions;
  readonly #pairs: StreamPairs<SpdyStream>;
  /** What gives a half up that waits for the other. */
  readonly #halves = new Map<Pair<SpdyStream>, () => void>();
  readonly #active = new Set<SpdyForwardedConnection>();
  readonly #gone = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(transport: Duplex, options: SpdyPortForwardOptions) {
    this.#options = resolveStreamingOptions(options);
    this.#pairs = new StreamPairs(this.#options.maxConnections);
    const { clock, idleTimeoutMs, pingIntervalMs } = this.#options;
    this.#spdy = new SpdyConnection(transport, {
      role: 'server',
      accept: (headers, id) => this.#accept(headers, id),
      onStream: (stream) => this.#add(stream),
      clock,
      idleTimeoutMs,
      probeIntervalMs: pingIntervalMs,
      limits: this.#options.spdyLimits,
      ...(options.logger && { logger: options.logger }),
      ...(options.head && { head: options.head }),
    });
    onAbort(this.#spdy.signal, () => {
      this.connections.end();
      if (this.#closing === undefined) this.#gone.abort(this.#spdy.signal.reason);
    });
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  #accept(headers: SpdyHeaders, id: number): SpdyReset | undefined {
    const read = readForwardHeaders(headers, id);
    if (read === undefined) return 'ProtocolError';
    return this.#closing === undefined && this.#pairs.fits(read) ? undefined : 'RefusedStream';
  }

  #add(stream: SpdyStream): void {
    const read = readForwardHeaders(stream.headers, stream.id);
    if (read === undefined) return;
    const pair = this.#pairs.add(read, stream);
    this.#halves.get(pair)?.();
    if (pair.data === undefined || pair.error === undefined) {
      this.#waitForOther(pair, stream);
      return;
    }
    const connection = new SpdyForwardedConnection(pair.port, pair.data, pair.error, this.#options);
    this.#active.add(connection);
    void connection.closed.then(() => {
      this.#active.delete(connection);
      this.#pairs.release(pair);
    });
    this.connections.push(connection);
  }

  #waitForOther(pair: Pair<SpdyStream>, half: SpdyStream): void {
    const onClose = (): void => {
      stop();
      this.#pairs.release(pair);
    };
    const timer = this.#options.clock.setTimer(this.#options.creationTimeoutMs, () => half.reset());
    const stop = (): void => {
      timer.cancel();
      half.off('close', onClose);
      this.#halves.delete(pair);
    };
    half.once('close', onClose);
    this.#halves.set(pair, stop);
  }

  async #close(): Promise<void> {
    const { clock, idleTimeoutMs, lingerMs } = this.#options;
    this.connections.end();
    for (const connection of this.#active) connection.finish();
    await within(clock, idleTimeoutMs, this.#spdy.close({ lingerMs }));
    this.#spdy.destroy();
    await this.#spdy.closed;
  }
}
