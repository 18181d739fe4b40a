/**
 * The line between the fake apiserver's two halves: `core/` holds objects and the API's rules and knows no HTTP;
 * `http/` speaks HTTP and knows no rules. Failures on either side are an {@link ApiFailure}.
 */
import type { KubeObject, Status } from '../../../kube/types.js';

/** One resource as discovery describes it. */
export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Subresources that hold a part of the object, such as `status`. */
  readonly subresources: readonly string[];
}

/** Thrown by core and http alike; `status` is sent as the response's body. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: Status & { code: number };
  /** `reason`: empty for an error that a real apiserver has no reason for. */
  constructor(code: number, reason: string, message: string, details?: Status['details']) {
    super(message);
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/**
 * An object at one revision. Immutable, and serialised at most once however many watchers and readers it goes to.
 */
export interface StoredObject {
  readonly object: KubeObject;
  /** The object as JSON bytes, made on first use. */
  readonly json: Buffer;
}

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListRequest extends Selection {
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

export interface ListAnswer {
  readonly items: readonly StoredObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface WatchRequest extends Selection {
  /** Left out or `0`: begin with what there is. */
  readonly resourceVersion?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  /** Streaming list: what there is as ADDED events, then a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean | undefined;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: StoredObject;
}

export interface Target {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string | undefined;
}

export interface WriteRequest {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  /** For server-side apply. */
  readonly force?: boolean | undefined;
  /** `Strict`, `Warn` or `Ignore`: what is done about unknown fields. */
  readonly fieldValidation?: string | undefined;
  /** Hears of what was put up with, such as unknown fields; sent as `Warning` headers. */
  readonly warn?: ((message: string) => void) | undefined;
}

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export type PatchContentType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/** All calls are synchronous: there is one writer, and a revision is complete when the call returns. */
export interface ApiCore {
  readonly definitions: readonly ResourceDefinition[];
  /** The newest revision in the store. */
  readonly resourceVersion: string;
  get(definition: ResourceDefinition, target: Target): StoredObject;
  list(definition: ResourceDefinition, request: ListRequest): ListAnswer;
  create(
    definition: ResourceDefinition,
    namespace: string | undefined,
    object: KubeObject,
    request: WriteRequest,
  ): StoredObject;
  replace(definition: ResourceDefinition, target: Target, object: KubeObject, request: WriteRequest): StoredObject;
  /** `created`: a server-side apply made the object. */
  patch(
    definition: ResourceDefinition,
    target: Target,
    type: PatchContentType,
    patch: unknown,
    request: WriteRequest,
  ): { stored: StoredObject; created: boolean };
  /** `gone`: the object is removed; else it goes on existing with a deletionTimestamp. */
  delete(
    definition: ResourceDefinition,
    target: Target,
    request: DeleteRequest,
  ): { stored: StoredObject; gone: boolean };
  /**
   * Calls `onEvent` for each event that passes the selection, in order, the first ones before it returns. An object that
   * starts or stops to match is ADDED or DELETED. Throws 410 if the revision is no longer known. Returns what ends it.
   */
  watch(definition: ResourceDefinition, request: WatchRequest, onEvent: (event: WatchEvent) => void): () => void;
  /** Forgets the watch history up to now, as etcd's compaction does: older revisions answer 410. */
  compact(): void;
}
