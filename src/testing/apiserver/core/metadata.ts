/** `metadata` as the server sets and guards it, whatever the kind. */
import type { ResourceDefinition } from './api.js';
import { conflict, modified, type Causes } from './failures.js';
import { randomUid } from './identity.js';
import { asArray, asObject, equal, withKey, type JsonObject } from './json.js';
import type { Objects } from './objects.js';

/** Metadata of a new object: what the client may say, and what the server sets. */
export function newMetadata(
  given: JsonObject,
  namespace: string | undefined,
  objects: Objects,
  generation: boolean,
): JsonObject {
  const { name, generateName } = given;
  const prefix = typeof generateName === 'string' ? generateName : '';
  return {
    // A prefix is cut so that prefix and suffix fit into a label together.
    name: name || (prefix === '' ? '' : prefix.slice(0, 58) + objects.suffix()),
    ...(prefix === '' ? {} : { generateName: prefix }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: randomUid(objects.random),
    ...(generation ? { generation: 1 } : {}),
    creationTimestamp: objects.timestamp,
    ...pick(given, ['labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields']),
  };
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]));
}

const serverOwned = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/**
 * Metadata of a written object: what the server owns stays. Throws 409 for another resourceVersion or, in a PUT, another
 * uid; adds a cause for each field that may not change.
 */
export function updatedMetadata(
  definition: ResourceDefinition,
  given: JsonObject,
  old: JsonObject,
  operation: 'replace' | 'patch',
  causes: Causes,
): JsonObject {
  const name = String(old['name']);
  const { uid, resourceVersion, deletionTimestamp, creationTimestamp } = given;
  if (uid && uid !== old['uid']) {
    if (operation === 'replace') {
      const why = `Precondition failed: UID in precondition: ${String(uid)}, UID in object meta: ${String(old['uid'])}`;
      throw conflict(definition, name, why);
    }
    causes.invalid('metadata.uid', uid, 'field is immutable');
  }
  if (resourceVersion && resourceVersion !== old['resourceVersion']) throw modified(definition, name);
  if (creationTimestamp && creationTimestamp !== old['creationTimestamp']) {
    causes.invalid('metadata.creationTimestamp', creationTimestamp, 'field is immutable');
  }
  if (deletionTimestamp && old['deletionTimestamp'] === undefined) {
    causes.invalid('metadata.deletionTimestamp', deletionTimestamp, 'field is immutable');
  }
  if (old['deletionTimestamp'] !== undefined) checkFinalizers(given['finalizers'], old['finalizers'], causes);
  let metadata = given;
  for (const key of serverOwned) metadata = withKey(metadata, key, old[key]);
  for (const key of ['labels', 'annotations', 'finalizers', 'ownerReferences']) {
    metadata = withKey(metadata, key, nonEmpty(metadata[key]));
  }
  return equal(metadata, old) ? old : metadata;
}

function nonEmpty(value: unknown): unknown {
  const size = Array.isArray(value) ? value.length : Object.keys(asObject(value)).length;
  return size === 0 ? undefined : value;
}

function checkFinalizers(given: unknown, old: unknown, causes: Causes): void {
  const known = new Set(asArray(old));
  const added = asArray(given).filter((each) => !known.has(each));
  if (added.length === 0) return;
  const list = added.map((each) => JSON.stringify(each)).join(', ');
  causes.forbidden(
    'metadata.finalizers',
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  );
}

/** Generation counts the changes of what is asked for: of the spec, or of a kind without one, of all but metadata. */
export function withGeneration(next: JsonObject, old: JsonObject): JsonObject {
  if (next['spec'] === old['spec'] && next['spec'] !== undefined) return next;
  const changed = Object.keys({ ...old, ...next }).some(
    (key) => key !== 'metadata' && key !== 'status' && !equal(next[key], old[key]),
  );
  if (!changed) return next;
  const metadata = asObject(next['metadata']);
  const generation = Number(asObject(old['metadata'])['generation'] ?? 0) + 1;
  return { ...next, metadata: { ...metadata, generation } };
}
