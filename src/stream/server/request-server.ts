/**
 * What becomes of each request: its caller is let in or not, its route found, its answer given, its end seen to.
 * Neighbours: `kubelet-server.ts` (TLS, and the life of it all), `../auth/gate.ts` (who may), `dispatch.ts` (who serves).
 *
 * Invariants
 * 1. Nothing of a request but its head is looked at before its caller has been let in; an upgrade is answered after that.
 * 2. A connection has one request at a time. One that sends another before it has its answer is cut: no client of a
 *    kubelet does, and what would follow an upgrade that fails is nobody's request.
 * 3. What a handler throws is answered as long as nothing has been sent; afterwards it cuts the connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { CertificateSubject } from '../auth/authenticator.js';
import type { Gate } from '../auth/gate.js';
import type { UserInfo } from '../auth/user.js';
import { parseLogQuery } from '../logs/log-query.js';
import { Refusal } from '../refusal.js';
import type { ServerMetrics } from '../stats/server-metrics.js';
import { answerTo, refusalLingerMs, refusePlainly, refuseUpgrade } from './answer.js';
import { callLogger } from './call-logger.js';
import type { Calls, OpenCall } from './calls.js';
import { dispatchPlain, dispatchUpgrade, requireCapability, type PlainContext } from './dispatch.js';
import { discardBody, hasBody, knockOf } from './request-facts.js';
import { isUpgradeRoute, parseTarget, requireRoute, type Route, type RouteKind } from './route.js';

export interface RequestServerParts extends PlainContext {
  readonly gate: Gate;
  readonly calls: Calls;
  readonly limits: { readonly sessions: number; readonly bodyBytes: number };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measured: ServerMetrics;
  /** The subject of the certificate of a connection's peer, if it holds; and whether it has any. */
  certificateOf(socket: Socket): { readonly subject: CertificateSubject | undefined; readonly presented: boolean };
  /** Told when a request on this connection has been authenticated. */
  onKnown(socket: Socket): void;
  /** Whether the server is about to end. */
  isClosing(): boolean;
}

interface Admitted {
  readonly route: Route;
  readonly user: UserInfo;
  readonly query: URLSearchParams;
  readonly logger: Logger;
}

export class RequestServer {
  readonly #parts: RequestServerParts;
  /** The answer under way on a connection. */
  readonly #answering = new WeakMap<Socket, ServerResponse>();
  #sessions = 0;

  constructor(parts: RequestServerParts) {
    this.#parts = parts;
  }

  /** Whether an answer has begun on this connection that is not complete. */
  isAnswering(socket: Socket): boolean {
    const response = this.#answering.get(socket);
    return response !== undefined && !response.writableEnded;
  }

