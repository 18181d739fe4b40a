/** Field sets of objects by their types: what a value holds, what two values differ in, and merging and pruning by fields. */
import { asObject, equal, isObject, setOwn, type JsonObject } from '../json.js';
import { arrange } from '../list-order.js';
import { anyType, type ListType, type SchemaType } from '../schema/schema.js';
import { emptySet, fieldSet, isEmpty, leaf, type FieldSet } from './field-set.js';

/** How a value is divided: into fields, into list items, or not at all. */
type Division = 'fields' | 'items' | 'whole';

function divisionOf(value: unknown, type: SchemaType): Division {
  if (isObject(value)) {
    if (type.kind === 'struct' || type.kind === 'map') return type.atomic ? 'whole' : 'fields';
    return type.kind === 'any' ? 'fields' : 'whole';
  }
  return Array.isArray(value) && type.kind === 'list' && type.keys !== undefined ? 'items' : 'whole';
}

export function fieldType(type: SchemaType, name: string): SchemaType {
  if (type.kind === 'struct') return type.fields.get(name)?.type ?? anyType;
  return type.kind === 'map' ? type.item : anyType;
}

/** The branch for a list's item: `k:{"name":"web"}`, or `v:"x"` in a set. */
export function itemKey(item: unknown, { keys }: ListType): string {
  if (keys === 'set' || keys === undefined) return `v:${JSON.stringify(item)}`;
  const object = asObject(item);
  let text = '';
  for (const { name, absent } of keys) {
    const value = object[name] ?? absent;
    if (value !== undefined) text += `${text === '' ? '' : ','}"${name}":${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** The fields that an applied configuration names. */
export function fieldsOf(value: unknown, type: SchemaType): FieldSet {
  switch (divisionOf(value, type)) {
    case 'whole':
      return leaf;
    case 'fields': {
      const children = new Map<string, FieldSet>();
      for (const [name, each] of Object.entries(value as JsonObject)) {
        const below = fieldsOf(each, fieldType(type, name));
        const named = type.kind !== 'struct' || each === null || (isObject(each) && Object.keys(each).length === 0);
        children.set(`f:${name}`, named ? { member: true, children: below.children } : below);
      }
      return fieldSet(false, children);
    }
    case 'items': {
      const list = type as ListType;
      const children = new Map<string, FieldSet>();
      for (const item of value as unknown[]) {
        const below = list.keys === 'set' ? leaf : fieldsOf(item, list.item);
        children.set(itemKey(item, list), { member: true, children: below.children });
      }
      return fieldSet(false, children);
    }
  }
}

/** Every place of a value, branches included: what appears or goes with it. */
function allOf(value: unknown, type: SchemaType): FieldSet {
  const children = new Map<string, FieldSet>();
  const division = divisionOf(value, type);
  if (division === 'fields') {
    for (const [name, each] of Object.entries(value as JsonObject)) {
      children.set(`f:${name}`, allOf(each, fieldType(type, name)));
    }
  } else if (division === 'items') {
    const list = type as ListType;
    for (const item of value as unknown[]) {
      children.set(itemKey(item, list), list.keys === 'set' ? leaf : allOf(item, list.item));
    }
  }
  return children.size === 0 ? leaf : { member: true, children };
}

export interface Comparison {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const same: Comparison = { changed: emptySet, removed: emptySet };

/** What `next` differs in from `old`. Shared parts are not looked at. */
export function compare(old: unknown, next: unknown, type: SchemaType): Comparison {
  if (old === next) return same;
  const absent = next === undefined || next === null;
  if (old === undefined || old === null) return absent ? same : { changed: allOf(next, type), removed: emptySet };
  if (absent) return { changed: emptySet, removed: allOf(old, type) };
  const division = divisionOf(next, type);
  if (division === 'whole' || divisionOf(old, type) !== division) {
    return equal(old, next) ? same : { changed: leaf, removed: emptySet };
  }
  const changed = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  const visit = (key: string, before: unknown, after: unknown, at: SchemaType): void => {
    const inner = compare(before, after, at);
    if (!isEmpty(inner.changed)) changed.set(key, inner.changed);
    if (!isEmpty(inner.removed)) removed.set(key, inner.removed);
  };
  if (division === 'fields') {
    const [before, after] = [old as JsonObject, next as JsonObject];
    for (const name of Object.keys(after)) visit(`f:${name}`, before[name], after[name], fieldType(type, name));
    for (const name of Object.keys(before)) {
      if (!(name in after)) visit(`f:${name}`, before[name], undefined, fieldType(type, name));
    }
  } else {
    const list = type as ListType;
    const before = new Map((old as unknown[]).map((item) => [itemKey(item, list), item]));
    const after = new Map((next as unknown[]).map((item) => [itemKey(item, list), item]));
    for (const [key, item] of after) visit(key, before.get(key), item, list.item);
    for (const [key, item] of before) if (!after.has(key)) visit(key, item, undefined, list.item);
  }
  return { changed: fieldSet(false, changed), removed: fieldSet(false, removed) };
}

/** `live` with what `config` names, item by item and field by field. */
export function merge(live: unknown, config: unknown, type: SchemaType): unknown {
  const division = divisionOf(config, type);
  if (config === undefined) return live;
  if (division === 'whole' || live === undefined || divisionOf(live, type) !== division) return config;
  if (division === 'fields') {
    const result: Record<string, unknown> = { ...(live as JsonObject) };
    for (const [name, each] of Object.entries(config as JsonObject)) {
      const before = Object.hasOwn(result, name) ? result[name] : undefined;
      setOwn(result, name, merge(before, each, fieldType(type, name)));
    }
    return equal(result, live) ? live : result;
  }
  const list = type as ListType;
  const keyOf = (item: unknown): string => itemKey(item, list);
  const items = new Map((live as unknown[]).map((item) => [keyOf(item), item]));
  for (const item of config as unknown[]) {
    const key = keyOf(item);
    items.set(key, list.keys === 'set' ? item : merge(items.get(key), item, list.item));
  }
  const merged = arrange([...items.values()], config as unknown[], live as unknown[], keyOf);
  return equal(merged, live) ? live : merged;
}

/** `value` without the places of `last` that have no owner any more; what nobody ever owned below them goes too. */
export function prune(value: unknown, last: FieldSet, owned: FieldSet, type: SchemaType): unknown {
  const gone = new Set<string>();
  const deeper = new Map<string, readonly [FieldSet, FieldSet]>();
  for (const [key, before] of last.children) {
    const owner = owned.children.get(key);
    if (owner === undefined) gone.add(key);
    else if (before.children.size > 0) deeper.set(key, [before, owner]);
  }
  const inner = (key: string, each: unknown, at: SchemaType): unknown => {
    const sets = deeper.get(key);
    return sets === undefined ? each : prune(each, sets[0], sets[1], at);
  };
  const division = divisionOf(value, type);
  if (division === 'fields') {
    const kept = Object.entries(value as JsonObject).filter(([name]) => !gone.has(`f:${name}`));
    return Object.fromEntries(kept.map(([name, each]) => [name, inner(`f:${name}`, each, fieldType(type, name))]));
  }
  if (division === 'items') {
    const list = type as ListType;
    const kept = (value as unknown[]).filter((item) => !gone.has(itemKey(item, list)));
    return kept.map((item) => inner(itemKey(item, list), item, list.item));
  }
  return value;
}
