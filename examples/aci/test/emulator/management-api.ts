/** The management API: one route of a request that has been let in, to the answer. What it acts upon is `cloud/`. */
import { ArmError, type Answer } from './http/answer.js';
import { type ArmRequest, jsonBody } from './http/arm-request.js';
import type { Route } from './http/route.js';
import type { Accepted, ContainerGroups } from './cloud/container-groups.js';
import type { Group } from './cloud/group.js';
import { isDone } from './cloud/operation-list.js';
import { viewOf } from './cloud/view.js';
import type { ExecSessions } from './exec-sessions.js';
import type { EmulatorSettings } from './options.js';
import type { ContainerLife } from './run/container-life.js';
import type { CommandSession } from './run/machine.js';

const provider = 'providers/Microsoft.ContainerInstance';

export class ManagementApi {
  readonly #settings: EmulatorSettings;
  readonly #groups: ContainerGroups;
  readonly #sessions: ExecSessions;
  readonly #endpoint: () => string;

  constructor(settings: EmulatorSettings, groups: ContainerGroups, sessions: ExecSessions, endpoint: () => string) {
    this.#settings = settings;
    this.#groups = groups;
    this.#sessions = sessions;
    this.#endpoint = endpoint;
  }

  async answer(route: Route, request: ArmRequest): Promise<Answer> {
    this.#checkScope(route, request);
    const { name = '' } = route;
    switch (route.operation) {
      case 'create': {
        const accepted = await this.#groups.put(name, jsonBody(request));
        return this.#accepted(accepted, accepted.created ? 201 : 200, 'status', true);
      }
      case 'update':
        return { status: 200, body: this.#view(this.#groups.patch(name, jsonBody(request)), false) };
      case 'get':
        return { status: 200, body: this.#view(this.#groups.get(name), true) };
      case 'list':
        return this.#list(route, request);
      case 'delete':
        return this.#delete(name);
      case 'start':
        return this.#accepted(this.#groups.start(name), 202, 'location', false);
      case 'restart':
        return this.#accepted(this.#groups.restart(name), 204, 'location', false);
      case 'stop':
        await this.#groups.stop(name);
        return { status: 204 };
      case 'poll':
        return this.#poll(route, request);
      case 'logs':
        return this.#logs(route, request);
      case 'exec':
      case 'attach':
        return this.#join(route.operation, route, request);
      case 'usages':
        return { status: 200, body: { value: this.#usages() } };
      case 'capabilities':
        return { status: 200, body: { value: this.#capabilities(route.location ?? '') } };
      case 'cachedImages':
        return { status: 200, body: { value: [] } };
      case 'metadata':
      case 'token':
        throw new ArmError(404, 'NotFound', 'The identity service answers this.');
    }
  }

  #checkScope(route: Route, request: ArmRequest): void {
    const { subscriptionId, resourceGroup } = this.#settings.credentials;
    if (!request.url.searchParams.get('api-version'))
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    if (route.subscription?.toLowerCase() !== subscriptionId.toLowerCase())
      throw new ArmError(
        404,
        'SubscriptionNotFound',
        `The subscription '${String(route.subscription)}' could not be found.`,
      );
    if (route.resourceGroup !== undefined && route.resourceGroup.toLowerCase() !== resourceGroup.toLowerCase())
      throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${route.resourceGroup}' could not be found.`);
  }

  #list(route: Route, request: ArmRequest): Answer {
    const { page, next } = this.#groups.list(request.url.searchParams.get('$skiptoken') ?? '');
    const scope = route.resourceGroup === undefined ? '' : `/resourceGroups/${route.resourceGroup}`;
    const query = new URLSearchParams({ 'api-version': request.url.searchParams.get('api-version') ?? '' });
    if (next !== undefined) query.set('$skiptoken', next);
    const path = `/subscriptions/${this.#settings.credentials.subscriptionId}${scope}/${provider}/containerGroups`;
    return {
      status: 200,
      body: {
        value: page.map((group) => this.#view(group, false)),
        ...(next !== undefined && { nextLink: `${this.#endpoint()}${path}?${query.toString()}` }),
      },
    };
  }

  async #delete(name: string): Promise<Answer> {
    const accepted = this.#groups.delete(name);
    if (accepted === undefined) return { status: 204 };
    if (this.#settings.deletion === 'operation') return this.#accepted(accepted, 202, 'status', true);
    const body = this.#view(accepted.group, true);
    await this.#groups.settled(accepted.operation);
    return { status: 200, body };
  }

  /** An operation that goes on, with where to ask for it: in its status, or by the status code of an address. */
  #accepted(accepted: Accepted, status: number, polling: 'status' | 'location', withBody: boolean): Answer {
    const { group, operation } = accepted;
    const address =
      `${this.#endpoint()}/subscriptions/${this.#settings.credentials.subscriptionId}/${provider}` +
      `/locations/${group.spec.location}/operations/${operation.id}?api-version=2018-06-01`;
    const { pollAfterSeconds } = this.#settings;
    return {
      status,
      headers: {
        ...(polling === 'status' ? { 'Azure-AsyncOperation': address } : { Location: `${address}&result=true` }),
        ...(pollAfterSeconds > 0 && { 'Retry-After': String(pollAfterSeconds) }),
        'x-ms-request-id': `${group.spec.location}:${operation.id}`,
      },
      ...(withBody && { body: this.#view(group, true) }),
    };
  }

  #poll(route: Route, request: ArmRequest): Answer {
    const operation = this.#groups.operations.get(route.operationId ?? '');
    if (operation === undefined)
      throw new ArmError(404, 'ResourceNotFound', `The operation '${String(route.operationId)}' was not found.`);
    const { pollAfterSeconds } = this.#settings;
    const running = !isDone(operation);
    const headers: Record<string, string> =
      running && pollAfterSeconds > 0 ? { 'Retry-After': String(pollAfterSeconds) } : {};
    if (request.url.searchParams.has('result')) return { status: running ? 202 : 200, headers };
    return {
      status: 200,
      headers,
      body: {
        id: request.url.pathname,
        status: operation.status,
        startTime: new Date(operation.startedMs).toISOString(),
        properties: { events: [] },
        ...(operation.error && { error: operation.error }),
      },
    };
  }

  #logs(route: Route, request: ArmRequest): Answer {
    const life = this.#container(route);
    const tail = request.url.searchParams.get('tail');
    const timestamps = request.url.searchParams.get('timestamps') === 'true';
    if (tail !== null && !/^\d{1,9}$/.test(tail))
      throw new ArmError(400, 'InvalidRequestParameter', `The value '${tail}' of the parameter 'tail' is invalid.`);
    const content = life.log.read({ timestamps, ...(tail !== null && { tail: Number(tail) }) });
    return { status: 200, body: { content } };
  }

  #join(kind: 'exec' | 'attach', route: Route, request: ArmRequest): Answer {
    const life = this.#container(route);
    const { machine } = this.#groups.get(route.name ?? '');
    if (life.state.state !== 'Running' || machine === undefined)
      throw new ArmError(409, 'ContainerNotRunning', `The container '${life.spec.name}' is not running.`);
    if (kind === 'attach') return this.#offer(kind, ({ output }) => attach(life, output));
    const { command, terminalSize } = jsonBody(request);
    if (typeof command !== 'string' || command === '')
      throw new ArmError(400, 'InvalidCommand', "The 'command' of the request is missing.");
    const { rows, cols } = (terminalSize ?? {}) as { readonly rows?: unknown; readonly cols?: unknown };
    const terminal = typeof rows === 'number' && typeof cols === 'number' ? { rows, cols } : undefined;
    return this.#offer(kind, (ends) => machine.exec({ container: life.spec, command, terminal }, ends));
  }

  #offer(kind: 'exec' | 'attach', begin: Parameters<ExecSessions['offer']>[2]): Answer {
    return { status: 200, body: this.#sessions.offer(kind, this.#endpoint(), begin) };
  }

  #container(route: Route): ContainerLife {
    const group = this.#groups.get(route.name ?? '');
    const life = group.container(route.container ?? '');
    if (life) return life;
    throw new ArmError(
      404,
      'ContainerNotFound',
      `The container '${String(route.container)}' was not found in container group '${group.name}'.`,
    );
  }

  #view(group: Group, withInstanceView: boolean): Record<string, unknown> {
    const { subscriptionId, resourceGroup } = this.#settings.credentials;
    const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/${provider}/containerGroups/${group.name}`;
    return viewOf(group, id, withInstanceView);
  }

  #usages(): unknown[] {
    const { quota } = this.#settings;
    const usage = (name: string, currentValue: number, limit: number): unknown => ({
      unit: 'Count',
      currentValue,
      limit,
      name: { value: name, localizedValue: name },
    });
    return [
      usage('ContainerGroups', this.#groups.groups.size, quota.groups ?? 5_000),
      usage('StandardCores', this.#groups.coresInUse, quota.cores ?? 10_000),
    ];
  }

  #capabilities(location: string): unknown[] {
    const { cores, memoryInGB } = this.#settings.largestGroup;
    return ['Public', 'Private'].map((ipAddressType) => ({
      resourceType: 'containerGroups',
      osType: 'Linux',
      location,
      ipAddressType,
      gpu: 'None',
      capabilities: { maxMemoryInGB: memoryInGB, maxCpu: cores, maxGpuCount: 0 },
    }));
  }
}

/** What the container writes from now on. Input goes nowhere: the service attaches to output only. */
function attach(life: ContainerLife, output: (data: Buffer) => void): CommandSession {
  const unfollow = life.log.follow((text) => output(Buffer.from(text)));
  return { write: () => undefined, close: unfollow };
}
