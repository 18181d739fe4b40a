/**
 * Who manages which fields: `metadata.managedFields`, kept on every write and consulted by server-side apply.
 * Source: the Kubernetes documentation of server-side apply, and KEP-555.
 */
import { ApiFailure, type ResourceDefinition } from '../api.js';
import { badRequest } from '../failures.js';
import { asArray, asObject, equal, omit, withKey, type JsonObject } from '../json.js';
import type { SchemaType } from '../schema/schema.js';
import {
  difference,
  fieldSet,
  fromFieldsV1,
  intersection,
  isEmpty,
  leaf,
  pathsOf,
  sameFields,
  toFieldsV1,
  union,
  without,
  type FieldSet,
} from './field-set.js';
import { compare, fieldsOf, merge, prune, type Comparison } from './typed.js';

export interface Writer {
  readonly manager: string;
  readonly subresource: string | undefined;
  readonly timestamp: string;
}

interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

const path = (...names: readonly string[]): FieldSet =>
  names.reduceRight<FieldSet>((set, name) => ({ member: false, children: new Map([[`f:${name}`, set]]) }), leaf);

const serverMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
];

/** Fields that have no manager. */
const unmanaged: FieldSet = [
  path('apiVersion'),
  path('kind'),
  ...serverMetadata.map((name) => path('metadata', name)),
].reduce(union);

/** Fields that a write does not touch, whatever it says of them. */
function resetFields(subresource: string | undefined): FieldSet {
  if (subresource === undefined) return union(unmanaged, path('status'));
  if (subresource === 'status') return union(unmanaged, path('spec'));
  return unmanaged;
}

export class ManagedFields {
  /** Entries are immutable and shared by the revisions of an object, so each is read once. */
  readonly #read = new WeakMap<object, FieldSet>();

