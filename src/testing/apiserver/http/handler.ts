/**
 * One request from its first byte to its answer. Neighbours: `route.ts` and `selection.ts` (what is asked for),
 * `users.ts` and `access.ts` (by whom, and may they), `resources.ts`, `watches.ts`, `virtual.ts`, `../kubelet` (the
 * answer), `play-faults.ts` (what goes wrong on purpose).
 *
 * 1. Every request gets exactly one answer, or a fault that says why it did not; `handle` never throws.
 * 2. Nothing of a request takes effect before its caller is known and allowed.
 * 3. Each request is in the log once, with the status that was sent.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../runtime/clock.js';
import type { FaultScript } from '../../faults.js';
import { ApiFailure } from '../core/api.js';
import type { Core } from '../core/index.js';
import type { KubeletGateway } from '../kubelet/kubelet-gateway.js';
import { metricsGroup, metricsResources, type MetricsApi } from '../metrics/metrics-api.js';
import { requireAccess, type Access, type Authorize } from './access.js';
import { answerFailure, answerJson, answerText, send, type Answer } from './answer.js';
import { readBody, type Protobuf } from './body.js';
import { flag, type Call, type Upgrade } from './call.js';
import { Discovery } from './discovery.js';
import { negotiate } from './negotiate.js';
import { openApiGroup, openApiIndex, openApiV2 } from './openapi.js';
import { FaultPlay } from './play-faults.js';
import type { RequestLog, Verb } from './request-log.js';
import { Resources, verbOf, watchRepresentations, type ResourceRoute } from './resources.js';
import { Router, type Route } from './route.js';
import { watchRequest } from './selection.js';
import { upgradable } from './upgrade.js';
import { serverVersion } from './version.js';
import type { Virtual } from './virtual.js';
import type { Authenticator } from './users.js';
import type { Watches } from './watches.js';

export interface HandlerOptions {
  readonly core: Core;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly authorize: Authorize;
  readonly faults: FaultScript;
  readonly log: RequestLog;
  readonly virtual: Virtual;
  readonly protobuf: Protobuf;
  readonly watches: Watches;
  readonly kubelets: KubeletGateway;
  /** Undefined: metrics.k8s.io is unknown. */
  readonly metrics: MetricsApi | undefined;
}

/** What the log and the faults know a request by. */
interface Subject {
  verb: Verb;
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
}

/** Open to everybody, as on a real apiserver (system:public-info-viewer). */
const publicPaths = new Set(['/healthz', '/livez', '/readyz', '/version']);

