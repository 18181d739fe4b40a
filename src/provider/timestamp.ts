import { VkError } from '../runtime/errors.js';

/**
 * Times as the API writes them (`metav1.Time`): RFC 3339 in UTC, whole seconds. Throws `InvalidInput` for what is none,
 * such as what `Date.parse` makes of a text that it cannot read.
 */
export function timestamp(time: number | Date): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime()))
    throw new VkError('InvalidInput', `time ${Number(time)}: is none that a date can hold`);
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}
