/** Options of `KubeClient`, and their defaults. */
import { systemClock, type Clock, type Random } from '../runtime/clock.js';
import { silentLogger, type Logger } from '../runtime/logger.js';
import type { RateLimit } from './http/rate-limiter.js';
import { defaultUserAgent } from './user-agent.js';

export interface KubeClientOptions {
  /** How long a call may take, retries included. Default: 30 s. `Infinity` for none. */
  readonly deadlineMs?: number;
  /** How long a TCP and TLS handshake may take. Default: 10 s. */
  readonly connectTimeoutMs?: number;
  /**
   * Sockets for calls; further calls wait their turn. Streams have sockets of their own, without a limit. Default: 32,
   * which moves more than one Node process can encode, and is well below the 400 requests that an apiserver runs at a
   * time for everybody.
   */
  readonly connections?: number;
  /** Client-side limit of calls and streams. Default: none, since apiservers protect themselves (priority and fairness). */
  readonly rateLimit?: RateLimit;
  /** How often a call is repeated for an apiserver that says when to come back. Default: 10. */
  readonly maxRetries?: number;
  /** How often a call is repeated that got no answer, where that is safe. Default: 3, within about 350 ms. */
  readonly maxReconnects?: number;
  /** Bytes of an answer that is held in memory as a whole. Default: 256 MiB, about 70,000 pods. */
  readonly maxResponseBytes?: number;
  /** Default: `vk-sdk/VERSION (OS/ARCH) node/VERSION`. */
  readonly userAgent?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

type Defaulted = Required<Omit<KubeClientOptions, 'rateLimit'>>;
export type ResolvedKubeClientOptions = Defaulted & Pick<KubeClientOptions, 'rateLimit'>;

export function resolveKubeClientOptions(options: KubeClientOptions): ResolvedKubeClientOptions {
  return {
    deadlineMs: options.deadlineMs ?? 30_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    connections: options.connections ?? 32,
    maxRetries: options.maxRetries ?? 10,
    maxReconnects: options.maxReconnects ?? 3,
    maxResponseBytes: options.maxResponseBytes ?? 256 * 1024 * 1024,
    userAgent: options.userAgent ?? defaultUserAgent,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
    ...(options.rateLimit && { rateLimit: options.rateLimit }),
  };
}
