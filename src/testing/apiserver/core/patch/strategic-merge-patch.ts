/**
 * Strategic merge patch: merge patch that knows which lists are maps in truth. Directives: `$patch` (replace, delete),
 * `$retainKeys`, `$setElementOrder/field`, `$deleteFromPrimitiveList/field`. Source: Kubernetes' API conventions and
 * the order of list items that the apiserver's implementation shows.
 */
import { ApiFailure } from '../api.js';
import { badRequest } from '../failures.js';
import { asArray, equal, isObject, omit, setOwn, type JsonObject } from '../json.js';
import { arrange } from '../list-order.js';
import type { ListType, SchemaType } from '../schema/schema.js';
import { anyType } from '../schema/schema.js';

const directive = '$patch';
const retainKeys = '$retainKeys';
const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

/** `target` is left as it is; the result shares its unchanged parts. Throws 400 for what is no object,
 * and 500, as the apiserver does, for directives that make no sense. */
export function strategicMergePatch(target: JsonObject, patch: unknown, type: SchemaType): JsonObject {
  if (!isObject(patch)) throw badRequest('the patch must be an object');
  return mergeObject(target, patch, type);
}

function mergeObject(target: JsonObject, patch: JsonObject, type: SchemaType): JsonObject {
  const command = patch[directive];
  if (command === 'replace') {
    const { [directive]: _, ...rest } = patch;
    return withoutDirectives(rest) as JsonObject;
  }
  if (command === 'delete') return {};
  if (command !== undefined) {
    throw unprocessable(`unknown patch type: ${JSON.stringify(command)} in map: ${JSON.stringify(patch)}`);
  }
  const base = patch[retainKeys] === undefined ? target : retain(target, patch);
  let result: Record<string, unknown> | undefined;
  const set = (key: string, value: unknown): void => {
    if (value === base[key] && (value !== undefined || !(key in base))) return;
    result ??= { ...base };
    if (value === undefined) delete result[key];
    else setOwn(result, key, value);
  };
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (!key.startsWith('$')) {
      const order = patch[orderPrefix + key];
      const merged = value === null ? undefined : mergeField(base, value, type, key, order);
      set(key, merged);
    } else if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length);
      const list = (result ?? base)[field];
      const gone = asArray(value);
      if (Array.isArray(list))
        set(
          field,
          list.filter((item) => !gone.some((each) => equal(each, item))),
        );
    } else if (key.startsWith(orderPrefix)) {
      const field = key.slice(orderPrefix.length);
      // With a list of its own in the patch, the order is applied when that is merged.
      if (patch[field] === undefined) set(field, reordered(base[field], asArray(value), fieldType(type, field)));
    }
  }
  return result ?? base;
}

function mergeField(target: JsonObject, patch: unknown, parent: SchemaType, key: string, order: unknown): unknown {
  const old = Object.hasOwn(target, key) ? target[key] : undefined;
  const type = fieldType(parent, key);
  if (isObject(patch)) {
    if (!isObject(old)) return withoutDirectives(patch);
    const replaced = parent.kind === 'struct' && parent.fields.get(key)?.replaced === true;
    return replaced ? patch : mergeObject(old, patch, type);
  }
  if (Array.isArray(patch) && type.kind === 'list' && type.mergeKey !== undefined) {
    return mergeList(asArray(old), patch as unknown[], type, order === undefined ? undefined : asArray(order));
  }
  return equal(patch, old) ? old : patch;
}

function mergeList(
  target: readonly unknown[],
  patch: readonly unknown[],
  type: ListType,
  order: readonly unknown[] | undefined,
): readonly unknown[] {
  const mergeKey = type.mergeKey ?? '';
  if (mergeKey === '') {
    const merged = distinct([...target, ...patch]);
    return arrange(merged, order ?? patch, target, JSON.stringify);
  }
  const keyOf = (item: unknown): unknown => (isObject(item) ? item[mergeKey] : undefined);
  const wanted: JsonObject[] = [];
  const gone: unknown[] = [];
  let replace = false;
  for (const item of patch) {
    if (!isObject(item)) throw unprocessable(`the patch of a list that is merged by ${mergeKey} must hold objects`);
    const command = item[directive];
    if (command === 'replace') {
      replace = true;
      continue;
    }
    if (command !== undefined && command !== 'delete') {
      throw unprocessable(`unknown patch type: ${JSON.stringify(command)} in map: ${JSON.stringify(item)}`);
    }
    if (keyOf(item) === undefined) {
      throw unprocessable(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    }
    if (command === 'delete') gone.push(keyOf(item));
    else wanted.push(item);
  }
  if (replace) return wanted.map(withoutDirectives);
  const merged =
    gone.length === 0 ? [...target] : target.filter((item) => !gone.some((key) => equal(key, keyOf(item))));
  let latest = -1;
  let inPlace = true;
  for (const item of wanted) {
    const at = merged.findIndex((each) => equal(keyOf(each), keyOf(item)));
    const old = merged[at];
    if (at < 0) merged.push(withoutDirectives(item));
    else merged[at] = mergeObject(isObject(old) ? old : {}, item, type.item);
    inPlace &&= at > latest;
    latest = at;
  }
  // Items that were there, in the order in which they were there, stay where they are.
  if (inPlace && order === undefined) return sameItems(merged, target) ? target : merged;
  return arrange(merged, order ?? wanted, target, (item) => JSON.stringify(keyOf(item)));
}

function reordered(list: unknown, order: readonly unknown[], type: SchemaType): unknown {
  if (!Array.isArray(list) || type.kind !== 'list' || type.mergeKey === undefined) return list;
  const { mergeKey } = type;
  const items = list as unknown[];
  const sorted = arrange(items, order, items, (item) =>
    JSON.stringify(mergeKey !== '' && isObject(item) ? item[mergeKey] : item),
  );
  return sameItems(sorted, items) ? items : sorted;
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

/** `target` with nothing but the fields that the patch's list names. */
function retain(target: JsonObject, patch: JsonObject): JsonObject {
  const kept = new Set(asArray(patch[retainKeys]));
  const stray = Object.keys(patch).find((key) => !key.startsWith('$') && patch[key] !== null && !kept.has(key));
  if (stray !== undefined) throw unprocessable(`the field ${stray} of the patch is not in its ${retainKeys} list`);
  return omit(target, ...Object.keys(target).filter((key) => !kept.has(key)));
}

function fieldType(type: SchemaType, key: string): SchemaType {
  if (type.kind === 'struct') return type.fields.get(key)?.type ?? anyType;
  return type.kind === 'map' ? type.item : anyType;
}

/** A patch that makes no sense. The apiserver answers 500 to these, as this does. */
function unprocessable(why: string): ApiFailure {
  return new ApiFailure(500, 'InternalError', why);
}

/** What a patch adds where nothing was: its values, without the nulls and directives in them. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isObject(item) && item[directive] !== undefined)).map(withoutDirectives);
  }
  if (!isObject(value)) return value;
  if (value[directive] === 'delete') return {};
  const kept = Object.entries(value).filter(([key, item]) => item !== null && !key.startsWith('$'));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutDirectives(item)]));
}

function distinct(items: readonly unknown[]): unknown[] {
  return items.filter((item, index) => items.findIndex((each) => equal(each, item)) === index);
}
