import type { FieldFilter } from '../faults.js';

/** Takes fields out of a body, which it changes. */
export function stripFields(body: Record<string, unknown>, filter: FieldFilter): void {
  if (typeof filter === 'function') return filter(body);
  for (const path of filter) remove(body, path.split('.'));
}

function remove(value: unknown, [head, ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || head === undefined) return;
  const fields = value as Record<string, unknown>;
  for (const key of head === '*' ? Object.keys(fields) : [head]) {
    if (rest.length > 0) remove(fields[key], rest);
    else delete fields[key];
  }
}
