/**
 * Strategic merge patch: merge patch that knows which lists are maps in truth. Directives: `$patch` (replace, delete),
 * `$retainKeys`, `$setElementOrder/field`, `$deleteFromPrimitiveList/field`. Source: Kubernetes' API conventions and
 * the order of list items that the apiserver's implementation shows.
 */
import { ApiFailure } from '../api.js';
import { badRequest } from '../failures.js';
import { asArray, equal, isObject, type JsonObject } from '../json.js';
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
  const result: Record<string, unknown> = { ...target };
  if (patch[retainKeys] !== undefined) retain(result, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key === directive || key === retainKeys) continue;
    if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length);
      const gone = asArray(value);
      const list = result[field];
      if (Array.isArray(list)) result[field] = list.filter((item) => !gone.some((each) => equal(each, item)));
      continue;
    }
    if (key.startsWith(orderPrefix)) {
      const field = key.slice(orderPrefix.length);
      // With a list of its own in the patch, the order is applied when that is merged.
      if (patch[field] === undefined) reorder(result, field, asArray(value), fieldType(type, field));
      continue;
    }
    if (value === null) {
      delete result[key];
      continue;
    }
    const order = patch[orderPrefix + key];
    result[key] = mergeField(result[key], value, type, key, order === undefined ? undefined : asArray(order));
  }
  return result;
}

function mergeField(
  target: unknown,
  patch: unknown,
  parent: SchemaType,
  key: string,
  order: readonly unknown[] | undefined,
): unknown {
  const type = fieldType(parent, key);
  const replaced = parent.kind === 'struct' && parent.fields.get(key)?.replaced === true;
  if (isObject(patch)) {
    if (!isObject(target)) return withoutDirectives(patch);
    return replaced ? patch : mergeObject(target, patch, type);
  }
  if (Array.isArray(patch) && type.kind === 'list' && type.mergeKey !== undefined) {
    return mergeList(asArray(target), patch as unknown[], type, order);
  }
  return patch;
}

function mergeList(
  target: readonly unknown[],
  patch: readonly unknown[],
  type: ListType,
  order: readonly unknown[] | undefined,
): unknown[] {
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
  const merged = target.filter((item) => !gone.some((key) => equal(key, keyOf(item))));
  for (const item of wanted) {
    const at = merged.findIndex((each) => equal(keyOf(each), keyOf(item)));
    const old = merged[at];
    if (at < 0) merged.push(withoutDirectives(item));
    else merged[at] = mergeObject(isObject(old) ? old : {}, item, type.item);
  }
  return arrange(merged, order ?? wanted, target, (item) => JSON.stringify(keyOf(item)));
}

function reorder(result: Record<string, unknown>, field: string, order: readonly unknown[], type: SchemaType): void {
  const list = result[field];
  if (!Array.isArray(list) || type.kind !== 'list' || type.mergeKey === undefined) return;
  const { mergeKey } = type;
  result[field] = arrange(list as unknown[], order, list as unknown[], (item) =>
    JSON.stringify(mergeKey !== '' && isObject(item) ? item[mergeKey] : item),
  );
}

function retain(result: Record<string, unknown>, patch: JsonObject): void {
  const kept = new Set(asArray(patch[retainKeys]));
  const stray = Object.keys(patch).find((key) => !key.startsWith('$') && patch[key] !== null && !kept.has(key));
  if (stray !== undefined) throw unprocessable(`the field ${stray} of the patch is not in its ${retainKeys} list`);
  for (const key of Object.keys(result)) if (!kept.has(key)) delete result[key];
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
