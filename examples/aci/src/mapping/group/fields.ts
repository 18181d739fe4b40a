/**
 * What becomes of each field of an object of the API. A field that no table names is refused too, so that one which
 * Kubernetes adds tomorrow is never dropped in silence. The tables are in `pod-fields.ts` and `container-fields.ts`.
 */
import type { Refusals } from './refusals.js';

export type FieldRule =
  /** Another file of this folder reads it, and refuses what of it cannot be had. */
  | 'mapped'
  /** Not a node's business, or without effect on what runs: the comment beside it says which. */
  | 'harmless'
  /** Refused. `unless`: values that ask for what a group does anyway. */
  | { readonly refused: string; readonly unless?: readonly unknown[] };

export type FieldTable = Readonly<Record<string, FieldRule>>;

export function refused(reason: string, ...unless: readonly unknown[]): FieldRule {
  return { refused: reason, unless };
}

export function checkFields(object: object | undefined, path: string, table: FieldTable, refusals: Refusals): void {
  for (const [field, value] of Object.entries(object ?? {})) {
    const rule = Object.hasOwn(table, field) ? table[field] : undefined;
    if (rule === 'mapped' || rule === 'harmless' || !isAskedFor(value) || rule?.unless?.includes(value)) continue;
    refusals.add(`${path}.${field}`, rule?.refused ?? 'not known to this provider');
  }
}

/** False, nothing and empty ask for nothing, for every field that is refused. */
function isAskedFor(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
