import type { Buffer } from 'node:buffer';
import { type Clock, systemClock } from '../../runtime/clock.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import type { SpdyReset } from './frames.js';
import type { SpdyHeaders } from './header-block.js';
import { defaultSpdyLimits, type SpdyLimits } from './limits.js';
import type { SpdyRole } from './protocol-state.js';
import type { SpdyStream } from './spdy-stream.js';

export interface SpdyConnectionOptions {
  /** A client's streams are odd, a server's even. */
  readonly role: SpdyRole;
  /** Says whether a stream that the peer opens is taken: a value resets it. Decides at once; called before the reply. */
  readonly accept?: (headers: SpdyHeaders, id: number) => SpdyReset | undefined;
  /**
   * A stream of the peer's, accepted and replied to. It has to be read, or the peer waits with all of its streams. Left
   * out: the peer's streams are refused.
   */
  readonly onStream?: (stream: SpdyStream) => void;
  readonly limits?: Partial<SpdyLimits>;
  /** How long no frame may come, and no data go, before the connection is given up. Default: 4 hours, the kubelet's. */
  readonly idleTimeoutMs?: number;
  /**
   * Time between frames that nobody answers (SETTINGS that set nothing). While a reader is behind the transport is not
   * read, and then nothing but a write shows that the peer has gone. A ping would not do: a peer that cannot send its
   * echo, because we do not read, may stop reading itself. Default: 15 s.
   */
  readonly probeIntervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** What was read of the transport already. */
  readonly head?: Buffer;
}

export interface SpdyCloseOptions {
  /**
   * How long the peer may be silent after our end before it is cut off; in all it has `idleTimeoutMs`. Default: 10 s,
   * twice the time between a client's pings.
   */
  readonly lingerMs?: number;
}

export type ResolvedSpdyConnectionOptions = SpdyConnectionOptions &
  Required<Pick<SpdyConnectionOptions, 'idleTimeoutMs' | 'probeIntervalMs' | 'clock' | 'logger'>> & {
    readonly limits: SpdyLimits;
  };

export const defaultLingerMs = 10_000;

export function resolveSpdyConnectionOptions(options: SpdyConnectionOptions): ResolvedSpdyConnectionOptions {
  return {
    ...options,
    limits: { ...defaultSpdyLimits, ...options.limits },
    idleTimeoutMs: options.idleTimeoutMs ?? 4 * 3_600_000,
    probeIntervalMs: options.probeIntervalMs ?? 15_000,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  };
}
