/** What a KubeletServer can be told, and what it does by default. */
import type { KubeApi } from '../../kube/api.js';
import type { CertificateAndKey } from '../../kube/pki/certificates.js';
import { checkNumbers } from '../../runtime/check-numbers.js';
import { systemClock, type Clock, type Random } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { AccessReviews } from '../auth/access-reviews.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { Authorizer } from '../auth/authorizer.js';
import { authoritiesFromCluster, fixedAuthorities, type ClientAuthorities } from '../auth/client-authorities.js';
import { DelegatedAuthenticator } from '../auth/delegated-authenticator.js';
import type { MetricsSources } from '../../runtime/metrics/metric-family.js';
import type { StreamingOptions } from '../streaming-options.js';
import { fixedCertificate, selfMadeCertificate, type ServingCertificateSource } from './serving-certificate.js';

/** Bounds of what clients can make the server hold. */
export interface KubeletServerLimits {
  /** Connections at once. Default: 8,192. */
  readonly connections?: number;
  /**
   * Connections at once that have not been authenticated; the oldest gives way to a new one. Default: 512: more than an
   * apiserver opens in the moment that it takes to know it, and little memory in strangers' hands.
   */
  readonly strangers?: number;
  /** Upgraded connections (exec, attach, port-forward) at once; what comes on top is refused with 429. Default: 1,024. */
  readonly sessions?: number;
  /** Bytes of a request's head. Default: 128 KiB, since the command of an exec is in its address. */
  readonly headerBytes?: number;
  /** Bytes of a request's body, of which no route has a use. Default: 64 KiB. */
  readonly bodyBytes?: number;
  /** Time for a TLS handshake. Default: 10 s. */
  readonly handshakeTimeoutMs?: number;
  /** Time for a request's head, from the connection's begin or the head's first byte. Default: 30 s. */
  readonly headersTimeoutMs?: number;
  /** Time for a whole request, its body included. Says nothing of the answer. Default: 60 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection stays open unused. Default: 120 s, above the 90 s after which an apiserver lets one go. */
  readonly keepAliveTimeoutMs?: number;
}

export interface KubeletServerOptions {
  /**
   * The cluster that callers are known and judged by: TokenReview, SubjectAccessReview, and the authorities of client
   * certificates. Needed unless both `authenticator` and `authorizer` are given.
   */
  readonly client?: KubeApi;
  /** Address to listen on. Default: `127.0.0.1`; a `VirtualNode` takes its node's address. `0.0.0.0` and `::` for all. */
  readonly host?: string;
  /** Default: 10250, the kubelet's. 0 for any free one. */
  readonly port?: number;
  /**
   * Addresses and names that clients call the server by, for the certificate. Default: the node's name, and the address
   * that is listened on, if it is one.
   */
  readonly certificateHosts?: readonly string[];
  /**
   * A pair in PEM, or a source of them: `certificateFromFiles`, `certificateFrom`, `requestedCertificate`,
   * `selfMadeCertificate`. Default: self-made.
   */
  readonly certificate?: CertificateAndKey | ServingCertificateSource;
  /**
   * Whose client certificates are taken: PEM, or a source: `authoritiesFromFile`, `authoritiesFromCluster`. Default: what
   * the cluster publishes; without a client nobody's.
   */
  readonly clientAuthorities?: string | ClientAuthorities;
  /** Who callers are. Default: by client certificate, then by TokenReview. */
  readonly authenticator?: Authenticator;
  /** What callers may do. Default: by SubjectAccessReview. */
  readonly authorizer?: Authorizer;
  /**
   * `'let-in-as-system-anonymous'`: requests without any credentials go on as `system:anonymous`, whom the authorizer
   * then judges. Default: `'refuse'`, with 401.
   */
  readonly unauthenticatedRequests?: 'refuse' | 'let-in-as-system-anonymous';
  /**
   * Lets whoever may `get nodes/proxy` execute commands through a WebSocket, as the kubelet does. Default: false: exec,
   * attach, run and port-forward need `create`, whatever their method.
   */
  readonly getMayExecute?: boolean;
  /** How long the authenticator and the authorizer may take for an answer; then the request is denied. Default: 10 s. */
  readonly reviewTimeoutMs?: number;
  /**
   * How long what goes on in a pod may go on after the pod is gone from the lookup: the last lines of a followed log, the
   * status of an exec. Default: 30 s.
   */
  readonly goneGraceMs?: number;
  /** Times and bounds of sessions. */
  readonly streaming?: Omit<StreamingOptions, 'clock'>;
  readonly limits?: KubeletServerLimits;
  /** What `/metrics` shows beside the server's own figures and the process'. Default: nothing. */
  readonly metrics?: MetricsSources;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: silent. Takes a pino logger as it is. */
  readonly logger?: Logger;
}

