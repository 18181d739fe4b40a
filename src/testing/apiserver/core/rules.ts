/** What one kind of object adds to the rules that all share. `rules/` has the kinds. */
import type { Causes } from './failures.js';
import { asObject, withKey, type JsonObject } from './json.js';
import type { NameStyle } from './names.js';

export interface RuleContext {
  /** Now, as timestamps in objects have it. */
  readonly timestamp: string;
  /** Other objects, for rules that depend on them. Undefined: there is none. */
  find(group: string, plural: string, namespace: string | undefined, name: string): JsonObject | undefined;
  /** Five random characters, as generated names end with. */
  suffix(): string;
  /** A free address for a service. */
  serviceAddress(): string;
}

/** Functions take objects and answer objects: what they are given is left as it is. */
export interface Rules {
  /** Fills in what the writer may leave out. Parts that are also in `old` have it already. */
  defaults?(object: JsonObject, old: JsonObject | undefined): JsonObject;
  /** What the server sets when an object is made. */
  prepareCreate?(object: JsonObject): JsonObject;
  /** What admission adds when an object is made; may refuse it by throwing. Such fields have no manager. */
  admit?(object: JsonObject, context: RuleContext): JsonObject;
  /** What a write of the object itself may not touch is put back. */
  prepareUpdate?(next: JsonObject, old: JsonObject): JsonObject;
  /** For each subresource: `old` with what of `next` is taken over. May refuse it by throwing. */
  readonly subresources?: Readonly<
    Record<string, (next: JsonObject, old: JsonObject, context: RuleContext) => JsonObject>
  >;
  validate?(object: JsonObject, causes: Causes): void;
  /** May also throw. */
  validateUpdate?(next: JsonObject, old: JsonObject, causes: Causes, subresource: string | undefined): void;
  /** Whether `metadata.generation` counts the changes of the spec. */
  readonly generation?: boolean;
  /** The grace in seconds with which a delete takes effect; a kind without this is deleted at once. */
  graceOf?(object: JsonObject, requestedSeconds: number | undefined): number;
  /** Default: a DNS subdomain. */
  readonly names?: NameStyle;
  /** PUT makes the object if there is none. */
  readonly createOnUpdate?: boolean;
  /** PUT must name the resourceVersion that it replaces. */
  readonly versionRequired?: boolean;
  /** A delete answers the object rather than a Status. */
  readonly returnsDeleted?: boolean;
}

/** `next` with its status as it was, as writes of the object itself leave it. */
export function keepStatus(next: JsonObject, old: JsonObject): JsonObject {
  return withKey(next, 'status', old['status']);
}

/** `old` with status and metadata of `next`, as writes of the status subresource leave it. */
export function takeStatus(next: JsonObject, old: JsonObject): JsonObject {
  return withKey({ ...old, metadata: next['metadata'] }, 'status', next['status']);
}

export function specOf(object: JsonObject): JsonObject {
  return asObject(object['spec']);
}
