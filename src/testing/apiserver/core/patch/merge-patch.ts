import { equal, isObject, setOwn } from '../json.js';

/** JSON Merge Patch (RFC 7386): objects merge, `null` removes, anything else replaces. Unchanged parts are shared. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return equal(target, patch) ? target : patch;
  const base = isObject(target) ? target : {};
  let result: Record<string, unknown> | undefined;
  for (const key of Object.keys(patch)) {
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    const value = patch[key] === null ? undefined : mergePatch(old, patch[key]);
    if (value === old) continue;
    result ??= { ...base };
    if (value === undefined) delete result[key];
    else setOwn(result, key, value);
  }
  return result ?? base;
}
