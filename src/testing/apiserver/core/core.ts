/**
 * The fake apiserver's half that holds objects and knows the API's rules; `../http` speaks HTTP. Reading is here;
 * `writes.ts` and `deletes.ts` have the rest, `rules/` what differs from kind to kind, `store.ts` revisions and watchers.
 *
 * 1. Every call is synchronous and complete when it returns: there is one writer.
 * 2. Objects are never changed: a write makes a new one, which shares what did not change. Objects handed in belong to
 *    the core from then on.
 * 3. A write that changes nothing makes no revision and no event.
 */
import type { Clock, Random } from '../../../runtime/clock.js';
import type { KubeObject } from '../../../kube/types.js';
import type {
  ApiCore,
  DeleteRequest,
  ListAnswer,
  ListRequest,
  PatchContentType,
  ResourceDefinition,
  StoredObject,
  Target,
  WatchEvent,
  WatchRequest,
  WriteRequest,
} from './api.js';
import type { Change } from './change.js';
import { definitionOf, definitions, storageName } from './definitions.js';
import { Deletes } from './deletes.js';
import { badRequest, expired } from './failures.js';
import { parseFieldSelector } from './field-selector.js';
import type { JsonObject } from './json.js';
import { parseLabelSelector } from './label-selector.js';
import { Objects } from './objects.js';
import {
  decodeContinue,
  encodeContinue,
  expiredContinue,
  invalidListOptions,
  parseRevision,
  revisionOfList,
} from './pages.js';
import { bindPod, evictPod } from './pod-actions.js';
import { rulesOf } from './rules/by-kind.js';
import { Schema } from './schema/schema.js';
import { Store } from './store.js';
import { Stored } from './stored-object.js';
import { Writes } from './writes.js';

export interface CoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** How many changes of each resource a watch can go back. Default: 10,000, more than a reader in a test lags behind. */
  readonly historyLimit?: number;
  /** The PEM that pods trust the apiserver by, in `kube-root-ca.crt` of each namespace. Default: empty. */
  readonly certificateAuthority?: string;
}

const firstNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export class Core implements ApiCore {
  readonly definitions = definitions;
  /** The types of all objects held, for whoever describes them (OpenAPI). */
  readonly schema = new Schema();
  readonly #objects: Objects;
  readonly #writes: Writes;
  readonly #deletes: Deletes;
  readonly #certificateAuthority: string;

  constructor(options: CoreOptions) {
    this.#objects = new Objects(new Store(options.historyLimit ?? 10_000), options.clock, options.random);
    this.#deletes = new Deletes(this.#objects);
    this.#writes = new Writes(this.#objects, this.schema, (stored) => this.#deletes.removed(stored));
    this.#certificateAuthority = options.certificateAuthority ?? '';
    const namespaces = definitionOf('', 'namespaces');
    for (const name of firstNamespaces) this.create(namespaces, undefined, { metadata: { name } }, {});
    this.#writes.create(definitionOf('', 'services'), 'default', kubernetesService, { fieldManager: 'kube-apiserver' });
  }

  get resourceVersion(): string {
    return String(this.#objects.store.revision);
  }

  get(definition: ResourceDefinition, target: Target): StoredObject {
    return seenAs(definition, this.#objects.existing(definition, target));
  }

  list(definition: ResourceDefinition, request: ListRequest): ListAnswer {
    const table = this.#objects.table(definition);
    const current = this.#objects.store.revision;
    const token = request.continue ? decodeContinue(request.continue) : undefined;
    if (token && request.resourceVersion && request.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    if (token && request.resourceVersionMatch) {
      throw invalidListOptions('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
    }
    const pinned = token ? (token.revision < 0 ? undefined : token.revision) : revisionOfList(request, current);
    if (pinned !== undefined && pinned < table.floor) {
      if (token) throw expiredContinue(token.after);
      throw expired('The resourceVersion for the provided list is too old.');
    }
    const selected = this.#select(definition, request);
    const limit = request.limit && request.limit > 0 ? request.limit : Infinity;
    const items: StoredObject[] = [];
    let last = '';
    let rest = 0;
    for (const [key, stored] of table.entries(pinned)) {
      if (token && key <= token.after) continue;
      if (!selected(stored)) continue;
      if (items.length >= limit) {
        rest++;
        continue;
      }
      items.push(seenAs(definition, stored));
      last = key;
    }
    const revision = pinned ?? current;
    const isSelective = Boolean(request.labelSelector) || Boolean(request.fieldSelector);
    return {
      items,
      resourceVersion: String(revision),
      ...(rest > 0 ? { continue: encodeContinue({ revision, after: last }) } : {}),
      ...(rest > 0 && !isSelective ? { remainingItemCount: rest } : {}),
    };
  }

  /** `onEvent` must not throw. */
  watch(definition: ResourceDefinition, request: WatchRequest, onEvent: (event: WatchEvent) => void): () => void {
    const table = this.#objects.table(definition);
    const selected = this.#select(definition, request);
    const revision = parseRevision(request.resourceVersion);
    const isView = definition.group === 'events.k8s.io';
    const tell = (change: Change): void => {
      const now = change.type !== 'DELETED' && selected(change.stored);
      const before = change.previous !== undefined && selected(change.previous);
      if (now) onEvent(change.event(before ? 'MODIFIED' : 'ADDED', isView));
      else if (before) onEvent(change.event('DELETED', isView));
    };
    const { sendInitialEvents, allowWatchBookmarks } = request;
    if (revision === undefined || revision === 0 || sendInitialEvents) {
      if (sendInitialEvents !== false) {
        for (const [, stored] of table.entries()) {
          if (selected(stored)) onEvent({ type: 'ADDED', object: seenAs(definition, stored) });
        }
      }
      if (sendInitialEvents && allowWatchBookmarks) {
        onEvent({ type: 'BOOKMARK', object: this.bookmark(definition, { initialEventsEnd: true }) });
      }
    } else {
      if (revision < table.floor) throw expired(`too old resource version: ${revision} (${table.floor})`);
      for (const change of table.since(revision)) tell(change);
    }
    return this.#objects.store.listen(storageName(definition), tell);
  }

  /** An object for a BOOKMARK event: nothing but the kind and the newest revision. */
  bookmark(definition: ResourceDefinition, options: { readonly initialEventsEnd?: boolean } = {}): StoredObject {
    const { group, version, kind } = definition;
    const annotations = options.initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const object: KubeObject = {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: { resourceVersion: this.resourceVersion, ...annotations },
    };
    return new Stored(object, this.#objects.store.revision);
  }

  create(
    definition: ResourceDefinition,
    namespace: string | undefined,
    object: KubeObject,
    request: WriteRequest,
  ): StoredObject {
    const stored = this.#writes.create(definition, namespace, plain(object), request);
    if (definition.plural === 'namespaces' && !request.dryRun) this.#furnish(stored.object.metadata.name ?? '');
    return seenAs(definition, stored);
  }

  /** Of kinds that allow it, as leases and events, makes the object if there is none. */
  replace(definition: ResourceDefinition, target: Target, object: KubeObject, request: WriteRequest): StoredObject {
    return seenAs(definition, this.#writes.replace(definition, target, plain(object), request));
  }

  patch(
    definition: ResourceDefinition,
    target: Target,
    type: PatchContentType,
    patch: unknown,
    request: WriteRequest,
  ): { stored: StoredObject; created: boolean } {
    const { stored, created } = this.#writes.patch(definition, target, type, patch, request);
    if (created && definition.plural === 'namespaces' && !request.dryRun) this.#furnish(target.name);
    return { stored: seenAs(definition, stored), created };
  }

  delete(
    definition: ResourceDefinition,
    target: Target,
    request: DeleteRequest,
  ): { stored: StoredObject; gone: boolean } {
    const { stored, gone } = this.#deletes.delete(definition, target, request);
    return { stored: seenAs(definition, stored), gone };
  }

  /** Whether a delete that removes such an object at once answers it, rather than a Status. */
  returnsDeleted(definition: ResourceDefinition): boolean {
    return rulesOf(definition).returnsDeleted === true;
  }

  /** POST of a Binding: gives a pod its node. Throws 409 if it has one. */
  bind(target: Target, binding: KubeObject, request: WriteRequest): void {
    bindPod(this.#objects, this.#writes, target, plain(binding), request);
  }

  /** POST of an Eviction: deletes the pod. Disruption budgets are not counted. */
  evict(target: Target, eviction: KubeObject, request: WriteRequest): void {
    evictPod(this.#deletes, target, plain(eviction), request);
  }

  compact(): void {
    this.#objects.store.compact();
  }

  /** What the controllers of a cluster put into each namespace. */
  #furnish(namespace: string): void {
    const request = { fieldManager: 'kube-controller-manager' };
    const account = { metadata: { name: 'default' } };
    this.#writes.create(definitionOf('', 'serviceaccounts'), namespace, account, request);
    const certificate = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': this.#certificateAuthority } };
    this.#writes.create(definitionOf('', 'configmaps'), namespace, certificate, request);
  }

  #select(definition: ResourceDefinition, request: WatchRequest): (stored: Stored) => boolean {
    const labels = parseLabelSelector(request.labelSelector);
    const fields = parseFieldSelector(definition, request.fieldSelector);
    const { namespace } = request;
    return (stored) => {
      const { metadata } = stored.object;
      return (
        (namespace === undefined || namespace === '' || metadata.namespace === namespace) &&
        fields.matches(stored.object) &&
        labels(metadata.labels)
      );
    };
  }
}

const kubernetesService: JsonObject = {
  metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
};

function seenAs(definition: ResourceDefinition, stored: Stored): Stored {
  return definition.group === 'events.k8s.io' ? stored.eventsView : stored;
}

function plain(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
