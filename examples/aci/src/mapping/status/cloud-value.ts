/**
 * Reading what a cloud answered. Any part of an answer may be missing, or be of another type than its documentation says:
 * each of these gives undefined, or nothing, for what is not as it should be.
 */

/** More of a text than anybody reads. The API bounds what a status and an Event hold. */
const longestText = 1_024;

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Never empty. */
export function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length > longestText ? `${value.slice(0, longestText - 1)}…` : value;
}

/** A whole number that a field of the API holds (int32). */
export function integer(value: unknown): number | undefined {
  return typeof value === 'number' && (value | 0) === value ? value : undefined;
}

/**
 * In ms since the epoch: the SDK gives dates, JSON text. Times before 1970 stand for none (Go's zero is of the year 1), and
 * those after the year 9999 have no form in the API.
 */
export function time(value: unknown): number | undefined {
  if (typeof value !== 'string' && !(value instanceof Date)) return undefined;
  const ms = new Date(value).getTime();
  return ms > 0 && ms < 253_402_300_800_000 ? ms : undefined;
}

/** `text` if Kubernetes takes it for a reason: one word in CamelCase. */
export function reason(value: unknown): string | undefined {
  const word = text(value);
  return word !== undefined && /^[A-Z][A-Za-z0-9]{0,127}$/.test(word) ? word : undefined;
}
