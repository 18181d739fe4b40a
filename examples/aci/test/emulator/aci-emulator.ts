/**
 * Azure Container Instances, and as much of Azure Resource Manager and the identity service as its SDK needs, in this
 * process. Neighbours: `http/` reads requests and routes them, `identity/` gives tokens, `management-api.ts` answers,
 * `cloud/` holds the groups, `run/` their containers, `faults.ts` says what goes wrong. `README.md` lists what it is not.
 *
 * 1. Nothing is listened on before `start`, and after `close` no socket, timer, process or file is left.
 * 2. A request is counted when it arrives, then meets its faults, then the checks of its token and scope, then the limits.
 * 3. Every delay that a client can notice is the injected clock's.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ContainerGroups } from './cloud/container-groups.js';
import type { Group } from './cloud/group.js';
import { ExecSessions } from './exec-sessions.js';
import { type Fault, Faults } from './faults.js';
import { type Answer, ArmError } from './http/answer.js';
import { type ArmRequest, readRequest } from './http/arm-request.js';
import { HttpsServer } from './http/https-server.js';
import { RequestLog } from './http/request-log.js';
import { RequestLimits } from './http/request-limits.js';
import { type Operation, type Route, routeOf } from './http/route.js';
import { stripFields } from './http/strip-fields.js';
import { identityHeader, issueToken, openIdMetadata } from './identity/identity-service.js';
import { Tokens } from './identity/tokens.js';
import { ManagementApi } from './management-api.js';
import {
  type AciEmulatorOptions,
  draw,
  type EmulatorCredentials,
  type EmulatorSettings,
  resolveOptions,
} from './options.js';
import { PretendMachine } from './run/pretend-machine.js';
import { ProcessMachines } from './run/processes/process-machines.js';

/**
 * ```ts
 * await using cloud = new AciEmulator();
 * await cloud.start();
 * ```
 */
