/**
 * What the SDK asks of an apiserver. `KubeClient` is the implementation; everything above takes this interface.
 */
import type { Readable } from 'node:stream';
import type { Resource } from './resources.js';
import type { KubeList, KubeObject, Status } from './types.js';

/** Where an object is. `namespace` is left out for what has none. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface CallOptions {
  /** Ends the call. An aborted signal means nothing is sent. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole call may take, retries included. Default: the client's `deadlineMs`. */
  readonly deadlineMs?: number | undefined;
}

export interface ListOptions extends CallOptions {
  /** Left out: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact' | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface WriteOptions extends CallOptions {
  readonly subresource?: string | undefined;
  readonly fieldManager?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchOptions extends WriteOptions {
  /** For `apply`: take fields over from other managers. */
  readonly force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  readonly gracePeriodSeconds?: number | undefined;
  /** The delete is a Conflict unless the object has this uid. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
}

/** Any request, for what has no method of its own. */
export interface RawRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  /** Path below the server's address, beginning with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A string or bytes as they are; anything else as JSON. */
  readonly body?: unknown;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end or destroyed. */
  readonly body: Readable;
}

/**
 * Calls reject with an `ApiError` (its `code` by HTTP status, `status` the server's Status), or with a `VkError` of code
 * `Unavailable`, `Timeout` or `Aborted` where no answer came. Objects are plain JSON and belong to the caller.
 * Any number of calls may run at the same time.
 */
export interface KubeApi {
  get<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    options?: CallOptions & { readonly subresource?: string },
  ): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<KubeList<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** PUT. Fields left out are removed. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    at: ObjectName,
    type: PatchType,
    patch: unknown,
    options?: PatchOptions,
  ): Promise<T>;
  /** Answers the object if it goes on existing for a while (grace, finalizers), else a Status. */
  delete<T extends KubeObject>(resource: Resource<T>, at: ObjectName, options?: DeleteOptions): Promise<T | Status>;
  /** Sends anything, answers decoded JSON. */
  request<T>(request: RawRequest): Promise<T>;
  /** Sends anything, answers the body as it comes (watches, logs). No deadline applies once headers have arrived. */
  stream(request: RawRequest): Promise<RawResponse>;
}
