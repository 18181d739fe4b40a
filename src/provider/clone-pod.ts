/** Deep copies of JSON, about eight times as fast as `structuredClone`: every pod handed to a provider is one. */
import type { Pod } from '../kube/types.js';

/** A copy that shares nothing with `pod`. */
export function clonePod(pod: Pod): Pod {
  return cloneJson(pod);
}

/** A copy of plain JSON: objects, arrays and primitives. Anything with a prototype of its own comes out as a plain object. */
export function cloneJson<T>(value: T): T {
  return cloneValue(value) as T;
}

function cloneValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let index = 0; index < value.length; index++) copy[index] = cloneValue(value[index]);
    return copy;
  }
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key in source) {
    if (!Object.hasOwn(source, key)) continue;
    const item = source[key];
    // JSON may hold a key `__proto__`, to which an assignment would change the copy's prototype.
    if (key === '__proto__') {
      Object.defineProperty(copy, key, {
        value: cloneValue(item),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else {
      copy[key] = typeof item === 'object' && item !== null ? cloneValue(item) : item;
    }
  }
  return copy;
}
