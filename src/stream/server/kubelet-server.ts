/**
 * The kubelet's HTTPS server: what an apiserver reaches logs, exec, attach, port-forward and figures of a node through.
 * Neighbours: `request-server.ts` (what becomes of a request), `connections.ts` and `calls.ts` (what is open),
 * `serving-certificate.ts` and `../auth/client-authorities.ts` (what TLS goes by).
 *
 * Invariants
 * 1. A phase only moves forward: new, starting, serving, closed.
 * 2. TLS trusts the authorities it was given and no others: without any, no certificate is anybody's.
 * 3. After `close` no socket and no timer of the server is left.
 */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP, type AddressInfo, type Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { CertificateAndKey } from '../../kube/pki/certificates.js';
import { VkError } from '../../runtime/errors.js';
import { parseAuthorities } from '../auth/client-authorities.js';
import { Gate } from '../auth/gate.js';
import { readPeerCertificate, stillHolds, type PeerCertificate, type TrustedBundle } from '../auth/peer-certificate.js';
import type { KubeletBackend } from '../backend.js';
import { pause } from '../pause.js';
import { processMetrics } from '../stats/process-metrics.js';
import { ServerMetrics } from '../stats/server-metrics.js';
import { endWith, refusalLingerMs } from './answer.js';
import { Calls } from './calls.js';
import { Connections } from './connections.js';
import {
  resolveKubeletServerOptions,
  type KubeletServerOptions,
  type ResolvedKubeletServerOptions,
} from './kubelet-server-options.js';
import { listenError } from './listen-error.js';
import { RequestServer } from './request-server.js';
import { tlsSettings } from './tls-settings.js';
import { isUnspecified } from './unspecified-address.js';

export interface KubeletServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * ```ts
 * const pods = { get: () => undefined, list: () => [] };
 * const server = new KubeletServer({ nodeName: 'edge-1', provider, pods }, { client, host: '10.0.0.5' });
 * await server.start();
 * // …
 * await server.close({ graceMs: 10_000 });
 * ```
 *
 * Every request is authenticated and authorized before anything else is done about it; see {@link KubeletServerOptions}.
 * A `VirtualNode` has one of its own if its option `kubelet` asks for it.
 */
export class KubeletServer implements AsyncDisposable {
  readonly #backend: KubeletBackend;
  readonly #options: ResolvedKubeletServerOptions;
  readonly #ending = new AbortController();
  readonly #calls = new Calls();
  readonly #metrics = new ServerMetrics();
  readonly #connections: Connections;
  readonly #peers = new WeakMap<Socket, PeerCertificate>();
  readonly #presenting = new WeakSet<Socket>();
  #pair: CertificateAndKey | undefined;
  #bundle: TrustedBundle | undefined;
  #server: Server | undefined;
  #address: KubeletServerAddress | undefined;
  #started: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** Throws `InvalidInput` for options that make no sense. Opens nothing. */
  constructor(backend: KubeletBackend, options: KubeletServerOptions) {
    this.#backend = backend;
    this.#options = resolveKubeletServerOptions(options);
    this.#connections = new Connections(this.#options.limits.strangers);
  }

