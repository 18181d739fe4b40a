/**
 * The way of a write: what the client sent is decoded, server-owned fields are put back, the kind's rules fill in and
 * check, managers are noted, and the store gets the result. `deletes.ts` has the other way out, `core.ts` the calls.
 *
 * 1. Nothing is stored unless every check has passed.
 * 2. What equals the stored object is not stored again.
 * 3. An object whose last finalizer goes while it is being deleted goes with that write.
 */
import { ApiFailure, type PatchContentType, type ResourceDefinition, type Target, type WriteRequest } from './api.js';
import { definitionOf, storageName } from './definitions.js';
import { fromEventsView, toEventsView } from './events-view.js';
import { alreadyExists, badRequest, Causes, forbidden, invalid, notFound } from './failures.js';
import { checkApply, ManagedFields } from './fields/managed-fields.js';
import { asArray, asObject, equal, isObject, omit, withKey, type JsonObject } from './json.js';
import { newMetadata, updatedMetadata, withGeneration } from './metadata.js';
import { validateMetadata } from './names.js';
import { keyOf, type Objects } from './objects.js';
import { jsonPatch } from './patch/json-patch.js';
import { mergePatch } from './patch/merge-patch.js';
import { strategicMergePatch } from './patch/strategic-merge-patch.js';
import { rulesOf } from './rules/by-kind.js';
import type { Rules } from './rules.js';
import { decode } from './schema/decode.js';
import type { Schema } from './schema/schema.js';
import { Stored } from './stored-object.js';

type Operation = 'replace' | 'patch' | 'apply';

export class Writes {
  readonly #objects: Objects;
  readonly #schema: Schema;
  readonly #managers = new ManagedFields();
  readonly #removed: (stored: Stored) => void;

  /** `removed` hears of each object that a write has removed. */
  constructor(objects: Objects, schema: Schema, removed: (stored: Stored) => void) {
    this.#objects = objects;
    this.#schema = schema;
    this.#removed = removed;
  }

