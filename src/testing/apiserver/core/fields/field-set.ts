/**
 * Sets of fields as server-side apply keeps them: a tree whose branches are `f:name` (a field), `k:{…}` (a list item by its
 * keys) and `v:…` (a set's member). Immutable; operations share what they can. Wire form: FieldsV1.
 */
import { isObject, setOwn, type JsonObject } from '../json.js';

export interface FieldSet {
  /** Whether the place itself is in the set, apart from what is below it. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

const noChildren: ReadonlyMap<string, FieldSet> = new Map();
export const emptySet: FieldSet = { member: false, children: noChildren };
export const leaf: FieldSet = { member: true, children: noChildren };

export function isEmpty(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** A set of these parts; empty children are left out. */
export function fieldSet(member: boolean, children: Map<string, FieldSet>): FieldSet {
  for (const [key, child] of children) if (isEmpty(child)) children.delete(key);
  if (children.size === 0) return member ? leaf : emptySet;
  return { member, children };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, child] of b.children) {
    const mine = a.children.get(key);
    const both = mine === undefined ? child : union(mine, child);
    if (both !== mine) (children ??= new Map(a.children)).set(key, both);
  }
  if (children === undefined && (a.member || !b.member)) return a;
  return { member: a.member || b.member, children: children ?? a.children };
}

/** What is in `a` and not in `b`, place by place: a place may go while what is below it stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, child] of b.children) {
    const mine = a.children.get(key);
    if (mine === undefined) continue;
    const rest = difference(mine, child);
    if (rest !== mine) (children ??= new Map(a.children)).set(key, rest);
  }
  if (children === undefined && !(a.member && b.member)) return a;
  return fieldSet(a.member && !b.member, children ?? new Map(a.children));
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (other !== undefined) children.set(key, intersection(child, other));
  }
  return fieldSet(a.member && b.member, children);
}

/** `a` without the places that `paths` ends at and all below them. */
export function without(a: FieldSet, paths: FieldSet): FieldSet {
  if (paths.member) return emptySet;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, path] of paths.children) {
    const mine = a.children.get(key);
    if (mine === undefined) continue;
    const rest = without(mine, path);
    if (rest !== mine) (children ??= new Map(a.children)).set(key, rest);
  }
  return children === undefined ? a : fieldSet(a.member, children);
}

export function sameFields(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.member !== b.member || a.children.size !== b.children.size) return false;
  return [...a.children].every(([key, child]) => {
    const other = b.children.get(key);
    return other !== undefined && sameFields(child, other);
  });
}

export function fromFieldsV1(json: unknown): FieldSet {
  if (!isObject(json)) return emptySet;
  const keys = Object.keys(json);
  if (keys.length === 0) return leaf;
  const children = new Map<string, FieldSet>();
  for (const key of keys) if (key !== '.') children.set(key, fromFieldsV1(json[key]));
  return { member: '.' in json, children };
}

export function toFieldsV1(set: FieldSet): JsonObject {
  if (set.children.size === 0) return {};
  const result: Record<string, unknown> = set.member ? { '.': {} } : {};
  for (const key of [...set.children.keys()].sort()) {
    setOwn(result, key, toFieldsV1(set.children.get(key) as FieldSet));
  }
  return result;
}

/** All places in the set, as `.spec.containers[name="web"].image`. */
export function pathsOf(set: FieldSet, path = ''): string[] {
  const below = [...set.children].flatMap(([key, child]) => pathsOf(child, path + pathElement(key)));
  return set.member ? [path, ...below] : below;
}

function pathElement(key: string): string {
  const text = key.slice(2);
  if (key.startsWith('f:')) return `.${text}`;
  if (key.startsWith('v:')) return `[=${text}]`;
  const keys = Object.entries(JSON.parse(text) as JsonObject).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`,
  );
  return `[${keys.join(',')}]`;
}
