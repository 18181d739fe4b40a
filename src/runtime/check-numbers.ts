/** Options that are numbers, and make sense. */
import { VkError } from './errors.js';

/** The least that an option may be, or that it is more than nothing. */
export type Least = number | 'above 0';

/**
 * Throws `InvalidInput` for the first of `numbers` that is none, or less than `least`. What is undefined was left out and
 * passes; `Infinity` is a number, NaN is none. `of`: what has the options, if their names do not tell.
 */
export function checkNumbers(numbers: object, least: Least, of = ''): void {
  for (const [name, value] of Object.entries(numbers) as [string, number | undefined][]) {
    if (value === undefined) continue;
    if (typeof value === 'number' && (least === 'above 0' ? value > 0 : value >= least)) continue;
    const limits = least === 'above 0' ? least : `from ${least} up`;
    const which = of === '' ? name : `${name} of ${of}`;
    throw new VkError('InvalidInput', `option ${which}: ${value} is not a number ${limits}`);
  }
}