export class AciEmulator implements AsyncDisposable {
  readonly credentials: EmulatorCredentials;
  /** What was asked of it. */
  readonly requests = new RequestLog();
  /** What goes wrong on purpose. */
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly #settings: EmulatorSettings;
  readonly #machines: ProcessMachines;
  readonly #cloud: ContainerGroups;
  readonly #sessions: ExecSessions;
  readonly #limits: RequestLimits;
  readonly #api: ManagementApi;
  readonly #server: HttpsServer;
  #endpoint: string | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: AciEmulatorOptions = {}) {
    const settings = resolveOptions(options);
    const { clock, images } = settings;
    this.#settings = settings;
    this.credentials = settings.credentials;
    this.tokens = new Tokens(clock, settings.tokenLifeMs);
    this.#machines = new ProcessMachines(settings.execCommand);
    this.#cloud = new ContainerGroups(settings, async (name, group) =>
      settings.run === 'processes' ? this.#machines.create(name, group) : new PretendMachine(clock, images),
    );
    this.#sessions = new ExecSessions(clock);
    this.#limits = new RequestLimits(clock, settings.limits);
    this.#api = new ManagementApi(settings, this.#cloud, this.#sessions, () => this.endpoint);
    this.faults = new Faults({
      vanish: (name) => this.#cloud.vanish(name),
      stick: (name) => this.#cloud.sticking.stick(name),
      release: (name) => this.#cloud.sticking.release(name),
    });
    // The certificate is for clients of this machine, whose clocks are real.
    this.#server = new HttpsServer(Date.now(), {
      request: (request, response) => void this.#serve(request, response),
      upgrade: (request, socket, head) => this.#sessions.upgrade(request, socket, head),
    });
  }

  /** `https://127.0.0.1:PORT`: the management API, and the authority host of the identity service. */
  get endpoint(): string {
    if (this.#endpoint === undefined) throw new Error('the emulated cloud has not been started: call start() first');
    return this.#endpoint;
  }

  /** PEM of the authority to trust. */
  get ca(): string {
    return this.#server.ca;
  }

  /** What the cloud has, by name in lower case. */
  get groups(): ReadonlyMap<string, Group> {
    return this.#cloud.groups;
  }

  /** For a client with a managed identity, as App Service gives it. */
  get managedIdentityEnvironment(): { readonly IDENTITY_ENDPOINT: string; readonly IDENTITY_HEADER: string } {
    return { IDENTITY_ENDPOINT: `${this.endpoint}/msi/token`, IDENTITY_HEADER: identityHeader };
  }

  async start(): Promise<void> {
    const port = await this.#server.listen(this.#settings.port);
    this.#endpoint = `https://127.0.0.1:${port}`;
  }

  /** Resolves once such a request has arrived, at once if one has; with `answered` once one has been answered. */
  seen(operation: Operation, name?: string, options?: { readonly answered?: boolean }): Promise<void> {
    return this.requests.seen(operation, name, options);
  }

  /** Ends every connection and container. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#sessions.close();
    await this.#server.close();
    await this.#cloud.close();
    await this.#machines.close();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await readRequest(incoming);
      const route = routeOf(request.method, request.url.pathname);
      if (route === undefined)
        return send(response, new ArmError(404, 'InvalidResourceType', 'The resource type could not be found.').answer);
      const answered = this.requests.arrived(route, this.#settings.clock.now());
      const faults = this.faults.take(route);
      const answer = await this.#withFaults(route, request, faults, response);
      if (answer === undefined) return;
      answered(answer.status);
      send(response, answer, faults);
    } catch (error) {
      if (error instanceof ArmError) send(response, error.answer);
      else if (!response.headersSent && !response.destroyed)
        send(response, new ArmError(500, 'InternalServerError', String(error)).answer);
    }
  }

  /** Undefined: the request gets no answer. */
  async #withFaults(
    route: Route,
    request: ArmRequest,
    faults: readonly Fault[],
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    const { clock } = this.#settings;
    const refused = await this.#play('before', faults, response);
    if (refused !== 'go on') return refused;
    let answer = await this.#answer(route, request);
    for (const fault of faults) if ('delayMs' in fault) await clock.sleep(fault.delayMs);
    const lost = await this.#play('after', faults, response);
    if (lost !== 'go on') return lost;
    const filters = [...this.faults.fields, ...faults.flatMap((fault) => ('strip' in fault ? [fault.strip] : []))];
    if (filters.length > 0 && answer.status < 300 && typeof answer.body === 'object' && answer.body !== null) {
      const body = structuredClone(answer.body) as Record<string, unknown>;
      const bodies = Array.isArray(body['value']) ? (body['value'] as Record<string, unknown>[]) : [body];
      for (const each of bodies) for (const filter of filters) stripFields(each, filter);
      answer = { ...answer, body };
    }
    return answer;
  }

  async #play(
    when: 'before' | 'after',
    faults: readonly Fault[],
    response: ServerResponse,
  ): Promise<Answer | undefined | 'go on'> {
    for (const fault of faults) {
      if ('until' in fault && (fault.when ?? 'before') === when) {
        fault.arrived?.();
        await fault.until;
      }
      if ('hang' in fault && fault.hang === when) return undefined;
      if ('reset' in fault && fault.reset === when) {
        response.socket?.destroy();
        return undefined;
      }
      if ('status' in fault && (fault.when ?? 'before') === when) return faultAnswer(fault);
    }
    return 'go on';
  }

  async #answer(route: Route, request: ArmRequest): Promise<Answer> {
    try {
      if (route.operation === 'metadata') return openIdMetadata(this.endpoint, request);
      if (route.operation === 'token') return issueToken(this.tokens, this.credentials, request);
      this.tokens.check(request.headers.authorization);
      const headers = this.#limits.admit(route.operation);
      const latencyMs = draw(this.#settings.latencies.answer);
      if (latencyMs > 0) await this.#settings.clock.sleep(latencyMs);
      const answer = await this.#api.answer(route, request);
      return { ...answer, headers: { ...headers, ...answer.headers } };
    } catch (error) {
      if (error instanceof ArmError) return error.answer;
      throw error;
    }
  }
}

function faultAnswer(fault: Extract<Fault, { readonly status: number }>): Answer {
  const known: Readonly<Record<number, string>> = {
    409: 'Conflict',
    429: 'TooManyRequests',
    500: 'InternalServerError',
    503: 'ServiceUnavailable',
    504: 'GatewayTimeout',
  };
  const code = fault.code ?? known[fault.status] ?? 'BadRequest';
  const { retryAfterSeconds } = fault;
  return new ArmError(
    fault.status,
    code,
    fault.message ?? `The request was made to fail with ${code}.`,
    retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
  ).answer;
}

function send(response: ServerResponse, answer: Answer, faults: readonly Fault[] = []): void {
  const text = faults.find((fault) => 'text' in fault);
  const body = text?.text ?? (answer.body === undefined ? '' : JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    ...(body !== '' && { 'Content-Type': text?.contentType ?? 'application/json; charset=utf-8' }),
    ...(answer.status !== 204 && { 'Content-Length': Buffer.byteLength(body) }),
    'Cache-Control': 'no-cache',
    'x-ms-request-id': randomUUID(),
    ...answer.headers,
  });
  if (faults.some((fault) => 'stall' in fault)) response.write(body.slice(0, body.length / 2));
  else response.end(answer.status === 204 ? undefined : body);
}
