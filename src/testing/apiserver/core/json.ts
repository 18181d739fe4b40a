/** JSON values as the core sees them. Nothing here mutates what it is given: changed objects share their unchanged parts. */

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` if it is an object, else an empty one: reads through what may be missing. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Deep equality of JSON values; keys may come in any order. Parts that are shared compare at once. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equal(item, b[index]));
  }
  const left = a as JsonObject;
  const right = b as JsonObject;
  let count = 0;
  for (const key in left) {
    if (left[key] === undefined) continue;
    count++;
    if (!equal(left[key], right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) count--;
  return count === 0;
}

/** `object` without `keys`; the same object if it has none of them. */
export function omit(object: JsonObject, ...keys: readonly string[]): JsonObject {
  if (!keys.some((key) => key in object)) return object;
  const rest: Record<string, unknown> = { ...object };
  for (const key of keys) delete rest[key];
  return rest;
}

/** `object` with `key` set, or removed if `value` is undefined; the same object if that changes nothing. */
export function withKey(object: JsonObject, key: string, value: unknown): JsonObject {
  if (value === undefined) return omit(object, key);
  return object[key] === value ? object : { ...object, [key]: value };
}

/** Assigns without invoking the setter that `__proto__` is. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

/** What is deeper is refused: Go's reader has a bound, too, and here whoever walks it calls itself once for each level. */
export const deepestJson = 1_000;

/** Whether `value` has more than {@link deepestJson} levels. */
export function isTooDeep(value: unknown, levels = deepestJson): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isTooDeep((value as JsonObject)[key], levels - 1)) return true;
  return false;
}