  /** Where the server listens. Throws `Unavailable` before `start()` has resolved. */
  get address(): KubeletServerAddress {
    if (this.#address === undefined) throw new VkError('Unavailable', 'kubelet server: not started');
    return this.#address;
  }

  /** Whether it takes requests. */
  get isServing(): boolean {
    return this.#address !== undefined && this.#closed === undefined;
  }

  /** What clients are shown, chain included, in PEM. Of a self-made one the authority is in it. Changes with renewals. */
  get certificate(): string {
    if (this.#pair === undefined) throw new VkError('Unavailable', 'kubelet server: not started');
    return this.#pair.certificate;
  }

  /**
   * Resolves when the server listens. Waits for its first certificate, and up to 5 s for the cluster's authorities, which
   * are read later if the apiserver is out of reach. Rejects if there is no certificate, or the address is taken or not
   * there. Further calls get the same promise.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Takes no more requests, ends sessions and followed logs with their status, and gives them and everything else
   * `graceMs` (default 5 s) to end before connections are cut. Idempotent, and right in every phase.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.graceMs ?? 5_000);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    try {
      this.#requireOpen();
      await this.#openSources();
      this.#requireOpen();
      await this.#listen();
      this.#requireOpen();
    } catch (error) {
      this.#ending.abort();
      this.#server?.close();
      throw error;
    }
  }

  async #openSources(): Promise<void> {
    const { certificate, certificateHosts, clientAuthorities, clock, host, logger, random } = this.#options;
    const { nodeName } = this.#backend;
    const context = { nodeName, clock, logger, random, signal: this.#ending.signal };
    const hosts = certificateHosts ?? [nodeName, ...(isIP(host) !== 0 && !isUnspecified(host) ? [host] : [])];
    await certificate.open({ ...context, hosts }, (pair) => this.#useCertificate(pair));
    if (this.#pair === undefined) throw new VkError('InvalidInput', 'kubelet server: its certificate source gave none');
    await clientAuthorities?.open(context, (pem) => this.#trust(pem));
  }

  #useCertificate({ certificate, key }: CertificateAndKey): void {
    const pair = { certificate, key };
    this.#server?.setSecureContext(secureContext(pair, this.#bundle));
    this.#pair = pair;
  }

  #trust(pem: string): void {
    if (this.#bundle?.pem === pem) return;
    const bundle = { pem, certificates: parseAuthorities('client authorities', pem) };
    this.#server?.setSecureContext(secureContext(this.#pair, bundle));
    this.#bundle = bundle;
  }

  async #listen(): Promise<void> {
    const { host, limits, port } = this.#options;
    const server = createServer({
      ...secureContext(this.#pair, this.#bundle),
      ALPNProtocols: ['http/1.1'],
      requestCert: true,
      // Judged per request: a token may do where a certificate does not.
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeTimeoutMs,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: Math.max(limits.requestTimeoutMs, limits.headersTimeoutMs),
      connectionsCheckingInterval: Math.min(limits.headersTimeoutMs / 2, 5_000),
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      // Peers that vanish from the network without a word.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    });
    server.maxConnections = limits.connections;
    // Node would read on without the lines beyond a count, be it those that frame the body. Their bytes are bounded.
    server.maxHeadersCount = 0;
    this.#follow(server);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      server.listen(port, host, resolve);
    });
    server.on('error', (err) => this.#options.logger.error({ node: this.#backend.nodeName, err }, 'server failed'));
    const { address, port: actual } = server.address() as AddressInfo;
    this.#address = { host: address, port: actual };
    const { logger, unauthenticatedRequests } = this.#options;
    logger.info({ node: this.#backend.nodeName, host: address, port: actual }, 'kubelet server listens');
    if (unauthenticatedRequests === 'let-in-as-system-anonymous') {
      logger.warn({ node: this.#backend.nodeName }, 'requests without credentials are let in as system:anonymous');
    }
  }

  #follow(server: Server): void {
    const requests = this.#requestServer();
    server.on('connection', (socket: Socket) => this.#connections.add(socket, this.#bundle));
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.getPeerX509Certificate() === undefined) return;
      this.#presenting.add(socket);
      const peer = readPeerCertificate(socket, this.#connections.bundleOf(socket));
      if (peer !== undefined) this.#peers.set(socket, peer);
    });
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void requests.servePlain(request, response);
    server.on('request', serve);
    // Nobody is told to go on with a body that no route has a use for.
    server.on('checkContinue', serve);
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      void requests.serveUpgrade(request, socket, head);
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (requests.isAnswering(socket)) socket.destroy();
      else this.#answerMalformed(error, socket);
    });
    const stop = this.#backend.pods.onGone?.(({ metadata }) => {
      void this.#endCallsOf(metadata.uid ?? '', `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
    });
    if (stop) this.#ending.signal.addEventListener('abort', stop, { once: true });
  }

  #requestServer(): RequestServer {
    const { clock, getMayExecute, limits, logger, reviewTimeoutMs, streaming, unauthenticatedRequests } = this.#options;
    const { authenticator, authorizer } = this.#options;
    const anonymous = unauthenticatedRequests === 'let-in-as-system-anonymous';
    const { nodeName } = this.#backend;
    const processStartedAtMs = clock.now() - process.uptime() * 1_000;
    return new RequestServer({
      backend: this.#backend,
      gate: new Gate({
        ...{ anonymous, authenticator, authorizer, clock, getMayExecute, logger, nodeName },
        timeoutMs: reviewTimeoutMs,
        onDecision: (stage, decision) => this.#metrics.decided(stage, decision),
      }),
      calls: this.#calls,
      limits,
      clock,
      logger,
      streaming: { ...streaming, clock },
      metrics: [this.#metrics.families, () => processMetrics(processStartedAtMs), ...this.#options.metrics],
      measured: this.#metrics,
      configz: () => ({ ...this.address, anonymous, idleTimeoutMs: streaming.idleTimeoutMs ?? 4 * 3_600_000 }),
      certificateOf: (socket) => {
        const peer = this.#peers.get(socket);
        const holds = peer !== undefined && stillHolds(peer, this.#bundle, clock.now());
        return { subject: holds ? peer.subject : undefined, presented: this.#presenting.has(socket) };
      },
      onKnown: (socket) => this.#connections.known(socket),
      isClosing: () => this.#closed !== undefined,
    });
  }

  /** What is not HTTP, or too long, or too late. Whoever fails in the handshake, or says nothing at all, is told nothing. */
  #answerMalformed({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
    const httpStatus = code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
    if (!(code.startsWith('HPE_') || (httpStatus === 408 && socket.bytesRead > 0))) {
      socket.destroy();
      return;
    }
    endWith(socket, { httpStatus, message: '', headers: {} });
    const timer = this.#options.clock.setTimer(refusalLingerMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }

  async #endCallsOf(uid: string, pod: string): Promise<void> {
    if (!this.#calls.hasPod(uid)) return;
    const { clock, goneGraceMs } = this.#options;
    if (!(await pause(clock, goneGraceMs, this.#ending.signal))) return;
    this.#calls.abortPod(uid, new VkError('NotFound', `pod ${pod}: is gone from the node`));
  }

  async #close(graceMs: number): Promise<void> {
    this.#ending.abort();
    const over = new AbortController();
    const grace = pause(this.#options.clock, graceMs, over.signal);
    // A server that is still starting sees that it is closed and gives up, if what it waits for lets it.
    await Promise.race([this.#started?.catch(() => undefined), grace]);
    if (this.#server !== undefined && this.#address !== undefined) await this.#drain(this.#server, grace);
    over.abort();
  }

  async #drain(server: Server, grace: Promise<unknown>): Promise<void> {
    const reason = new VkError('Unavailable', 'kubelet server: shutting down');
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.#calls.abortLasting(reason);
    await Promise.race([this.#calls.empty(), grace]);
    this.#calls.abortAll(reason);
    this.#connections.destroyAll();
    await closed;
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new VkError('Aborted', 'kubelet server: closed');
  }
}

/** An empty list of authorities is one: without any list Node would trust every public authority of the web. */
function secureContext(pair: CertificateAndKey | undefined, bundle: TrustedBundle | undefined): SecureContextOptions {
  return {
    ...tlsSettings,
    ...(pair && { cert: pair.certificate, key: pair.key }),
    ca: bundle ? [bundle.pem] : [],
  };
}
