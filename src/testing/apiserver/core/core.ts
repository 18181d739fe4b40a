/**
 * The fake apiserver's half that holds objects and knows the API's rules. `store.ts` keeps revisions and tells watchers,
 * `rules.ts` has what differs from kind to kind, `writes.ts` the steps of a write; HTTP is `../http`'s.
 *
 * 1. Every call is synchronous and complete when it returns: there is one writer.
 * 2. Objects are never changed: a write makes a new one, which shares what did not change. Objects handed in belong to
 *    the core from then on.
 * 3. A write that changes nothing makes no revision and no event.
 */
import type { Clock, Random } from '../../../runtime/clock.js';
import type { KubeObject } from '../../../kube/types.js';
import {
  ApiFailure,
  type ApiCore,
  type DeleteRequest,
  type ListAnswer,
  type ListRequest,
  type PatchContentType,
  type ResourceDefinition,
  type StoredObject,
  type Target,
  type WatchEvent,
  type WatchRequest,
  type WriteRequest,
} from './api.js';
import { definitions, storageName } from './definitions.js';
import { alreadyExists, badRequest, conflict, expired, modified, notFound } from './failures.js';
import { parseFieldSelector } from './field-selector.js';
import { equal, withKey, type JsonObject } from './json.js';
import { parseLabelSelector } from './label-selector.js';
import { mergePatch } from './merge-patch.js';
import { decodeContinue, encodeContinue, expiredContinue, parseRevision, revisionOfList } from './pages.js';
import { rulesOf, type RuleContext } from './rules.js';
import { Store } from './store.js';
import { Stored } from './stored-object.js';
import type { Change, Table } from './table.js';

export interface CoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** How many changes of each resource watches can go back. Default: 20,000, beyond what a test's reader lags behind. */
  readonly historyLimit?: number;
}

export class Core implements ApiCore {
  readonly definitions = definitions;
  readonly #store: Store;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #random: Random;

