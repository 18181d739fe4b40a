/**
 * The container groups of one resource group, through the Azure SDK. Neighbours: `cloud-errors.ts` (what refusals mean),
 * `credential.ts`, `first-answer.ts`.
 *
 * Invariants
 * 1. Every request waits its turn at the one throttle, and none is repeated here.
 * 2. An answer that lacks what it is for is an error, not "nothing".
 */
import { ContainerInstanceManagementClient, type ContainerGroup } from '@azure/arm-containerinstance';
import { systemClock, VkError, type Clock, type OperationState, type Throttle } from 'vk-sdk';
import type { CloudSettings } from '../config/aci-settings.js';
import { cloudError } from './cloud-errors.js';
import type { ContainerGroupsApi, ExecRequest, ExecSession, LogRequest } from './container-groups-api.js';
import { createCredential } from './credential.js';
import { firstAnswer } from './first-answer.js';
import { secretsOf } from './group-secrets.js';

export interface AzureContainerGroupsOptions {
  readonly throttle: Throttle;
  /** How long a request may take. Default: 60,000. */
  readonly requestTimeoutMs?: number;
  readonly clock?: Clock;
}

/** A resource group holds 800 resources of a kind unless Azure raises that; a list that goes on for longer goes in circles. */
const mostPages = 1_000;

export class AzureContainerGroups implements ContainerGroupsApi {
  readonly #client: ContainerInstanceManagementClient;
  readonly #resourceGroup: string;
  readonly #throttle: Throttle;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(settings: CloudSettings, options: AzureContainerGroupsOptions) {
    const { endpoints, userAgent } = settings;
    this.#resourceGroup = settings.resourceGroup;
    this.#throttle = options.throttle;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.requestTimeoutMs ?? 60_000;
    this.#client = new ContainerInstanceManagementClient(
      createCredential(settings.credential, endpoints),
      settings.subscriptionId,
      {
        endpoint: endpoints.resourceManager,
        credentialScopes: endpoints.tokenScope,
        // Who asks knows better whether it is worth another try, and one throttle sees every refusal.
        retryOptions: { maxRetries: 0 },
        ...(endpoints.ca !== undefined && { tlsOptions: { ca: endpoints.ca } }),
        ...(userAgent !== undefined && { userAgentOptions: { userAgentPrefix: userAgent } }),
      },
    );
  }

  async list(signal: AbortSignal): Promise<ContainerGroup[]> {
    const what = `resource group ${this.#resourceGroup}: list container groups`;
    const groups: ContainerGroup[] = [];
    let isComplete = true;
    const options = {
      ...this.#options(signal),
      // The SDK takes a page without its list for an empty one.
      onResponse: ({ parsedBody }: { parsedBody?: unknown }) => {
        isComplete &&= Array.isArray((parsedBody as { value?: unknown } | undefined)?.value);
      },
    };
    const pages = this.#client.containerGroups.listByResourceGroup(this.#resourceGroup, options).byPage();
    for (let count = 1; ; count += 1) {
      const page = await this.#run(what, () => pages.next(), signal);
      if (!isComplete) throw new VkError('Unavailable', `${what}: a page of the answer has no list`);
      if (page.done) return groups;
      if (count > mostPages) throw new VkError('Unavailable', `${what}: no end after ${mostPages} pages`);
      groups.push(...page.value.filter(isObject));
    }
  }

  async get(name: string, signal: AbortSignal): Promise<ContainerGroup | undefined> {
    const what = `container group ${name}: get`;
    const call = (): Promise<ContainerGroup> =>
      this.#client.containerGroups.get(this.#resourceGroup, name, this.#options(signal));
    return this.#orUndefined(this.#run(what, call, signal));
  }

  async beginCreate(name: string, group: ContainerGroup, signal: AbortSignal): Promise<void> {
    const call = (): Promise<unknown> =>
      firstAnswer((options) =>
        this.#client.containerGroups.beginCreateOrUpdate(this.#resourceGroup, name, group, {
          ...options,
          requestOptions: { timeout: this.#timeoutMs },
        }),
      );
    await this.#run(`container group ${name}: create`, call, signal, secretsOf(group));
  }

  async beginDelete(name: string, signal: AbortSignal): Promise<OperationState<void>> {
    const what = `container group ${name}: delete`;
    const state = await this.#orUndefined(this.#run(what, () => this.#deletion(name, {}), signal));
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
    const { containerGroups } = this.#client;
    const timeout = { requestOptions: { timeout: this.#timeoutMs } };
    const poller = await containerGroups.beginDelete(this.#resourceGroup, name, { ...options, ...timeout });
    return poller.isDone() ? { done: true, value: undefined } : { done: false, token: poller.toString() };
  }

  async logs(name: string, container: string, { tail }: LogRequest, signal: AbortSignal): Promise<string> {
    const { content } = await this.#run(
      `container group ${name}: logs of ${container}`,
      () =>
        this.#client.containers.listLogs(this.#resourceGroup, name, container, {
          ...this.#options(signal),
          timestamps: true,
          ...(tail !== undefined && { tail }),
        }),
      signal,
    );
    return content ?? '';
  }

  async exec(name: string, container: string, request: ExecRequest, signal: AbortSignal): Promise<ExecSession> {
    const what = `container group ${name}: exec in ${container}`;
    const { webSocketUri: uri, password } = await this.#run(
      what,
      () =>
        this.#client.containers.executeCommand(this.#resourceGroup, name, container, request, this.#options(signal)),
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

  #options(signal: AbortSignal): { abortSignal: AbortSignal; requestOptions: { timeout: number } } {
    return { abortSignal: signal, requestOptions: { timeout: this.#timeoutMs } };
  }

  #run<T>(what: string, call: () => Promise<T>, signal: AbortSignal, secrets?: readonly string[]): Promise<T> {
    return this.#throttle.run(async () => {
      try {
        return await call();
      } catch (error) {
        signal.throwIfAborted();
        throw cloudError(what, error, this.#clock.now(), secrets);
      }
    }, signal);
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

function isObject(value: unknown): value is ContainerGroup {
  return typeof value === 'object' && value !== null;
}