  create(
    definition: ResourceDefinition,
    namespace: string | undefined,
    object: JsonObject,
    request: WriteRequest,
    applied = false,
  ): Stored {
    const rules = rulesOf(definition);
    const home = definition.namespaced ? namespace : undefined;
    const sent = this.#decoded(definition, object, undefined, request, refusal(definition));
    const given = asObject(sent['metadata']);
    if (home !== undefined && given['namespace'] && given['namespace'] !== home) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    this.#checkNamespace(definition, home, String(given['name'] ?? ''));
    const metadata = newMetadata(given, home, this.#objects, rules.generation === true);
    const name = String(metadata['name']);
    let next: JsonObject = { ...storedType(definition), metadata, ...omit(sent, 'kind', 'apiVersion', 'metadata') };
    next = rules.defaults?.(next, undefined) ?? next;
    if (!applied) next = this.#managed(definition, undefined, next, undefined, request);
    next = rules.prepareCreate?.(next) ?? next;
    next = rules.admit?.(next, this.#objects) ?? next;
    this.#validate(definition, rules, next);
    if (this.#objects.table(definition).get(keyOf(home, name))) throw alreadyExists(definition, name);
    if (request.dryRun) return new Stored(next, this.#objects.store.revision);
    return this.#objects.store.put(storageName(definition), keyOf(home, name), next);
  }

  replace(definition: ResourceDefinition, target: Target, object: JsonObject, request: WriteRequest): Stored {
    const rules = rulesOf(definition);
    const given = asObject(object['metadata']);
    const exists = this.#objects.table(definition).get(keyOf(target.namespace, target.name)) !== undefined;
    if (!given['name']) {
      throw badRequest(
        `the name of the object (${target.name} based on URL) was undeterminable: name must be provided`,
      );
    }
    checkAddress(definition, given, target);
    if (!exists && rules.createOnUpdate && target.subresource === undefined) {
      if (given['resourceVersion'] || given['uid']) throw notFound(definition, target.name);
      const named = { ...object, metadata: { ...given, name: target.name } };
      return this.create(definition, target.namespace, named, request);
    }
    if (rules.versionRequired && !given['resourceVersion'] && exists) throw versionRequired(definition, target.name);
    return this.#update(definition, target, 'replace', request, () => object);
  }

  patch(
    definition: ResourceDefinition,
    target: Target,
    type: PatchContentType,
    patch: unknown,
    request: WriteRequest,
  ): { stored: Stored; created: boolean } {
    if (type === 'application/apply-patch+yaml') return this.#apply(definition, target, patch, request);
    if (type === 'application/json-patch+json' ? !Array.isArray(patch) : !isObject(patch)) {
      const wanted = type === 'application/json-patch+json' ? 'a list of operations' : 'an object';
      throw badRequest(`error decoding patch: the patch must be ${wanted}`);
    }
    const schema = this.#schema.ofResource(definition);
    const stored = this.#update(
      definition,
      target,
      'patch',
      request,
      (old) => {
        switch (type) {
          case 'application/json-patch+json':
            return jsonPatch(old, patch);
          case 'application/merge-patch+json':
            return mergePatch(old, patch);
          case 'application/strategic-merge-patch+json':
            return strategicMergePatch(old, patch, schema);
        }
      },
      patch,
    );
    return { stored, created: false };
  }

  /** Stores a changed object past the rules of its kind, as a binding does. It has no manager. */
  change(definition: ResourceDefinition, target: Target, request: WriteRequest, next: JsonObject): Stored {
    return this.#store(definition, target, this.#objects.existing(definition, target), next, request);
  }

  #apply(
    definition: ResourceDefinition,
    target: Target,
    patch: unknown,
    request: WriteRequest,
  ): { stored: Stored; created: boolean } {
    if (!request.fieldManager) {
      const field = {
        field: 'fieldManager',
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
      };
      throw new ApiFailure(422, 'Invalid', `PatchOptions.meta.k8s.io "" is invalid: fieldManager: ${field.message}`, {
        group: 'meta.k8s.io',
        kind: 'PatchOptions',
        causes: [field],
      });
    }
    if (!isObject(patch)) throw badRequest('error decoding patch: the configuration must be an object');
    checkApply(patch, definition);
    checkAddress(definition, asObject(patch['metadata']), target);
    const type = this.#schema.ofResource(definition);
    const { namespace = '' } = asObject(patch['metadata']);
    const untyped = (why: string): ApiFailure => {
      const what = `${String(namespace)}/${target.name}; ${definition.group}/${definition.version}, Kind=${definition.kind}`;
      return new ApiFailure(500, 'InternalError', `failed to create typed patch object (${what}): ${why}`);
    };
    const { value, unknownFields } = decode(patch, type, untyped);
    const [unknown] = unknownFields;
    if (unknown !== undefined) throw untyped(`.${unknown}: field not declared in schema`);
    const writer = this.#writer(target.subresource, request);
    const apply = (live: JsonObject | undefined): JsonObject =>
      this.#managers.apply(live, value, type, writer, request.force === true);
    if (this.#objects.table(definition).get(keyOf(target.namespace, target.name)) === undefined) {
      if (target.subresource !== undefined) throw notFound(definition, target.name);
      const named = withKey(asObject(value['metadata']), 'name', target.name);
      const configured = apply(undefined);
      const metadata = { ...asObject(configured['metadata']), ...named };
      const stored = this.create(definition, target.namespace, { ...configured, metadata }, request, true);
      return { stored, created: true };
    }
    return { stored: this.#update(definition, target, 'apply', request, apply, patch), created: false };
  }

  #update(
    definition: ResourceDefinition,
    target: Target,
    operation: Operation,
    request: WriteRequest,
    change: (old: JsonObject) => unknown,
    patch?: unknown,
  ): Stored {
    const rules = rulesOf(definition);
    const stored = this.#objects.existing(definition, target);
    const old = stored.content;
    const isView = definition.group === 'events.k8s.io';
    const before = isView ? toEventsView(old) : old;
    const given = change(before);
    if (!isObject(given)) throw badRequest('the object that results from the patch is not an object');
    const refuse = patch === undefined ? refusal(definition) : refusalOfPatch(patch);
    const sent = this.#decoded(definition, given, before, request, refuse);
    checkAddress(definition, asObject(sent['metadata']), target);
    const causes = new Causes();
    const metadata = updatedMetadata(
      definition,
      asObject(sent['metadata']),
      asObject(old['metadata']),
      operation === 'replace' ? 'replace' : 'patch',
      causes,
    );
    let next: JsonObject = { ...sent, kind: old['kind'], apiVersion: old['apiVersion'], metadata };
    next = rules.defaults?.(next, old) ?? next;
    if (target.subresource === undefined) {
      next = rules.prepareUpdate?.(next, old) ?? next;
    } else {
      const take = rules.subresources?.[target.subresource];
      if (!take) throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource');
      next = take(next, old, this.#objects);
    }
    if (rules.generation) next = withGeneration(next, old);
    rules.validateUpdate?.(next, old, causes, target.subresource);
    this.#validate(definition, rules, next, old, causes);
    if (operation !== 'apply') next = this.#managed(definition, old, next, target.subresource, request);
    return this.#store(definition, target, stored, next, request);
  }

  #store(
    definition: ResourceDefinition,
    target: Target,
    stored: Stored,
    next: JsonObject,
    request: WriteRequest,
  ): Stored {
    if (equal(next, stored.content)) return stored;
    if (request.dryRun) return new Stored(next, stored.revision);
    const name = storageName(definition);
    const key = keyOf(target.namespace, target.name);
    if (!isFinished(next)) return this.#objects.store.put(name, key, next);
    const last = this.#objects.store.remove(name, key, next);
    this.#removed(last);
    return last;
  }

  #decoded(
    definition: ResourceDefinition,
    object: JsonObject,
    known: JsonObject | undefined,
    request: WriteRequest,
    refuse: (why: string) => ApiFailure,
  ): JsonObject {
    const { apiVersion, kind } = object;
    const expected = typeOf(definition);
    if (
      (kind !== undefined && kind !== expected.kind) ||
      (apiVersion !== undefined && apiVersion !== expected.apiVersion)
    ) {
      const got = `${String(apiVersion ?? '')}, Kind=${String(kind ?? '')}`;
      throw refuse(`the object is ${got}`);
    }
    const type = this.#schema.ofResource(definition);
    const { value, unknownFields } = decode(object, type, refuse, known);
    if (unknownFields.length > 0) {
      const problems = unknownFields.map((field) => `unknown field "${field}"`);
      if (request.fieldValidation === 'Strict') throw refuse(`strict decoding error: ${problems.join(', ')}`);
      if (request.fieldValidation !== 'Ignore') for (const problem of problems) request.warn?.(problem);
    }
    return definition.group === 'events.k8s.io' ? fromEventsView(value) : value;
  }

  #validate(
    definition: ResourceDefinition,
    rules: Rules,
    next: JsonObject,
    old?: JsonObject,
    causes: Causes = new Causes(),
  ): void {
    const metadata = asObject(next['metadata']);
    if (metadata !== old?.['metadata']) validateMetadata(metadata, rules.names ?? 'subdomain', causes);
    if (
      rules.validate &&
      (old === undefined || !equal(omit(next, 'metadata', 'status'), omit(old, 'metadata', 'status')))
    ) {
      rules.validate(next, causes);
    }
    if (causes.list.length > 0) throw invalid(definition, String(metadata['name'] ?? ''), causes.list);
  }

