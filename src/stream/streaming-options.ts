/** What every streaming session of the kubelet's server can be told: its time limits, its bounds, its clock. */
import { systemClock, type Clock } from '../runtime/clock.js';
import type { SpdyLimits } from './spdy/limits.js';

/** All are optional. Times are in milliseconds, sizes in bytes. */
export interface StreamingOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * A session in which nothing arrives for this long, or whose client takes none of what is left to be sent, is ended.
   * Clients ping every few seconds, so this ends sessions whose client vanished without a word.
   * Default: 4 hours, as the kubelet's.
   */
  readonly idleTimeoutMs?: number;
  /** How long the client may take to open the streams it asked for. Default: 30 s, as the kubelet's. */
  readonly creationTimeoutMs?: number;
  /**
   * How long a session that is over stays to read, so that what was sent last is not lost on the way: a socket closed
   * with unread input cuts the output. Ends at once when the client closes. Default: 10 s.
   */
  readonly lingerMs?: number;
  /**
   * How long a provider's call may go on after its session is over. It is told by its signal; one that takes longer is
   * logged and no longer waited for. Default: 30 s.
   */
  readonly providerGraceMs?: number;
  /**
   * Time between frames of ours that say nothing. They show that a client is gone while its input is held up and so
   * nothing is read of it, and keep proxies on the way from taking a quiet session for a dead one. Default: 30 s.
   */
  readonly pingIntervalMs?: number;
  /** Connections of one port-forward session at a time; more are refused one by one. Default: 1,000. */
  readonly maxConnections?: number;
  /** Output that `run` collects before it answers; longer output fails. Default: 1 MiB. */
  readonly maxRunOutputBytes?: number;
  /**
   * The longest WebSocket message that a client may send; a longer one ends the session. One message is held in memory as
   * a whole. Default: 32 MiB, as the kubelet's: some clients send a whole file as one message.
   */
  readonly maxMessageBytes?: number;
  /** What a SPDY connection may cost. Default: see each of them. */
  readonly spdyLimits?: Partial<SpdyLimits>;
}

export type ResolvedStreamingOptions = Required<StreamingOptions>;

export function resolveStreamingOptions(options: StreamingOptions = {}): ResolvedStreamingOptions {
  return {
    clock: options.clock ?? systemClock,
    idleTimeoutMs: options.idleTimeoutMs ?? 4 * 3_600_000,
    creationTimeoutMs: options.creationTimeoutMs ?? 30_000,
    lingerMs: options.lingerMs ?? 10_000,
    providerGraceMs: options.providerGraceMs ?? 30_000,
    pingIntervalMs: options.pingIntervalMs ?? 30_000,
    maxConnections: options.maxConnections ?? 1_000,
    maxRunOutputBytes: options.maxRunOutputBytes ?? 1_048_576,
    maxMessageBytes: options.maxMessageBytes ?? 32 * 1_048_576,
    spdyLimits: options.spdyLimits ?? {},
  };
}
