/**
 * Whether the apiserver already holds what a provider reports. Literal equality is too strict: the server cuts times to
 * seconds, leaves empty values out or fills them in, and writes quantities in its own way; a report that differs in that
 * alone would be sent again and again.
 */

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** A time as the apiserver keeps it: UTC, whole seconds. Anything else is returned as it is. */
export function serverTime(value: string): string {
  if (!timePattern.test(value)) return value;
  const at = Date.parse(value);
  return Number.isNaN(at) ? value : `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Whether `held` (the server's) says the same as `reported` (the provider's). */
export function holds(held: unknown, reported: unknown): boolean {
  if (held === reported) return true;
  if (isEmpty(held) && isEmpty(reported)) return true;
  if (typeof held === 'string' && typeof reported === 'string') {
    return timePattern.test(held) && held === serverTime(reported);
  }
  if (Array.isArray(held) && Array.isArray(reported)) {
    return held.length === reported.length && held.every((item, index) => holds(item, reported[index]));
  }
  if (!isRecord(held) || !isRecord(reported)) return false;
  for (const key of Object.keys(reported)) if (!holds(held[key], reported[key])) return false;
  for (const key of Object.keys(held)) if (!(key in reported) && !isEmpty(held[key])) return false;
  return true;
}

/** What an omitted field stands for: the empty value of its type. An object is empty if all that it holds is. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every(isEmpty);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