  /** `next` with the managers that a create or update by `writer` leaves behind. */
  update(old: JsonObject | undefined, next: JsonObject, type: SchemaType, writer: Writer): JsonObject {
    const before = asObject(old?.['metadata']);
    const metadata = asObject(next['metadata']);
    const given = asArray(metadata['managedFields']);
    // Clients that do not know the field drop it; an explicit empty entry clears it.
    const current = given.length === 0 ? asArray(before['managedFields']) : given;
    const cleared = current.length === 1 && Object.keys(asObject(current[0])).length === 0;
    // An object that nobody managed before is not tracked until somebody applies to it.
    const untracked = old !== undefined && current.length === 0;
    if (cleared || untracked) return withMetadata(next, omit(metadata, 'managedFields'));
    const comparison = compare(old ?? emptyOf(type), next, type);
    const ignored = resetFields(writer.subresource);
    const change = { changed: without(comparison.changed, ignored), removed: without(comparison.removed, ignored) };
    if (isEmpty(change.changed) && isEmpty(change.removed)) {
      return withMetadata(next, withKey(metadata, 'managedFields', current.length === 0 ? undefined : current));
    }
    const apiVersion = String(next['apiVersion']);
    const isMine = (each: Manager): boolean =>
      each.operation === 'Update' &&
      each.manager === writer.manager &&
      each.subresource === writer.subresource &&
      each.apiVersion === apiVersion;
    const managers = current.map((each) => this.#decode(asObject(each)));
    const own = managers.find(isMine);
    const kept = difference(own?.fields ?? fieldSet(false, new Map()), change.removed);
    const mine: Manager = {
      manager: writer.manager,
      operation: 'Update',
      apiVersion,
      subresource: writer.subresource,
      time: writer.timestamp,
      fields: without(union(kept, change.changed), ignored),
    };
    const others = managers.filter((each) => !isMine(each)).map((each) => losing(each, change));
    return withMetadata(next, withKey(metadata, 'managedFields', this.#encode([...others, mine], current)));
  }

  /**
   * The object that results from applying `config` over `live` (undefined: there is none), with its managers.
   * Throws 409 with a cause for each field that another manager has at another value, unless `force`.
   */
  apply(
    live: JsonObject | undefined,
    config: JsonObject,
    type: SchemaType,
    writer: Writer,
    force: boolean,
  ): JsonObject {
    const apiVersion = String(config['apiVersion']);
    const ignored = resetFields(writer.subresource);
    const current = asArray(asObject(live?.['metadata'])['managedFields']);
    const managers = current.map((each) => this.#decode(asObject(each)));
    if (live !== undefined && managers.length === 0) managers.push(beforeFirstApply(live, type, ignored));
    const isMine = (each: Manager): boolean =>
      each.operation === 'Apply' && each.manager === writer.manager && each.subresource === writer.subresource;
    const last = managers.find(isMine);
    const mine: Manager = {
      manager: writer.manager,
      operation: 'Apply',
      apiVersion,
      subresource: writer.subresource,
      time: writer.timestamp,
      fields: without(fieldsOf(config, type), ignored),
    };
    const others = managers.filter((each) => !isMine(each));
    let next = merge(live ?? {}, config, type) as JsonObject;
    if (last !== undefined) {
      const owned = others.reduce((set, each) => union(set, each.fields), mine.fields);
      next = prune(next, last.fields, owned, type) as JsonObject;
    }
    const change = compare(live ?? {}, next, type);
    if (!force) refuseConflicts(others, change);
    const unchanged = last !== undefined && sameFields(last.fields, mine.fields) ? { ...mine, time: last.time } : mine;
    const kept = others.map((each) => losing(each, change));
    const metadata = asObject(next['metadata']);
    const idle = equal(omit(next, 'metadata'), omit(live ?? {}, 'metadata')) && unchanged !== mine;
    const encoded = this.#encode([...kept, idle ? unchanged : mine], current);
    return withMetadata(next, withKey(metadata, 'managedFields', encoded));
  }

  #decode(entry: JsonObject): Manager {
    const { manager, operation, apiVersion, subresource, time, fieldsV1 } = entry;
    let fields = this.#read.get(entry);
    if (fields === undefined) this.#read.set(entry, (fields = fromFieldsV1(fieldsV1)));
    return {
      manager: String(manager ?? ''),
      operation: operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: String(apiVersion ?? ''),
      subresource: typeof subresource === 'string' && subresource !== '' ? subresource : undefined,
      time: typeof time === 'string' ? time : undefined,
      fields,
    };
  }

  #encode(managers: readonly Manager[], current: readonly unknown[]): readonly JsonObject[] | undefined {
    const entries = managers.filter((each) => !isEmpty(each.fields)).sort(inOrder);
    if (entries.length === 0) return undefined;
    return entries.map((each) => this.#entry(each, current));
  }

  #entry(manager: Manager, current: readonly unknown[]): JsonObject {
    const { operation, apiVersion, time, subresource, fields } = manager;
    const known = current.map(asObject).find((each) => {
      return this.#read.get(each) === fields && each['manager'] === manager.manager && each['operation'] === operation;
    });
    if (known !== undefined && known['time'] === time) return known;
    const entry: JsonObject = {
      manager: manager.manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: known?.['fieldsV1'] ?? toFieldsV1(fields),
      ...(subresource === undefined ? {} : { subresource }),
    };
    this.#read.set(entry, fields);
    return entry;
  }
}

/** What every object has from the start: its parts, and the lists that it cannot do without. */
function emptyOf(type: SchemaType): JsonObject {
  if (type.kind !== 'struct') return { metadata: {} };
  const result: Record<string, unknown> = {};
  for (const field of type.fields.values()) {
    if (field.type.kind !== 'struct') continue;
    const lists = [...field.type.fields.values()].filter((each) => each.required && each.type.kind === 'list');
    result[field.name] = Object.fromEntries(lists.map((each) => [each.name, []]));
  }
  return result;
}

function withMetadata(object: JsonObject, metadata: JsonObject): JsonObject {
  return object['metadata'] === metadata ? object : { ...object, metadata };
}

function losing(manager: Manager, { changed, removed }: Comparison): Manager {
  const fields = difference(difference(manager.fields, intersection(manager.fields, changed)), removed);
  return fields === manager.fields ? manager : { ...manager, fields };
}

function beforeFirstApply(live: JsonObject, type: SchemaType, ignored: FieldSet): Manager {
  return {
    manager: 'before-first-apply',
    operation: 'Update',
    apiVersion: String(live['apiVersion']),
    subresource: undefined,
    time: undefined,
    fields: without(fieldsOf(live, type), ignored),
  };
}

function inOrder(a: Manager, b: Manager): number {
  if (a.operation !== b.operation) return a.operation === 'Apply' ? -1 : 1;
  const rank = ({ time = '', manager, apiVersion, subresource = '' }: Manager): string =>
    [time, manager, apiVersion, subresource].join(' ');
  const [x, y] = [rank(a), rank(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function refuseConflicts(others: readonly Manager[], { changed }: Comparison): void {
  const conflicts = others.flatMap((each) => {
    const fields = pathsOf(intersection(each.fields, changed));
    return fields.map((field) => ({ who: nameOf(each), field }));
  });
  const [first] = conflicts;
  if (first === undefined) return;
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}`;
  const byManager = [...new Set(conflicts.map(({ who }) => who))].sort().map((who) => {
    const fields = conflicts.filter((each) => each.who === who).map(({ field }) => `- ${field}`);
    return [`conflicts with ${who}:`, ...fields].join('\n');
  });
  const text = conflicts.length === 1 ? `conflict with ${first.who}: ${first.field}` : byManager.join('\n');
  throw new ApiFailure(409, 'Conflict', `Apply failed with ${count}: ${text}`, {
    causes: conflicts.map(({ who, field }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${who}`,
      field,
    })),
  });
}

function nameOf({ manager, operation, apiVersion, subresource }: Manager): string {
  const part = subresource === undefined ? '' : ` with subresource "${subresource}"`;
  return operation === 'Apply' ? `"${manager}"${part}` : `"${manager}"${part} using ${apiVersion}`;
}

/** Refuses what cannot be applied at all. */
export function checkApply(config: JsonObject, definition: ResourceDefinition): void {
  const { group, version, kind } = definition;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  if (config['apiVersion'] !== apiVersion || config['kind'] !== kind) {
    throw badRequest(
      `invalid object type: ${String(config['apiVersion'] ?? '/')}, Kind=${String(config['kind'] ?? '')}`,
    );
  }
  if (asObject(config['metadata'])['managedFields'] !== undefined)
    throw badRequest('metadata.managedFields must be nil');
}
