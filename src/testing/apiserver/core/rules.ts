/** What one kind of object adds to the rules that all share. `rules/` has the kinds. */
import type { ResourceDefinition } from './api.js';
import type { Causes } from './failures.js';
import type { JsonObject } from './json.js';

export interface RuleContext {
  readonly now: number;
  /** Other objects, for rules that depend on them. Undefined: there is none. */
  find(plural: string, namespace: string | undefined, name: string): JsonObject | undefined;
}

/** Functions take objects and answer objects: what they are given is left as it is. */
export interface Rules {
  /** Fills in what the writer may leave out. Runs on every write of the object. */
  defaults?(object: JsonObject, context: RuleContext): JsonObject;
  /** What the server sets, and admission, when an object is made. May throw a failure. */
  prepareCreate?(object: JsonObject, context: RuleContext): JsonObject;
  /** What a write of the object itself may not touch is put back. */
  prepareUpdate?(next: JsonObject, old: JsonObject, context: RuleContext): JsonObject;
  /** For each subresource: what of `next` is taken over. */
  readonly subresources?: Readonly<
    Record<string, (next: JsonObject, old: JsonObject, context: RuleContext) => JsonObject>
  >;
  validate?(object: JsonObject, causes: Causes): void;
  validateUpdate?(next: JsonObject, old: JsonObject, causes: Causes, subresource: string | undefined): void;
  /** Whether `metadata.generation` counts the changes of the spec. */
  readonly generation?: boolean;
  /** The grace in seconds with which a delete takes effect; a kind without this is deleted at once. */
  graceOf?(object: JsonObject, requestedSeconds: number | undefined): number;
  /** The name's pattern: a DNS subdomain unless said otherwise. */
  readonly names?: 'subdomain' | 'label' | 'service' | 'path';
  /** PUT makes the object if there is none. */
  readonly createOnUpdate?: boolean;
}

/** `next` with its status as it was, as writes of the object itself leave it. */
export function keepStatus(next: JsonObject, old: JsonObject): JsonObject {
  if (next['status'] === old['status']) return next;
  const rest: Record<string, unknown> = { ...next };
  if (old['status'] === undefined) delete rest['status'];
  else rest['status'] = old['status'];
  return rest;
}

/** `old` with the status of `next`, as writes of the status subresource leave it. */
export function takeStatus(next: JsonObject, old: JsonObject): JsonObject {
  return { ...old, metadata: next['metadata'], ...('status' in next ? { status: next['status'] } : {}) };
}

const statusApart: Rules = { prepareUpdate: keepStatus, subresources: { status: takeStatus } };

const podRules: Rules = {
  generation: true,
  prepareCreate: (pod) => ({ ...pod, status: { phase: 'Pending', qosClass: 'BestEffort' } }),
  prepareUpdate: keepStatus,
  subresources: { status: takeStatus },
  graceOf(pod, requestedSeconds) {
    const spec = (pod['spec'] ?? {}) as { nodeName?: string; terminationGracePeriodSeconds?: number };
    const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
    if (!spec.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
    const seconds = requestedSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
};

export function rulesOf(definition: ResourceDefinition): Rules {
  if (definition.plural === 'pods') return podRules;
  return definition.subresources.includes('status') ? statusApart : {};
}