export class Handler {
  readonly #options: HandlerOptions;
  readonly #router: Router;
  readonly #discovery: Discovery;
  readonly #resources: Resources;
  #inFlight = 0;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#router = new Router(options.core.definitions);
    this.#discovery = new Discovery(options.core.definitions, options.metrics === undefined ? [] : metricsResources);
    this.#resources = new Resources(options.core, () => options.clock.now(), options.protobuf);
  }

  /**
   * Requests that wait for the server. A watch, a log or a session with a pod counts until it has begun; a request that a
   * fault delays, only afterwards.
   */
  get inFlight(): number {
    return this.#inFlight;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#begin(request, response, undefined);
  }

  /** The same for a request for another protocol. One whose path knows no other is answered as any. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { response, upgrade } = upgradable(request, socket, head);
    this.#begin(request, response, upgrade);
  }

  #begin(request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined): void {
    this.#inFlight += 1;
    void this.#handle(request, response, upgrade).finally(() => {
      this.#inFlight -= 1;
    });
  }

  /** A clock that stands still until nothing is in flight must not wait for a request that waits for the clock. */
  async #delay(ms: number): Promise<void> {
    this.#inFlight -= 1;
    await this.#options.clock.sleep(ms);
    this.#inFlight += 1;
  }

  async #handle(request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | undefined): Promise<void> {
    const { url = '/' } = request;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const subject: Subject = { verb: 'path', resource: path, namespace: undefined, name: undefined };
    let user = '';
    let status = 0;
    try {
      const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
      const asked = { request, response, path, query, upgrade };
      const answer = await this.#answer(asked, subject, (name) => (user = name));
      if (answer !== undefined) {
        status = answer.code;
        send(response, answer);
      } else if (response.headersSent || response.statusCode === 101) {
        status = response.statusCode;
      }
    } catch (error) {
      const answer = answerFailure(error);
      status = answer.code;
      if (!response.destroyed) send(response, answer);
    }
    const userAgent = request.headers['user-agent'] ?? '';
    this.#options.log.add({ ...subject, status, user, userAgent, atMs: this.#options.clock.now() });
  }

  /** Undefined: the response is somebody else's by now. */
  async #answer(
    asked: Omit<Call, 'user'>,
    subject: Subject,
    named: (user: string) => void,
  ): Promise<Answer | undefined> {
    const { request, path } = asked;
    if (publicPaths.has(path)) return path === '/version' ? answerJson(serverVersion) : answerText('ok');
    const user = this.#options.authenticator.authenticate(request);
    named(user.username);
    const call: Call = { ...asked, user };
    const route = this.#router.route(path);
    switch (route.kind) {
      case 'path':
        return this.#document(call, route.path);
      case 'unknownResource':
        return this.#served(call, route, subject);
      case 'virtual': {
        Object.assign(subject, { verb: 'create', resource: route.plural, namespace: route.namespace });
        requireAccess(this.#options.authorize, user, { ...route, verb: 'create', name: undefined });
        const body = await readBody(request);
        return body && this.#options.virtual.create(call, route, body);
      }
      case 'resource':
        return this.#resource(call, route, subject);
    }
  }

  /** What is computed and not stored. */
  #served(call: Call, route: Extract<Route, { kind: 'unknownResource' }>, subject: Subject): Answer {
    const { metrics, authorize } = this.#options;
    const { group, plural, namespace, name } = route;
    if (metrics === undefined || group !== metricsGroup) throw unknownResource(group, plural);
    if (call.request.method !== 'GET') throw methodNotAllowed();
    const verb = name === undefined ? 'list' : 'get';
    Object.assign(subject, { verb, resource: `${plural}.${group}`, namespace, name });
    requireAccess(authorize, call.user, { verb, group, plural, namespace, name });
    return answerJson(metrics.document(plural, namespace, name, call.query));
  }

  async #resource(call: Call, route: ResourceRoute, subject: Subject): Promise<Answer | undefined> {
    const { definition, namespace, name, subresource } = route;
    const verb = verbOf(call.request.method ?? 'GET', route, flag(call.query, 'watch'));
    const resource = subresource === undefined ? definition.plural : `${definition.plural}/${subresource}`;
    Object.assign(subject, { verb, resource, namespace, name });
    const access: Access = { verb, group: definition.group, plural: definition.plural, subresource, namespace, name };
    requireAccess(this.#options.authorize, call.user, access);
    if (this.#options.kubelets.serves(route)) return this.#reachKubelet(call, route, subject, access);
    // A watch and a read have no body worth waiting for.
    const body = verb === 'get' || verb === 'list' || verb === 'watch' ? noBody : await readBody(call.request);
    if (body === undefined) return undefined;
    const faults = this.#options.faults.take(subject);
    if (faults.length === 0) return this.#perform(call, route, verb, body, undefined);
    const play = new FaultPlay(faults, (ms) => this.#delay(ms));
    if ((await play.before(call)) === 'ended') return undefined;
    const answer = this.#perform(call, route, verb, body, play);
    if (answer === undefined) return undefined;
    return (await play.after(call, answer)) === 'ended' ? undefined : answer;
  }

  async #reachKubelet(call: Call, route: ResourceRoute, subject: Subject, access: Access): Promise<undefined> {
    // A WebSocket is a GET, and runs commands all the same (since 1.35).
    if (createsSession.has(access.subresource ?? '')) {
      requireAccess(this.#options.authorize, call.user, { ...access, verb: 'create' });
    }
    const faults = this.#options.faults.take(subject);
    const play = new FaultPlay(faults, (ms) => this.#delay(ms));
    if ((await play.before(call)) === 'goOn') await this.#options.kubelets.serve(call, route);
  }

  #perform(
    call: Call,
    route: ResourceRoute,
    verb: Verb,
    body: Buffer,
    play: FaultPlay | undefined,
  ): Answer | undefined {
    if (verb === 'watch') {
      const negotiated = negotiate(call.request.headers.accept, watchRepresentations);
      this.#options.watches.open(call, route.definition, watchRequest(call.query, route), negotiated, play?.tap);
      return undefined;
    }
    const special = this.#options.virtual.subresource(call, route, verb, body);
    return special ?? this.#resources.answer(call, route, verb, body, play?.staleAt);
  }

  #document(call: Call, path: string): Answer {
    const { method } = call.request;
    if (method !== 'GET' && method !== 'HEAD') {
      throw methodNotAllowed();
    }
    if (path === '/openapi/v2') return answerJson(openApiV2, 200, negotiate(call.request.headers.accept).contentType);
    const { definitions } = this.#options.core;
    if (path === '/openapi/v3') return answerJson(openApiIndex(definitions));
    if (path.startsWith('/openapi/v3/')) {
      const group = openApiGroup(definitions, path.slice('/openapi/v3/'.length));
      if (group !== undefined) return answerJson(group);
    }
    const negotiated = negotiate(call.request.headers.accept, ['discovery']);
    const aggregated = negotiated.as === 'discovery';
    const document = this.#discovery.document(path, aggregated, call.request.headers.host ?? '');
    if (document === undefined)
      throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
    return answerJson(document, 200, negotiated.contentType);
  }
}

const noBody = Buffer.alloc(0);

function methodNotAllowed(): ApiFailure {
  return new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** Ways into a pod for which the right to `get` is not enough. */
const createsSession = new Set(['exec', 'attach', 'portforward']);

function unknownResource(group: string, plural: string): ApiFailure {
  const what = group === '' ? plural : `${plural}.${group}`;
  return new ApiFailure(
    404,
    'NotFound',
    `the server could not find the requested resource: the fake apiserver has no ${what} (it runs no controllers; kubectl api-resources lists what it holds)`,
    {},
  );
}
