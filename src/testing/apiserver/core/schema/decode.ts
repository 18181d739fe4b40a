/** Takes what a client sent for an object of a type: unknown fields and nulls go, wrong types are refused. */
import { isObject, type JsonObject } from '../json.js';
import type { ScalarName, ScalarType, SchemaType } from './schema.js';

export interface Decoded {
  readonly value: JsonObject;
  /** Paths of the fields that were dropped, as `spec.containers[0].imag`. */
  readonly unknownFields: readonly string[];
}

/**
 * Answers the same object if nothing had to go. Parts that are also in `known` were taken before and are not looked at
 * again. Throws what `refuse` makes of it for a value of the wrong type.
 */
export function decode(
  object: JsonObject,
  type: SchemaType,
  refuse: (why: string) => Error,
  known?: JsonObject,
): Decoded {
  const unknownFields: string[] = [];
  return { value: visit(object, type, '', known) as JsonObject, unknownFields };

  function visit(value: unknown, at: SchemaType, path: string, before: unknown): unknown {
    if (value === before || at.kind === 'any') return value;
    switch (at.kind) {
      case 'scalar':
        return scalar(value, at, path);
      case 'list':
        return list(value, at.item, path, before);
      case 'map':
        return fields(value, path, before, () => at.item);
      case 'struct':
        return fields(value, path, before, (key) => at.fields.get(key)?.type);
    }
  }

  function list(value: unknown, item: SchemaType, path: string, before: unknown): unknown {
    if (!Array.isArray(value)) throw refuse(`json: cannot unmarshal ${typeName(value)} into Go struct field ${path}`);
    const olds = Array.isArray(before) ? (before as unknown[]) : [];
    const items = value as unknown[];
    const result = items.map((each, index) => visit(each, item, `${path}[${index}]`, olds[index]));
    return result.every((each, index) => each === items[index]) ? value : result;
  }

  function fields(
    value: unknown,
    path: string,
    before: unknown,
    typeOf: (key: string) => SchemaType | undefined,
  ): unknown {
    if (!isObject(value)) throw refuse(`json: cannot unmarshal ${typeName(value)} into Go struct field ${path}`);
    const old = isObject(before) ? before : undefined;
    let result: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const item = value[key];
      const type = typeOf(key);
      const taken =
        type === undefined || item === null || item === undefined
          ? nullOf(type, item)
          : visit(item, type, path === '' ? key : `${path}.${key}`, old?.[key]);
      if (type === undefined) unknownFields.push(path === '' ? key : `${path}.${key}`);
      if (taken === item && item !== undefined) continue;
      result ??= { ...value };
      if (taken === undefined) delete result[key];
      else result[key] = taken;
    }
    return result ?? value;
  }

  function scalar(value: unknown, { scalar: name }: ScalarType, path: string): unknown {
    const problem = problemOf(name, value);
    if (problem === undefined) return value;
    throw refuse(problem === '' ? `json: cannot unmarshal ${typeName(value)} into Go struct field ${path}` : problem);
  }
}

/** Times may be null, and stay so; any other null is the absence of a value. */
function nullOf(type: SchemaType | undefined, value: unknown): unknown {
  if (value === null && type?.kind === 'scalar' && (type.scalar === 'time' || type.scalar === 'microTime')) return null;
  return undefined;
}

const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Undefined: the value fits. Empty: it is of another JSON type. */
function problemOf(name: ScalarName, value: unknown): string | undefined {
  const type = typeof value;
  switch (name) {
    case 'string':
      return type === 'string' ? undefined : '';
    case 'bool':
      return type === 'boolean' ? undefined : '';
    case 'int':
      return Number.isInteger(value) ? undefined : '';
    case 'number':
      return type === 'number' ? undefined : '';
    case 'intOrString':
      return type === 'string' || Number.isInteger(value) ? undefined : '';
    case 'quantity':
      if (type === 'number' || (type === 'string' && quantity.test(value as string))) return undefined;
      return type === 'string'
        ? "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        : '';
    case 'bytes':
      if (type !== 'string') return '';
      return base64.test(value as string) ? undefined : 'illegal base64 data at input byte 0';
    case 'time':
    case 'microTime':
      if (type !== 'string') return '';
      return Number.isNaN(Date.parse(value as string))
        ? `parsing time ${JSON.stringify(value)} as RFC 3339`
        : undefined;
  }
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