  constructor(options: CoreOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#store = new Store(options.historyLimit ?? 20_000);
    const namespaces = this.#definition('', 'namespaces');
    const serviceAccounts = this.#definition('', 'serviceaccounts');
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      this.create(namespaces, undefined, { metadata: { name } }, {});
      this.create(serviceAccounts, name, { metadata: { name: 'default' } }, {});
    }
  }

  get resourceVersion(): string {
    return String(this.#store.revision);
  }

  get(definition: ResourceDefinition, target: Target): StoredObject {
    return this.#existing(definition, target);
  }

  list(definition: ResourceDefinition, request: ListRequest): ListAnswer {
    const table = this.#table(definition);
    const current = this.#store.revision;
    const token = request.continue ? decodeContinue(request.continue) : undefined;
    if (token && request.resourceVersion && request.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const pinned = token ? (token.revision < 0 ? undefined : token.revision) : revisionOfList(request, current);
    if (pinned !== undefined && pinned < table.floor) {
      if (token) throw expiredContinue(token.after);
      throw expired(`The resourceVersion for the provided list is too old.`);
    }
    const selected = this.#select(definition, request);
    const limit = request.limit && request.limit > 0 ? request.limit : Infinity;
    const items: StoredObject[] = [];
    let last = '';
    let rest = 0;
    for (const [key, stored] of table.entries(pinned)) {
      if (token && key <= token.after) continue;
      if (!selected(stored.object)) continue;
      if (items.length >= limit) {
        rest++;
        continue;
      }
      items.push(stored);
      last = key;
    }
    const revision = pinned ?? current;
    const selecting = Boolean(request.labelSelector) || Boolean(request.fieldSelector);
    return {
      items,
      resourceVersion: String(revision),
      ...(rest > 0 ? { continue: encodeContinue({ revision, after: last }) } : {}),
      ...(rest > 0 && !selecting ? { remainingItemCount: rest } : {}),
    };
  }

  watch(definition: ResourceDefinition, request: WatchRequest, onEvent: (event: WatchEvent) => void): () => void {
    const table = this.#table(definition);
    const selected = this.#select(definition, request);
    const revision = parseRevision(request.resourceVersion);
    const tell = (change: Change): void => {
      const now = change.type !== 'DELETED' && selected(change.stored.object);
      const before = change.previous !== undefined && selected(change.previous.object);
      if (now) onEvent({ type: before ? 'MODIFIED' : 'ADDED', object: change.stored });
      else if (before) onEvent({ type: 'DELETED', object: this.#lastSeen(change) });
    };
    if (request.sendInitialEvents || revision === undefined || revision === 0) {
      if (request.sendInitialEvents !== false) {
        for (const [, stored] of table.entries()) {
          if (selected(stored.object)) onEvent({ type: 'ADDED', object: stored });
        }
      }
      if (request.sendInitialEvents && request.allowWatchBookmarks) {
        onEvent({ type: 'BOOKMARK', object: this.bookmark(definition, { initialEventsEnd: true }) });
      }
    } else {
      if (revision < table.floor) throw expired(`too old resource version: ${revision} (${table.floor})`);
      for (const change of table.since(revision)) tell(change);
    }
    return this.#store.listen(storageName(definition), tell);
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
    return new Stored(object, this.#store.revision);
  }

  create(
    definition: ResourceDefinition,
    namespace: string | undefined,
    object: KubeObject,
    request: WriteRequest,
  ): StoredObject {
    const rules = rulesOf(definition);
    const { group, version, kind } = definition;
    const given = object.metadata as KubeObject['metadata'] | undefined;
    if (given?.namespace && given.namespace !== namespace && definition.namespaced) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    if (definition.namespaced) {
      const home = this.#context().find('namespaces', undefined, namespace ?? '');
      if (!home) throw notFound(this.#definition('', 'namespaces'), namespace ?? '');
    }
    const name = given?.name || `${given?.generateName ?? ''}${this.#suffix()}`;
    const metadata: KubeObject['metadata'] = {
      ...given,
      name,
      ...(definition.namespaced && namespace !== undefined ? { namespace } : {}),
      uid: this.#uid(),
      creationTimestamp: this.#timestamp(),
      ...(rules.generation ? { generation: 1 } : {}),
    };
    let next: JsonObject = { ...object, kind, apiVersion: group === '' ? version : `${group}/${version}`, metadata };
    next = rules.defaults?.(next, this.#context()) ?? next;
    next = rules.prepareCreate?.(next, this.#context()) ?? next;
    const key = keyOf(namespace, name);
    if (this.#table(definition).get(key)) throw alreadyExists(definition, name);
    if (request.dryRun) return new Stored(next as unknown as KubeObject, this.#store.revision);
    return this.#store.put(storageName(definition), key, next as unknown as KubeObject);
  }

  replace(definition: ResourceDefinition, target: Target, object: KubeObject, request: WriteRequest): StoredObject {
    const { name, namespace } = object.metadata;
    if (name !== undefined && name !== '' && name !== target.name) {
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
    }
    if (namespace && namespace !== target.namespace && definition.namespaced) {
      throw badRequest('the namespace of the object does not match the namespace on the URL');
    }
    return this.#update(definition, target, request, () => object);
  }

  patch(
    definition: ResourceDefinition,
    target: Target,
    type: PatchContentType,
    patch: unknown,
    request: WriteRequest,
  ): { stored: StoredObject; created: boolean } {
    if (type !== 'application/merge-patch+json' && type !== 'application/strategic-merge-patch+json') {
      throw new ApiFailure(415, 'UnsupportedMediaType', `the patch type ${type} is not supported`);
    }
    const stored = this.#update(definition, target, request, (old) => mergePatch(old, patch) as KubeObject);
    return { stored, created: false };
  }

  delete(
    definition: ResourceDefinition,
    target: Target,
    request: DeleteRequest,
  ): { stored: StoredObject; gone: boolean } {
    const old = this.#existing(definition, target);
    const { metadata } = old.object;
    const { uid, resourceVersion } = request.preconditions ?? {};
    if (uid && uid !== metadata.uid) throw conflict(definition, target.name, wrongUid(uid, metadata.uid));
    if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
      throw conflict(
        definition,
        target.name,
        `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ''}`,
      );
    }
    const grace = rulesOf(definition).graceOf?.(old.object as unknown as JsonObject, request.gracePeriodSeconds) ?? 0;
    const held = (metadata.finalizers?.length ?? 0) > 0;
    if (grace === 0 && !held) {
      if (request.dryRun) return { stored: old, gone: true };
      return { stored: this.#store.remove(storageName(definition), keyOfTarget(target), old.object), gone: true };
    }
    const pending = metadata.deletionGracePeriodSeconds;
    if (metadata.deletionTimestamp && (pending === undefined || pending <= grace)) return { stored: old, gone: false };
    const start = metadata.deletionTimestamp
      ? Date.parse(metadata.deletionTimestamp) - (pending ?? 0) * 1000
      : this.#clock.now();
    const marked: KubeObject = {
      ...old.object,
      metadata: {
        ...metadata,
        ...(metadata.generation && !metadata.deletionTimestamp ? { generation: metadata.generation + 1 } : {}),
        deletionTimestamp: timestamp(start + grace * 1000),
        deletionGracePeriodSeconds: grace,
      },
    };
    if (request.dryRun) return { stored: new Stored(marked, old.revision), gone: false };
    return { stored: this.#store.put(storageName(definition), keyOfTarget(target), marked), gone: false };
  }

  compact(): void {
    this.#store.compact();
  }

  #update(
    definition: ResourceDefinition,
    target: Target,
    request: WriteRequest,
    modify: (old: KubeObject) => KubeObject,
  ): StoredObject {
    const stored = this.#existing(definition, target);
    const rules = rulesOf(definition);
    const old = stored.object;
    const given = modify(old);
    const wanted = given.metadata;
    if (wanted.resourceVersion && wanted.resourceVersion !== old.metadata.resourceVersion) {
      throw modified(definition, target.name);
    }
    if (wanted.uid && wanted.uid !== old.metadata.uid) {
      throw conflict(definition, target.name, wrongUid(wanted.uid, old.metadata.uid));
    }
    const kept = [
      'name',
      'namespace',
      'uid',
      'creationTimestamp',
      'generation',
      'resourceVersion',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
    ] as const;
    let metadata = wanted as unknown as JsonObject;
    for (const key of kept) metadata = withKey(metadata, key, old.metadata[key]);
    const before = old as unknown as JsonObject;
    let next: JsonObject = { ...given, kind: old.kind, apiVersion: old.apiVersion, metadata };
    const context = this.#context();
    if (target.subresource === undefined) {
      next = rules.defaults?.(next, context) ?? next;
      next = rules.prepareUpdate?.(next, before, context) ?? next;
    } else {
      const take = rules.subresources?.[target.subresource];
      if (!take) throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource');
      next = take(next, before, context);
    }
    if (rules.generation && !equal(next['spec'], before['spec'])) {
      next = { ...next, metadata: { ...metadata, generation: (old.metadata.generation ?? 0) + 1 } };
    }
    if (equal(next, before)) return stored;
    const result = next as unknown as KubeObject;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = result.metadata;
    if (request.dryRun) return new Stored(result, stored.revision);
    const name = storageName(definition);
    if (deletionTimestamp && deletionGracePeriodSeconds === 0 && finalizers.length === 0) {
      return this.#store.remove(name, keyOfTarget(target), result);
    }
    return this.#store.put(name, keyOfTarget(target), result);
  }

  #lastSeen(change: Change): StoredObject {
    if (change.type === 'DELETED' || change.previous === undefined) return change.stored;
    const metadata = { ...change.previous.object.metadata, resourceVersion: String(change.revision) };
    return new Stored({ ...change.previous.object, metadata }, change.revision);
  }

  #select(definition: ResourceDefinition, request: WatchRequest): (object: KubeObject) => boolean {
    const labels = parseLabelSelector(request.labelSelector);
    const fields = parseFieldSelector(definition, request.fieldSelector);
    const { namespace } = request;
    return (object) =>
      (namespace === undefined || namespace === '' || object.metadata.namespace === namespace) &&
      fields.matches(object) &&
      labels(object.metadata.labels);
  }

  #existing(definition: ResourceDefinition, target: Target): Stored {
    const stored = this.#table(definition).get(keyOfTarget(target));
    if (!stored) throw notFound(definition, target.name);
    return stored;
  }

  #table(definition: ResourceDefinition): Table {
    return this.#store.table(storageName(definition));
  }

  #definition(group: string, plural: string): ResourceDefinition {
    const found = definitions.find((each) => each.group === group && each.plural === plural);
    if (!found) throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource');
    return found;
  }

  #context(): RuleContext {
    return {
      now: this.#clock.now(),
      find: (plural, namespace, name) => {
        const definition = definitions.find((each) => each.plural === plural);
        const stored = definition && this.#table(definition).get(keyOf(namespace, name));
        return stored?.object as unknown as JsonObject | undefined;
      },
    };
  }

  #timestamp(): string {
    return timestamp(this.#clock.now());
  }

  #suffix(): string {
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    return Array.from({ length: 5 }, () => letters[Math.floor(this.#random() * letters.length)]).join('');
  }

  #uid(): string {
    const hex = Array.from({ length: 32 }, () => Math.floor(this.#random() * 16).toString(16));
    hex[12] = '4';
    hex[16] = '89ab'[Math.floor(this.#random() * 4)] ?? '8';
    const text = hex.join('');
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
  }
}

function wrongUid(wanted: string, actual: string | undefined): string {
  return `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual ?? ''}`;
}

function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function keyOfTarget(target: Target): string {
  return keyOf(target.namespace, target.name);
}