export interface ResolvedKubeletServerOptions extends Required<
  Omit<KubeletServerOptions, 'client' | 'certificateHosts' | 'certificate' | 'clientAuthorities' | 'limits'>
> {
  readonly certificateHosts: readonly string[] | undefined;
  readonly certificate: ServingCertificateSource;
  readonly clientAuthorities: ClientAuthorities | undefined;
  readonly limits: Required<KubeletServerLimits>;
}

/** Throws `InvalidInput` for what makes no sense, or leaves the server without a way to know its callers. */
export function resolveKubeletServerOptions(options: KubeletServerOptions): ResolvedKubeletServerOptions {
  const { client, clock = systemClock, certificate, clientAuthorities } = options;
  const reviewTimeoutMs = options.reviewTimeoutMs ?? 10_000;
  const reviews = { clock, timeoutMs: reviewTimeoutMs };
  const authorizer = options.authorizer ?? (client && new AccessReviews(client, reviews));
  const authenticator =
    options.authenticator ?? (client || clientAuthorities ? new DelegatedAuthenticator(client, reviews) : undefined);
  if (authorizer === undefined || authenticator === undefined) {
    const text =
      'kubelet server: give it a client, or an authenticator and an authorizer: without them nobody could be let in';
    throw new VkError('InvalidInput', text);
  }
  const resolved: ResolvedKubeletServerOptions = {
    authenticator,
    authorizer,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 10_250,
    certificateHosts: options.certificateHosts,
    certificate: certificate === undefined ? selfMadeCertificate() : sourceOf(certificate),
    clientAuthorities:
      typeof clientAuthorities === 'string'
        ? fixedAuthorities(clientAuthorities)
        : (clientAuthorities ?? (client && authoritiesFromCluster(client))),
    unauthenticatedRequests: options.unauthenticatedRequests ?? 'refuse',
    getMayExecute: options.getMayExecute ?? false,
    reviewTimeoutMs,
    goneGraceMs: options.goneGraceMs ?? 30_000,
    streaming: options.streaming ?? {},
    limits: resolveLimits(options.limits),
    metrics: options.metrics ?? [],
    clock,
    random: options.random ?? Math.random,
    logger: options.logger ?? silentLogger,
  };
  const { port } = resolved;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new VkError('InvalidInput', `option port of kubelet server: ${port} is not a port`);
  }
  checkNumbers(resolved.limits, 'above 0', 'limits');
  checkNumbers({ reviewTimeoutMs, goneGraceMs: resolved.goneGraceMs }, 'above 0', 'kubelet server');
  const { spdyLimits = {}, ...streaming } = resolved.streaming;
  checkNumbers(streaming, 'above 0', 'streaming');
  checkNumbers(spdyLimits, 'above 0', 'spdyLimits');
  return resolved;
}

function resolveLimits(limits: KubeletServerLimits = {}): Required<KubeletServerLimits> {
  return {
    connections: limits.connections ?? 8_192,
    strangers: limits.strangers ?? 512,
    sessions: limits.sessions ?? 1_024,
    headerBytes: limits.headerBytes ?? 131_072,
    bodyBytes: limits.bodyBytes ?? 65_536,
    handshakeTimeoutMs: limits.handshakeTimeoutMs ?? 10_000,
    headersTimeoutMs: limits.headersTimeoutMs ?? 30_000,
    requestTimeoutMs: limits.requestTimeoutMs ?? 60_000,
    keepAliveTimeoutMs: limits.keepAliveTimeoutMs ?? 120_000,
  };
}

function sourceOf(certificate: CertificateAndKey | ServingCertificateSource): ServingCertificateSource {
  return 'open' in certificate ? certificate : fixedCertificate(certificate);
}