  /** Serves a request that is answered with a body. Never rejects. */
  async servePlain(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (this.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    this.#answering.set(socket, response);
    const call = this.#parts.calls.begin();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    void closed.then(() => call.abort(clientGone()));
    // Whoever reads it hears of a client that goes; nobody else is to.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const { clock, measured } = this.#parts;
    const begunMs = clock.now();
    let { logger } = this.#parts;
    let route: RouteKind | undefined;
    try {
      const admitted = await this.#admit(request, call);
      logger = admitted.logger;
      route = admitted.route.kind;
      discardBody(request, this.#parts.limits.bodyBytes);
      await this.#answer(admitted, request, response, call);
      if (!response.writableEnded) response.destroy();
    } catch (error) {
      this.#log(error, logger, call);
      // Who has not been let in keeps no connection; who still sends begins anew on another.
      if (route === undefined || hasBody(request) || this.#parts.isClosing()) response.shouldKeepAlive = false;
      refusePlainly(response, error);
    }
    // An answer may be on its way to a slow reader for long after its handler is done with it.
    await closed;
    call.end();
    const durationMs = call.isLasting ? undefined : clock.now() - begunMs;
    measured.answered(route ?? 'none', request.method ?? '', response.statusCode, durationMs);
  }

  /** Serves a request that asks for another protocol. Never rejects. */
  async serveUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => undefined);
    if (this.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const { bytesWritten } = socket;
    const call = this.#parts.calls.begin();
    const onGone = (): void => call.abort(clientGone());
    socket.once('close', onGone);
    const { measured } = this.#parts;
    let { logger } = this.#parts;
    let route = 'none';
    try {
      const admitted = await this.#admit(request, call);
      logger = admitted.logger;
      route = admitted.route.kind;
      // From here on whoever serves the session notices that its client has gone, and ends it in its own way.
      socket.off('close', onGone);
      await this.#upgrade(admitted, request, socket, head, call);
      socket.destroy();
      measured.answered(route, request.method ?? '', 101);
    } catch (error) {
      const refused = socket.bytesWritten === bytesWritten;
      // Once the upgrade is answered nobody but the client ends a session before it has begun.
      if (!refused && hasCode(error, 'Aborted')) call.abort(clientGone());
      this.#log(error, logger, call);
      measured.answered(route, request.method ?? '', refused ? answerTo(error).httpStatus : 101);
      if (refused) this.#refuseUpgrade(socket, error);
      else socket.destroy();
    } finally {
      call.end();
    }
  }

  async #admit(request: IncomingMessage, call: OpenCall): Promise<Admitted> {
    const { backend, certificateOf, gate, isClosing, logger, onKnown } = this.#parts;
    if (isClosing()) throw new Refusal('Unavailable', 'kubelet server: shutting down');
    const { httpVersionMajor, method = '', socket, url = '' } = request;
    if (httpVersionMajor !== 1) throw new Refusal('InvalidInput', 'request: is not HTTP/1.1', { httpStatus: 505 });
    const target = parseTarget(url);
    const { subject, presented } = certificateOf(socket);
    const knock = knockOf(request, target, subject, presented);
    const user = await gate.identify(knock, call.signal);
    onKnown(socket);
    await gate.authorize(user, knock, call.signal);
    const route = requireRoute(target, method);
    const about = { node: backend.nodeName, user: user.username, route: route.kind, ...podFields(route) };
    return { route, user, query: target.query, logger: callLogger(logger, about) };
  }

  async #answer(
    { route, query, logger }: Admitted,
    request: IncomingMessage,
    response: ServerResponse,
    call: OpenCall,
  ): Promise<void> {
    if (isUpgradeRoute(route)) throw new Refusal('InvalidInput', 'Upgrade request required');
    this.#prepare(route, call);
    if (route.kind === 'containerLogs' && parseLogQuery(query).follow) call.lasts();
    await dispatchPlain(route, { request, response, query, logger, signal: call.signal }, this.#parts);
  }

  async #upgrade(
    { route, query, logger }: Admitted,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    call: OpenCall,
  ): Promise<void> {
    const { backend, limits, measured, streaming } = this.#parts;
    if (!isUpgradeRoute(route)) throw new Refusal('InvalidInput', `${route.kind}: cannot be upgraded`);
    if (hasBody(request)) throw new Refusal('InvalidInput', 'upgrade request: must not have a body');
    this.#prepare(route, call);
    if (this.#sessions >= limits.sessions) {
      const text = `kubelet server: ${limits.sessions} sessions are open, which is the limit`;
      throw new Refusal('TooManyRequests', text, { headers: { 'Retry-After': '1' } });
    }
    this.#sessions += 1;
    const session = measured.sessionBegan(route.kind);
    try {
      call.lasts();
      await dispatchUpgrade(route, { request, socket, head, query, logger, signal: call.signal }, backend, streaming);
    } finally {
      this.#sessions -= 1;
      session.ended();
    }
  }

  /** What can be said without the handler; and from here on the call is its pod's. */
  #prepare(route: Route, call: OpenCall): void {
    const { backend } = this.#parts;
    requireCapability(route, backend.provider);
    if (!('target' in route)) return;
    const uid = backend.pods.get(route.target.namespace, route.target.name)?.metadata.uid;
    if (uid !== undefined) call.belongsTo(uid);
  }

  #refuseUpgrade(socket: Socket, error: unknown): void {
    refuseUpgrade(socket, error);
    const timer = this.#parts.clock.setTimer(refusalLingerMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }

  #log(err: unknown, logger: Logger, { signal }: OpenCall): void {
    const { httpStatus } = answerTo(err);
    // What has been aborted fails; that is not the provider's doing.
    if (httpStatus >= 500 && httpStatus !== 501 && !signal.aborted)
      logger.warn({ err, status: httpStatus }, 'request failed');
    else logger.debug({ err, status: httpStatus }, 'request refused');
  }
}

function clientGone(): VkError {
  return new VkError('Aborted', 'request: the client has gone');
}

function podFields(route: Route): object {
  if (!('target' in route)) return {};
  const { namespace, name } = route.target;
  return {
    pod: `${namespace}/${name}`,
    ...('container' in route.target ? { container: route.target.container } : {}),
  };
}
