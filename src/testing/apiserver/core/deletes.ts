/**
 * Deletion: at once, after a grace, or when finalizers are done; and the end of a namespace with all that is in it.
 *
 * 1. A pending deletion can be brought forward, never put off.
 * 2. An object with finalizers stays until they are gone.
 * 3. A namespace goes when nothing is left in it.
 */
import type { DeleteRequest, ResourceDefinition, Target } from './api.js';
import { ApiFailure } from './api.js';
import { definitionOf, definitions, storageName } from './definitions.js';
import { forbidden } from './failures.js';
import { timestamp } from './identity.js';
import { asArray, asObject, type JsonObject } from './json.js';
import { keyOf, type Objects } from './objects.js';
import { rulesOf } from './rules/by-kind.js';
import { Stored } from './stored-object.js';

const lasting = new Set(['default', 'kube-system', 'kube-public']);

export interface Deleted {
  readonly stored: Stored;
  readonly gone: boolean;
}

export class Deletes {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  delete(definition: ResourceDefinition, target: Target, request: DeleteRequest): Deleted {
    const old = this.#objects.existing(definition, target);
    checkPreconditions(definition, target.name, old, request);
    if (definition.plural === 'namespaces') return this.#deleteNamespace(definition, target, old, request);
    const metadata = asObject(old.content['metadata']);
    const held = asArray(metadata['finalizers']).length > 0;
    const grace = rulesOf(definition).graceOf?.(old.content, request.gracePeriodSeconds);
    // Deletion with grace marks the object first, even for no time at all, so that watchers see why it goes.
    const marked = grace === undefined && !held ? old : this.#mark(definition, target, old, grace ?? 0, request);
    const isPending = asObject(marked.content['metadata'])['deletionGracePeriodSeconds'] ?? 0;
    if (held || isPending !== 0) return { stored: marked, gone: false };
    if (request.dryRun) return { stored: marked, gone: true };
    const key = keyOf(target.namespace, target.name);
    const last = this.#objects.store.remove(storageName(definition), key, marked.content);
    this.removed(last);
    return { stored: last, gone: true };
  }

  /** To be told of each object that a write has removed: it may have been the last of its namespace. */
  removed(stored: Stored): void {
    const { namespace } = stored.object.metadata;
    if (namespace) this.#finishNamespace(namespace);
  }

  #mark(definition: ResourceDefinition, target: Target, old: Stored, grace: number, request: DeleteRequest): Stored {
    const metadata = asObject(old.content['metadata']);
    const { deletionTimestamp, deletionGracePeriodSeconds, generation } = metadata;
    let start = this.#objects.now;
    if (deletionTimestamp !== undefined) {
      const pending = Number(deletionGracePeriodSeconds ?? 0);
      // Without a grace of its own a second delete asks for nothing new.
      const sooner = request.gracePeriodSeconds !== undefined && grace < pending;
      if (!sooner) return old;
      start = Date.parse(String(deletionTimestamp)) - pending * 1000;
    }
    const next: JsonObject = {
      ...old.content,
      metadata: {
        ...metadata,
        ...(generation !== undefined && deletionTimestamp === undefined ? { generation: Number(generation) + 1 } : {}),
        deletionTimestamp: timestamp(start + grace * 1000),
        deletionGracePeriodSeconds: grace,
      },
    };
    return this.#put(definition, target, next, request);
  }

  #put(definition: ResourceDefinition, target: Target, next: JsonObject, request: DeleteRequest): Stored {
    if (request.dryRun) return new Stored(next, this.#objects.store.revision);
    return this.#objects.store.put(storageName(definition), keyOf(target.namespace, target.name), next);
  }

  #deleteNamespace(definition: ResourceDefinition, target: Target, old: Stored, request: DeleteRequest): Deleted {
    if (lasting.has(target.name)) throw forbidden(definition, target.name, 'this namespace may not be deleted');
    const metadata = asObject(old.content['metadata']);
    if (metadata['deletionTimestamp'] !== undefined) return { stored: old, gone: false };
    const next: JsonObject = {
      ...old.content,
      metadata: { ...metadata, deletionTimestamp: this.#objects.timestamp },
      status: { ...asObject(old.content['status']), phase: 'Terminating' },
    };
    const marked = this.#put(definition, target, next, request);
    if (request.dryRun) return { stored: marked, gone: false };
    for (const each of contentDefinitions) {
      for (const [key, { object }] of this.#objects.table(each).entries()) {
        if (object.metadata.namespace !== target.name) continue;
        const name = key.slice(target.name.length + 1);
        this.delete(each, { namespace: target.name, name }, {});
      }
    }
    this.#finishNamespace(target.name);
    return { stored: marked, gone: false };
  }

  #finishNamespace(name: string): void {
    const definition = definitionOf('', 'namespaces');
    const stored = this.#objects.table(definition).get(keyOf(undefined, name));
    if (stored?.object.metadata.deletionTimestamp === undefined) return;
    const left = contentDefinitions.some((each) => this.#objects.table(each).hasPrefix(`${name}/`));
    if (left) return;
    const rest: JsonObject = { ...stored.content, spec: {} };
    const target = { name };
    if (asArray(stored.object.metadata.finalizers).length > 0) {
      if (asArray(asObject(stored.content['spec'])['finalizers']).length > 0) this.#put(definition, target, rest, {});
      return;
    }
    this.#objects.store.remove(storageName(definition), keyOf(undefined, name), rest);
  }
}

/** One definition for each store that holds objects of namespaces. */
const contentDefinitions = definitions.filter((each) => each.namespaced && each.group !== 'events.k8s.io');

function checkPreconditions(definition: ResourceDefinition, name: string, old: Stored, request: DeleteRequest): void {
  const { uid, resourceVersion } = request.preconditions ?? {};
  const { metadata } = old.object;
  const { group, kind } = definition;
  const refuse = (what: string, wanted: string, actual: string | undefined, guess: string): ApiFailure =>
    new ApiFailure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${group === '' ? kind : `${kind}.${group}`} "${name}": the ${what} in the ` +
        `precondition (${wanted}) does not match the ${what} in record (${actual ?? ''}). The object might have been ${guess}`,
      { name, ...(group === '' ? {} : { group }), kind },
    );
  if (uid !== undefined && uid !== metadata.uid) throw refuse('UID', uid, metadata.uid, 'deleted and then recreated');
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw refuse('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
  }
}