  #managed(
    definition: ResourceDefinition,
    old: JsonObject | undefined,
    next: JsonObject,
    subresource: string | undefined,
    request: WriteRequest,
  ): JsonObject {
    const core = definition.group === 'events.k8s.io' ? definitionOf('', 'events') : definition;
    return this.#managers.update(old, next, this.#schema.ofResource(core), this.#writer(subresource, request));
  }

  #writer(
    subresource: string | undefined,
    request: WriteRequest,
  ): { manager: string; subresource: string | undefined; timestamp: string } {
    return { manager: request.fieldManager ?? 'unknown', subresource, timestamp: this.#objects.timestamp };
  }

  #checkNamespace(definition: ResourceDefinition, namespace: string | undefined, name: string): void {
    if (namespace === undefined) return;
    const home = this.#objects.find('', 'namespaces', undefined, namespace);
    if (!home) throw notFound(definitionOf('', 'namespaces'), namespace);
    if (asObject(home['metadata'])['deletionTimestamp'] === undefined) return;
    const failure = forbidden(
      definition,
      name,
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    const message = `namespace ${namespace} is being terminated`;
    failure.status.details = {
      ...failure.status.details,
      causes: [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
    };
    throw failure;
  }
}

function typeOf({ group, version, kind }: ResourceDefinition): { kind: string; apiVersion: string } {
  return { kind, apiVersion: group === '' ? version : `${group}/${version}` };
}

/** Both faces of an event are stored as one. */
function storedType(definition: ResourceDefinition): { kind: string; apiVersion: string } {
  return definition.group === 'events.k8s.io' ? { kind: 'Event', apiVersion: 'v1' } : typeOf(definition);
}

/** A body that is no object of the kind. */
function refusal({ kind, version }: ResourceDefinition): (why: string) => ApiFailure {
  return (why) => badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** A patch whose result is no object of the kind. */
function refusalOfPatch(patch: unknown): (why: string) => ApiFailure {
  return (why) => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(patch))}: ${why}`;
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'patch' }];
    return new ApiFailure(422, 'Invalid', ` "" is invalid: patch: ${message}`, { causes });
  };
}

function checkAddress(definition: ResourceDefinition, metadata: JsonObject, target: Target): void {
  const { name, namespace } = metadata;
  if (name !== undefined && name !== '' && name !== target.name) {
    throw badRequest(`the name of the object (${String(name)}) does not match the name on the URL (${target.name})`);
  }
  if (definition.namespaced && namespace && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Whether nothing holds an object that is being deleted: no finalizer, no grace. */
function isFinished(object: JsonObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers } = asObject(object['metadata']);
  if (deletionTimestamp === undefined || asArray(finalizers).length > 0 || deletionGracePeriodSeconds !== 0)
    return false;
  return object['kind'] !== 'Namespace' || asArray(asObject(object['spec'])['finalizers']).length === 0;
}

function versionRequired(definition: ResourceDefinition, name: string): ApiFailure {
  const causes = new Causes();
  causes.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
  return invalid({ ...definition, kind: definition.plural }, name, causes.list);
}
