/**
 * The container groups of one resource group, through the Azure SDK. Neighbours: `cloud-errors.ts` (what refusals mean),
 * `credential.ts`, `first-answer.ts`, `time-limit.ts`.
 *
 * Invariants
 * 1. Every request waits its turn at the throttle of its class, and none is repeated here.
 * 2. An answer that lacks what it is for is an error, not "nothing": a proxy's page is no group, and no end of one.
 * 3. Every request ends within a time limit, and so does the wait for the token that it needs.
 */
import { ContainerInstanceManagementClient, type ContainerGroup } from '@azure/arm-containerinstance';
import { systemClock, VkError, type Clock, type OperationState } from 'vk-sdk';
import type { CloudSettings } from '../config/aci-settings.js';
import { cloudError } from './cloud-errors.js';
import type { CloudThrottles, RequestClass } from './cloud-throttles.js';
import type { ContainerGroupsApi, ExecRequest, ExecSession, LogRequest } from './container-groups-api.js';
import { createCredential } from './credential.js';
import { firstAnswer } from './first-answer.js';
import { onlyAt } from './own-host.js';
import { secretsOf } from './group-secrets.js';
import { timeLimit } from './time-limit.js';

export interface AzureContainerGroupsOptions {
  readonly throttles: CloudThrottles;
  readonly clock?: Clock;
}

/** A resource group holds 800 resources of a kind unless Azure raises that; a list that goes on for longer makes no sense. */
const mostPages = 1_000;
const mostGroups = 50_000;
const requestTimeoutMs = 60_000;
/** An identity that is not let in is not asked for tokens more often than this. */
const tokenPatienceMs = 60_000;

export class AzureContainerGroups implements ContainerGroupsApi {
  readonly #settings: CloudSettings;
  #client: ContainerInstanceManagementClient;
  #connectedAt: number;
  readonly #resourceGroup: string;
  readonly #throttles: CloudThrottles;
  readonly #clock: Clock;

  constructor(settings: CloudSettings, options: AzureContainerGroupsOptions) {
    this.#settings = settings;
    this.#resourceGroup = settings.resourceGroup;
    this.#throttles = options.throttles;
    this.#clock = options.clock ?? systemClock;
    this.#client = createClient(settings, this.#clock);
    this.#connectedAt = this.#clock.now();
  }

  async list(signal: AbortSignal): Promise<ContainerGroup[]> {
    const what = `resource group ${this.#resourceGroup}: list container groups`;
    const groups: ContainerGroup[] = [];
    const links = new Set<unknown>();
    let isComplete = true;
    let isCircle = false;
    const options = {
      abortSignal: signal,
      // The SDK takes a page without its list for an empty one, and follows whatever link there is.
      onResponse: ({ parsedBody }: { parsedBody?: unknown }) => {
        const { value, nextLink } = (parsedBody ?? {}) as Readonly<Record<string, unknown>>;
        isComplete &&= Array.isArray(value);
        isCircle ||= links.has(nextLink);
        links.add(nextLink);
      },
    };
    const pages = this.#client.containerGroups.listByResourceGroup(this.#resourceGroup, options).byPage();
    for (let count = 1; ; count += 1) {
      const page = await this.#run(what, () => pages.next(), signal);
      if (!isComplete) throw new VkError('Unavailable', `${what}: a page of the answer has no list`);
      if (page.done) return groups;
      groups.push(...page.value.filter(isObject));
      if (isCircle || count >= mostPages || groups.length > mostGroups) {
        throw new VkError('Unavailable', `${what}: no end after ${count} pages`);
      }
    }
  }

  async get(name: string, signal: AbortSignal): Promise<ContainerGroup | undefined> {
    const what = `container group ${name}: get`;
    const call = (): Promise<ContainerGroup> =>
      this.#client.containerGroups.get(this.#resourceGroup, name, { abortSignal: signal });
    const group = await this.#orUndefined(this.#run(what, call, signal));
    if (group !== undefined && !isNamed(group, name)) throw noSense(what);
    return group;
  }

  async beginCreate(name: string, group: ContainerGroup, signal: AbortSignal): Promise<void> {
    const what = `container group ${name}: create`;
    const call = () =>
      firstAnswer((options) =>
        this.#client.containerGroups.beginCreateOrUpdate(this.#resourceGroup, name, group, options),
      );
    const answer = await this.#run(what, call, signal, { of: 'creates', secrets: secretsOf(group) });
    if (!isNamed(answer.parsedBody, name)) throw noSense(what);
  }

