/**
 * What of a log that was read again is new. Pure. A backend that only says "here it all is" or "here are the last N lines"
 * shows the same lines again and again, in a window that may move, begin anew, or come from a replica that lags behind.
 *
 * Invariants:
 * 1. Lines that were given are not given again, and none that came is left out, where the two readings prove which is
 *    which. Where they do not, the answer says so.
 * 2. Memory is bounded: a number for each of the last lines, up to the most that there may be.
 */

/** `certain` is false where lines may be missing, or stand in another order than they were written in. */
export interface NewLines {
  /** Indexes of the lines of this reading that are new, in order. */
  readonly fresh: readonly number[];
  readonly certain: boolean;
}

export class SeenLines {
  readonly #maxLines: number;
  readonly #cutsFirstLine: boolean;
  /** The last lines that were seen, in order. */
  #known: readonly number[] = [];
  /** Of the last reading that had news: how many lines there were, and a number for all of them. */
  #count = 0;
  #sum = 0;

  constructor(maxLines: number, cutsFirstLine: boolean) {
    this.#maxLines = maxLines;
    this.#cutsFirstLine = cutsFirstLine;
  }

  /** Each key stands for a line: equal for equal lines, as good as never equal for others. */
  take(keys: readonly number[]): NewLines {
    const news = this.#compare(keys);
    // A reading without news may be an old one.
    if (news.fresh.length > 0) {
      const known = news.certain ? [...this.#known, ...news.fresh.map((index) => keys[index] ?? 0)] : keys;
      this.#known = known.slice(Math.max(0, known.length - this.#maxLines));
      this.#count = keys.length;
      this.#sum = sumOf(keys, keys.length);
    }
    return news;
  }

  #compare(keys: readonly number[]): NewLines {
    // Nothing was seen yet, or all that was is shown, and more.
    if (keys.length >= this.#count && sumOf(keys, this.#count) === this.#sum) return from(keys, this.#count);
    // The window has moved on from somewhere in what is known.
    const overlap = longestOverlap(this.#known, keys);
    if (overlap > 0) return from(keys, overlap);
    if (this.#cutsFirstLine) {
      const behindFirst = longestOverlap(this.#known, keys.slice(1));
      if (behindFirst > 0) return from(keys, behindFirst + 1);
    }
    // The window is an old one.
    if (endOf(keys, this.#known) >= 0) return { fresh: [], certain: true };
    // The window reaches back further than what is known.
    const end = endOf(this.#known, keys);
    if (end >= 0) return from(keys, end);
    return this.#difference(keys);
  }

  /** Lines came in between, or there is nothing in common: what cannot be accounted for by what is known is new. */
  #difference(keys: readonly number[]): NewLines {
    const left = new Map<number, number>();
    for (const key of this.#known) left.set(key, (left.get(key) ?? 0) + 1);
    const fresh: number[] = [];
    // With a memory that is full, lines in front of as many as it holds were there before.
    const start = this.#known.length < this.#maxLines ? 0 : Math.max(0, keys.length - this.#maxLines);
    for (let index = start; index < keys.length; index += 1) {
      const key = keys[index] ?? 0;
      const count = left.get(key) ?? 0;
      if (count > 0) left.set(key, count - 1);
      else fresh.push(index);
    }
    return { fresh, certain: false };
  }
}

function from(keys: readonly number[], first: number): NewLines {
  return { fresh: Array.from({ length: keys.length - first }, (_, index) => first + index), certain: true };
}

/** How many of the last of `known` are the first of `keys`: as many as possible, since fewer would repeat lines. */
function longestOverlap(known: readonly number[], keys: readonly number[]): number {
  const failure = failures(keys);
  let matched = 0;
  for (const [index, key] of known.entries()) {
    while (matched > 0 && keys[matched] !== key) matched = failure[matched - 1] ?? 0;
    if (keys[matched] === key) matched += 1;
    // All of it, in the middle of what is known.
    if (matched === keys.length && index < known.length - 1) matched = failure[matched - 1] ?? 0;
  }
  return matched;
}

/** Where `part` ends in `whole`, at its last occurrence; -1 if it is not in there. */
function endOf(part: readonly number[], whole: readonly number[]): number {
  if (part.length === 0) return whole.length;
  const failure = failures(part);
  let matched = 0;
  let end = -1;
  for (const [index, key] of whole.entries()) {
    while (matched > 0 && part[matched] !== key) matched = failure[matched - 1] ?? 0;
    if (part[matched] === key) matched += 1;
    if (matched < part.length) continue;
    end = index + 1;
    matched = failure[matched - 1] ?? 0;
  }
  return end;
}

/** The table of Knuth, Morris and Pratt: how much of the begin still matches where a match fails. */
function failures(keys: readonly number[]): number[] {
  const table: number[] = keys.length === 0 ? [] : [0];
  let length = 0;
  for (let index = 1; index < keys.length; index += 1) {
    while (length > 0 && keys[index] !== keys[length]) length = table[length - 1] ?? 0;
    if (keys[index] === keys[length]) length += 1;
    table.push(length);
  }
  return table;
}

function sumOf(keys: readonly number[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum = (Math.imul(sum, 31) + ((keys[index] ?? 0) | 0)) | 0;
  return sum;
}

/** A number for a line: 53 bits of a hash, more than enough for two lines not to meet by chance. */
export function lineKey(parts: readonly (string | number | Uint8Array)[]): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  const mix = (code: number): void => {
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
  };
  for (const part of parts) {
    if (part instanceof Uint8Array) for (const byte of part) mix(byte);
    else {
      const text = String(part);
      for (let index = 0; index < text.length; index += 1) mix(text.charCodeAt(index));
    }
    mix(0x10000);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 0x100000000 + (low >>> 0);
}
