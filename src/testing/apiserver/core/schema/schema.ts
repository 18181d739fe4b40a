/**
 * The types of the objects held: their fields, and how lists and maps merge. Strategic merge patch, server-side apply,
 * field validation and OpenAPI are all driven by it. `tables/` has the types, in this notation:
 *
 *     Name               a struct; `Name@`: apply treats it as one value
 *       field:string     a field; `field!:…`: required
 *     [T]                a list that is one value
 *     [T](a,b=TCP)       a list whose items apply knows by the fields a and b, b being TCP where left out
 *     [T]()              a set of primitives
 *     [T]~a              a list that strategic merge patch merges by the field a; `~` alone: primitives; `&`: retainKeys
 *     {T}                a map; `{T}@`: apply treats it as one value
 *     …~replace          a struct that strategic merge patch replaces
 */
import { containerTypes } from './tables/containers.js';
import { metadataTypes } from './tables/metadata.js';
import { nodeTypes } from './tables/nodes.js';
import { otherTypes } from './tables/others.js';
import { podStatusTypes } from './tables/pod-status.js';
import { podTypes } from './tables/pods.js';
import { volumeTypes } from './tables/volumes.js';
import type { ResourceDefinition } from '../api.js';

export type ScalarName =
  'string' | 'int' | 'number' | 'bool' | 'quantity' | 'intOrString' | 'time' | 'microTime' | 'bytes';

export interface ScalarType {
  readonly kind: 'scalar';
  readonly scalar: ScalarName;
}
/** Anything: no field of it is known. */
export interface AnyType {
  readonly kind: 'any';
}
export interface StructType {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
  readonly atomic: boolean;
}
export interface MapType {
  readonly kind: 'map';
  readonly item: SchemaType;
  readonly atomic: boolean;
}
export interface ListKey {
  readonly name: string;
  /** What the key is where an item leaves it out. */
  readonly absent?: string;
}
export interface ListType {
  readonly kind: 'list';
  readonly item: SchemaType;
  /** How apply tells items apart: by these keys (in alphabetical order), by value (`set`), or not at all. */
  readonly keys: readonly ListKey[] | 'set' | undefined;
  /** Strategic merge patch merges items by this field; empty: primitives; undefined: the list is replaced. */
  readonly mergeKey: string | undefined;
  readonly retainKeys: boolean;
}
export type SchemaType = ScalarType | AnyType | StructType | MapType | ListType;

export interface Field {
  readonly name: string;
  readonly type: SchemaType;
  readonly required: boolean;
  /** Strategic merge patch replaces the field's value. */
  readonly replaced: boolean;
}

export const anyType: AnyType = { kind: 'any' };

const scalars: ReadonlySet<string> = new Set<ScalarName>([
  'string',
  'int',
  'number',
  'bool',
  'quantity',
  'intOrString',
  'time',
  'microTime',
  'bytes',
]);

export class Schema {
  readonly #sources = new Map<string, { readonly fields: string[]; readonly atomic: boolean }>();
  readonly #structs = new Map<string, StructType>();

  constructor() {
    const tables = [metadataTypes, nodeTypes, podTypes, containerTypes, podStatusTypes, volumeTypes, otherTypes];
    for (const table of tables) this.#read(table);
  }

  /** The type of a resource's objects; anything for a kind that no table has. */
  ofResource(definition: ResourceDefinition): StructType | AnyType {
    const name = definition.group === 'events.k8s.io' ? 'EventsEvent' : definition.kind;
    return this.#sources.has(name) ? this.struct(name) : anyType;
  }

  /** Names of all structs. */
  get names(): readonly string[] {
    return [...this.#sources.keys()];
  }

  struct(name: string): StructType {
    const known = this.#structs.get(name);
    if (known) return known;
    const source = this.#sources.get(name);
    if (!source) throw new TypeError(`schema type ${name} is not defined`);
    const fields = new Map<string, Field>();
    const struct: StructType = { kind: 'struct', name, fields, atomic: source.atomic };
    this.#structs.set(name, struct);
    for (const text of source.fields) {
      const field = this.#field(text);
      fields.set(field.name, field);
    }
    return struct;
  }

  #read(table: string): void {
    let fields: string[] = [];
    for (const line of table.split('\n')) {
      if (line === '') continue;
      if (line.startsWith(' ')) {
        fields.push(...line.trim().split(/ +/));
        continue;
      }
      fields = [];
      this.#sources.set(line.replace('@', ''), { fields, atomic: line.endsWith('@') });
    }
  }

  #field(text: string): Field {
    const colon = text.indexOf(':');
    const name = text.slice(0, colon);
    const type = text.slice(colon + 1);
    const replaced = type.endsWith('~replace');
    return {
      name: name.replace('!', ''),
      required: name.endsWith('!'),
      type: this.#type(replaced ? type.slice(0, -'~replace'.length) : type),
      replaced,
    };
  }

  #type(text: string): SchemaType {
    if (text.startsWith('[')) return this.#list(text);
    if (text.startsWith('{')) {
      const end = text.lastIndexOf('}');
      return { kind: 'map', item: this.#type(text.slice(1, end)), atomic: text.endsWith('@') };
    }
    if (text === 'any') return anyType;
    return scalars.has(text) ? { kind: 'scalar', scalar: text as ScalarName } : this.struct(text);
  }

  #list(text: string): ListType {
    const end = text.lastIndexOf(']');
    const [, keys, mergeKey, retainKeys] = /^(\([^)]*\))?(~\w*)?(&)?$/.exec(text.slice(end + 1)) ?? [];
    return {
      kind: 'list',
      item: this.#type(text.slice(1, end)),
      keys: keys === undefined ? undefined : keys === '()' ? 'set' : keys.slice(1, -1).split(',').sort().map(listKey),
      mergeKey: mergeKey?.slice(1),
      retainKeys: retainKeys !== undefined,
    };
  }
}

function listKey(text: string): ListKey {
  const [name = '', absent] = text.split('=');
  return { name, ...(absent === undefined ? {} : { absent }) };
}