  async beginDelete(name: string, signal: AbortSignal): Promise<OperationState<void>> {
    const what = `container group ${name}: delete`;
    const call = (): Promise<OperationState<void>> => this.#deletion(name, {});
    const state = await this.#orUndefined(this.#run(what, call, signal, { of: 'deletes' }));
    return state ?? { done: true, value: undefined };
  }

  /** The SDK takes up an operation by a token of its own, and asks about it once. */
  async pollDelete(name: string, token: string, signal: AbortSignal): Promise<OperationState<void>> {
    const what = `container group ${name}: deletion`;
    const call = (): Promise<OperationState<void>> => this.#deletion(name, { abortSignal: signal, resumeFrom: token });
    const state = await this.#orUndefined(this.#run(what, call, signal));
    return state ?? { done: true, value: undefined };
  }

  async #deletion(
    name: string,
    options: { readonly abortSignal?: AbortSignal; readonly resumeFrom?: string },
  ): Promise<OperationState<void>> {
    const poller = await this.#client.containerGroups.beginDelete(this.#resourceGroup, name, options);
    return poller.isDone() ? { done: true, value: undefined } : { done: false, token: poller.toString() };
  }

  async logs(name: string, container: string, { tail }: LogRequest, signal: AbortSignal): Promise<string> {
    const what = `container group ${name}: logs of ${container}`;
    const answer = await this.#run(
      what,
      () =>
        this.#client.containers.listLogs(this.#resourceGroup, name, container, {
          abortSignal: signal,
          timestamps: true,
          ...(tail !== undefined && { tail }),
        }),
      signal,
    );
    // Of a container that has written nothing it is null.
    const content: unknown = 'content' in answer ? (answer.content ?? '') : undefined;
    if (typeof content !== 'string') throw noSense(what);
    return content;
  }

  async exec(name: string, container: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const what = `container group ${name}: exec in ${container}`;
    const { webSocketUri: uri, password } = await this.#run(
      what,
      () =>
        this.#client.containers.executeCommand(this.#resourceGroup, name, container, request, { abortSignal: signal }),
      signal,
    );
    if (!uri || !password) throw new VkError('Unavailable', `${what}: the answer names no session`);
    if (!URL.canParse(uri) || new URL(uri).protocol !== 'wss:') {
      throw new VkError(
        'Unavailable',
        `${what}: the session is not at a wss:// address, and its password would be seen`,
      );
    }
    return { uri, password };
  }

  #run<T>(
    what: string,
    call: () => Promise<T>,
    signal: AbortSignal,
    { of = 'reads', secrets }: { readonly of?: RequestClass; readonly secrets?: readonly string[] } = {},
  ): Promise<T> {
    return this.#throttles[of].run(async () => {
      try {
        return await call();
      } catch (error) {
        signal.throwIfAborted();
        const failure = cloudError(what, error, this.#clock.now(), secrets);
        if (failure.code === 'Unauthorized') this.#forgetToken();
        throw failure;
      }
    }, signal);
  }

  /**
   * The credential keeps a token until it ends by the machine's clock, which may be wrong, and a token can be revoked. One that
   * is made anew asks for another.
   */
  #forgetToken(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#connectedAt) < tokenPatienceMs) return;
    this.#connectedAt = now;
    this.#client = createClient(this.#settings, this.#clock);
  }

  async #orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof VkError && error.code === 'NotFound') return undefined;
      throw error;
    }
  }
}

/** Asks for nothing yet. */
function createClient(settings: CloudSettings, clock: Clock): ContainerInstanceManagementClient {
  const { credential, endpoints, subscriptionId, userAgent } = settings;
  return new ContainerInstanceManagementClient(createCredential(credential, endpoints, clock), subscriptionId, {
    endpoint: endpoints.resourceManager,
    credentialScopes: endpoints.tokenScope,
    // Who asks knows better whether it is worth another try, and the throttles see every refusal.
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [onlyAt(endpoints.resourceManager), timeLimit(requestTimeoutMs, clock)],
    ...(endpoints.ca !== undefined && { tlsOptions: { ca: endpoints.ca } }),
    ...(userAgent !== undefined && { userAgentOptions: { userAgentPrefix: userAgent } }),
  });
}

function isObject(value: unknown): value is ContainerGroup {
  return typeof value === 'object' && value !== null;
}

/** Whether it is the group that was asked for. The SDK makes an object of whatever it was answered. */
function isNamed(value: unknown, wanted: string): boolean {
  const { id, name } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const told = [name, typeof id === 'string' ? id.split('/').at(-1) : undefined];
  // Azure compares names without regard to case.
  return told.some((each) => typeof each === 'string' && each.toLowerCase() === wanted.toLowerCase());
}

function noSense(what: string): VkError {
  return new VkError('Unavailable', `${what}: the answer makes no sense`);
}
