/** JSON Patch (RFC 6902) over JSON Pointer (RFC 6901). */
import { ApiFailure } from '../api.js';
import { badRequest } from '../failures.js';
import { equal, isObject, isTooDeep, type JsonObject } from '../json.js';

/**
 * Applies the operations in order; `target` is left as it is. Throws 400 for what is no patch, and 422 for an operation
 * that cannot be done or a `test` that fails.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('the patch must be a list of operations');
  if (patch.length > mostOperations) {
    const allowed = `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`;
    throw new ApiFailure(413, 'RequestEntityTooLarge', allowed);
  }
  const copies = new Copies();
  const patched = patch.reduce<unknown>((document, operation, index) => {
    if (!isObject(operation)) throw badRequest(`operation ${index} of the patch is not an object`);
    return applyOperation(document, operation, copies);
  }, target);
  if (isTooDeep(patched)) throw failed('exceeded max depth');
  return patched;
}

/** As a real apiserver's. */
const mostOperations = 10_000;
const mostCopiedBytes = 3 * 1_048_576;

/** A few operations that each copy all there is would make an object of any size. */
class Copies {
  #bytes = 0;

  take(value: unknown): unknown {
    if (isTooDeep(value)) throw failed('exceeded max depth');
    this.#bytes += JSON.stringify(value).length;
    if (this.#bytes > mostCopiedBytes) throw failed(`copies are more than ${mostCopiedBytes} bytes`);
    return value;
  }
}

function applyOperation(document: unknown, operation: JsonObject, copies: Copies): unknown {
  const path = pointer(operation, 'path');
  switch (operation['op']) {
    case 'add':
      return add(document, path, valueOf(operation));
    case 'remove':
      return edit(document, path, () => removed);
    case 'replace':
      if (path.length === 0) return valueOf(operation);
      return edit(document, path, () => valueOf(operation));
    case 'move': {
      const from = pointer(operation, 'from');
      if (path.length > from.length && from.every((part, index) => part === path[index])) {
        throw failed(`a value cannot be moved into itself: ${String(operation['path'])}`);
      }
      const value = read(document, from);
      return add(
        edit(document, from, () => removed),
        path,
        value,
      );
    }
    case 'copy':
      return add(document, path, copies.take(read(document, pointer(operation, 'from'))));
    case 'test': {
      if (!equal(tryRead(document, path) ?? null, operation['value'] ?? null)) {
        throw failed(`testing value ${String(operation['path'])} failed`);
      }
      return document;
    }
    default:
      throw failed(`unexpected kind: ${String(operation['op'])}`);
  }
}

const removed = Symbol('removed');

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  return edit(document, path.slice(0, -1), (parent) => {
    if (Array.isArray(parent)) {
      const items = parent as unknown[];
      const at = last === '-' ? items.length : indexOf(last, items.length);
      return [...items.slice(0, at), value, ...items.slice(at)];
    }
    if (!isObject(parent)) throw missing(path);
    return withOwn(parent, last, value);
  });
}

/** Replaces what is at `path`, which must exist, by what `change` makes of it. */
function edit(document: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) {
    const value = change(document);
    return value === removed ? null : value;
  }
  if (Array.isArray(document)) {
    const items = document as unknown[];
    const at = indexOf(head, items.length - 1);
    const value = rest.length === 0 ? change(items[at]) : edit(items[at], rest, change);
    return value === removed ? items.toSpliced(at, 1) : items.with(at, value);
  }
  if (!isObject(document) || !Object.hasOwn(document, head)) throw missing(path);
  const value = rest.length === 0 ? change(document[head]) : edit(document[head], rest, change);
  if (value !== removed) return withOwn(document, head, value);
  const { [head]: _, ...others } = document;
  return others;
}

function read(document: unknown, path: readonly string[]): unknown {
  const value = tryRead(document, path);
  if (value === undefined) throw missing(path);
  return value;
}

function tryRead(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => {
    if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(part) ? (value as unknown[])[Number(part)] : undefined;
    return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, document);
}

function pointer(operation: JsonObject, key: 'path' | 'from'): string[] {
  const text = operation[key];
  if (typeof text !== 'string') throw failed(`the ${String(operation['op'])} operation has no ${key}`);
  if (text === '') return [];
  if (!text.startsWith('/')) throw failed(`${key} must begin with a slash: ${text}`);
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueOf(operation: JsonObject): unknown {
  if (!('value' in operation)) throw failed(`the ${String(operation['op'])} operation has no value`);
  return operation['value'];
}

function indexOf(part: string, highest: number): number {
  const index = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : NaN;
  if (!(index <= highest)) throw failed(`unable to access invalid index: ${part}`);
  return index;
}

/** Sets a key as data: `__proto__` is a name like any other. */
function withOwn(object: JsonObject, key: string, value: unknown): JsonObject {
  return Object.fromEntries([...Object.entries(object), [key, value]]);
}

function missing(path: readonly string[]): ApiFailure {
  return failed(`unable to find the path: ${path.map((part) => `/${part}`).join('')}`);
}

/** As little as a real apiserver tells: clients and their tests see no more here than there. `why` is for debugging. */
function failed(why: string): ApiFailure {
  const message = 'the server rejected our request due to an error in our request';
  const failure = new ApiFailure(422, 'Invalid', message, {});
  failure.cause = new Error(why);
  return failure;
}
