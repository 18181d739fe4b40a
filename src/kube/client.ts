/**
 * A client for one cluster: raw JSON over pooled connections. Neighbours: `requester.ts` (sends, retries, ends),
 * `connection.ts` (where to and as whom), `api.ts` (the interface that everything above takes).
 */
import { VkError } from '../runtime/errors.js';
import type {
  CallOptions,
  DeleteOptions,
  KubeApi,
  ListOptions,
  ObjectName,
  PatchOptions,
  PatchType,
  RawRequest,
  RawResponse,
  WriteOptions,
} from './api.js';
import { resolveKubeClientOptions, type KubeClientOptions } from './client-options.js';
import type { ClusterConnection } from './connection.js';
import { Requester, type Call } from './http/requester.js';
import type { Resource } from './resources.js';
import type { KubeList, KubeObject, Status } from './types.js';
import { collectionPath, objectPath, subjectOf, withQuery } from './http/url.js';

const contentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // YAML of which JSON is a subset: apiservers before 1.35 or so know no JSON type for apply.
  apply: 'application/apply-patch+yaml',
};

/**
 * ```ts
 * await using client = new KubeClient(staticConnection('https://127.0.0.1:6443', { ca, token }));
 * const pod = await client.get(pods, { namespace: 'default', name: 'web' });
 * ```
 *
 * The constructor opens nothing. Calls may run at the same time in any number; `connections` bounds the sockets.
 */
export class KubeClient implements KubeApi, AsyncDisposable {
  readonly connection: ClusterConnection;
  readonly #requester: Requester;

  constructor(connection: ClusterConnection, options: KubeClientOptions = {}) {
    this.connection = connection;
    this.#requester = new Requester(connection, resolveKubeClientOptions(options));
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    options: CallOptions & { readonly subresource?: string } = {},
  ): Promise<T> {
    const path = objectPath(resource, at, options.subresource);
    return this.#json<T>({ method: 'GET', path, subject: subjectOf(resource, at) }, options);
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const { namespace, signal, deadlineMs, ...query } = options;
    const path = withQuery(collectionPath(resource, namespace, false), query);
    return this.#json<KubeList<T>>(
      { method: 'GET', path, subject: subjectOf(resource, { namespace }) },
      { signal, deadlineMs },
    );
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name, generateName } = object.metadata;
    const subject = subjectOf(resource, { namespace, name: name ?? `${generateName ?? ''}*` });
    const collection =
      options.subresource === undefined
        ? collectionPath(resource, namespace, true)
        : objectPath(resource, { namespace, name: name ?? '' }, options.subresource);
    return this.#write<T>('POST', subject, collection, object, options);
  }

  async replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const at = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
    return this.#write<T>(
      'PUT',
      subjectOf(resource, at),
      objectPath(resource, at, options.subresource),
      object,
      options,
    );
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    type: PatchType,
    patch: unknown,
    options: PatchOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, at, options.subresource);
    return this.#write<T>('PATCH', subjectOf(resource, at), path, patch, options, contentTypes[type]);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    options: DeleteOptions = {},
  ): Promise<T | Status> {
    const { gracePeriodSeconds, propagationPolicy, uid, resourceVersion } = options;
    const conditional = uid !== undefined || resourceVersion !== undefined;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds,
      propagationPolicy,
      preconditions: conditional ? { uid, resourceVersion } : undefined,
    };
    const call = { method: 'DELETE', path: objectPath(resource, at), subject: subjectOf(resource, at) } as const;
    return this.#json<T | Status>({ ...call, ...jsonBody(body) }, options);
  }

  async request<T>(request: RawRequest): Promise<T> {
    const { signal, deadlineMs } = request;
    return (await this.#requester.call({ ...callOf(request), signal, deadlineMs })) as T;
  }

  async stream(request: RawRequest): Promise<RawResponse> {
    return this.#requester.stream({ ...callOf(request), signal: request.signal, deadlineMs: request.deadlineMs });
  }

  /**
   * Ends what is under way, streams included, with `Aborted`, and closes every socket. Later calls are `Aborted` as well.
   * Idempotent.
   */
  close(): Promise<void> {
    return this.#requester.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write<T>(
    method: 'POST' | 'PUT' | 'PATCH',
    subject: string,
    path: string,
    body: unknown,
    options: PatchOptions,
    contentType?: string,
  ): Promise<T> {
    const { fieldManager, force, dryRun } = options;
    const query = { fieldManager, force, dryRun: dryRun ? 'All' : undefined };
    return this.#json<T>({ method, path: withQuery(path, query), subject, ...jsonBody(body, contentType) }, options);
  }

  /** An object: an answer without one is as good as none. */
  async #json<T>(call: Call, { signal, deadlineMs }: CallOptions): Promise<T> {
    const answer = await this.#requester.call({ ...call, signal, deadlineMs });
    if (answer !== undefined) return answer as T;
    throw new VkError('Unavailable', `${call.subject}: the answer is empty`, { object: call.subject });
  }
}

function jsonBody(body: unknown, contentType = 'application/json'): Pick<Call, 'body' | 'headers'> {
  return { body: JSON.stringify(body), headers: { 'content-type': contentType } };
}

function callOf({ method, path, query, headers, body }: RawRequest): Call {
  const subject = `${method} ${path}`;
  if (!path.startsWith('/')) throw new VkError('InvalidInput', `${subject}: the path must begin with a slash`);
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const own: Pick<Call, 'body' | 'headers'> = raw ? { body } : jsonBody(body);
  return { method, path: withQuery(path, query), subject, ...own, headers: { ...own.headers, ...lowerCased(headers) } };
}

/** Names of headers have no case, names of properties do: a caller's `Accept` is to replace `accept`. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
