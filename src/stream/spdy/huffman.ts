/** Canonical Huffman codes and the tables of RFC 1951, section 3.2. */
import { VkError } from '../../runtime/errors.js';
import type { BitReader } from './bit-reader.js';

const longestCode = 15;

/** A code given by how many bits each symbol takes; 0 leaves a symbol out. */
export class HuffmanCode {
  /** How many symbols there are of each length. */
  readonly #counts = new Uint16Array(longestCode + 1);
  /** By length, then by value: the order of their codes. */
  readonly #symbols: Uint16Array;

  /** Throws `InvalidInput` if there are more codes than bits can tell apart. */
  constructor(codeLengths: Uint8Array) {
    for (const length of codeLengths) this.#counts[length] = this.#count(length) + 1;
    this.#counts[0] = 0;
    const offsets = new Uint16Array(longestCode + 2);
    let free = 1;
    for (let length = 1; length <= longestCode; length += 1) {
      free = free * 2 - this.#count(length);
      if (free < 0) throw new VkError('InvalidInput', 'spdy header block: has more codes than fit');
      offsets[length + 1] = (offsets[length] ?? 0) + this.#count(length);
    }
    this.#symbols = new Uint16Array(codeLengths.length);
    for (const [symbol, length] of codeLengths.entries()) {
      if (length === 0) continue;
      const offset = offsets[length] ?? 0;
      this.#symbols[offset] = symbol;
      offsets[length] = offset + 1;
    }
  }

  /** The symbol whose code comes next. Undefined if these bits are none's, or too few. */
  decode(bits: BitReader): number | undefined {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= longestCode; length += 1) {
      const bit = bits.take(1);
      if (bit === undefined) return undefined;
      code |= bit;
      const count = this.#count(length);
      if (code - first < count) return this.#symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return undefined;
  }

  #count(length: number): number {
    return this.#counts[length] ?? 0;
  }
}

/** A range of lengths or distances: the first of it, and how many further bits say which. */
export interface Range {
  readonly base: number;
  readonly extraBits: number;
}

function ranges(first: number, extraBits: readonly number[]): Range[] {
  let base = first;
  return extraBits.map((bits) => {
    const range = { base, extraBits: bits };
    base += 2 ** bits;
    return range;
  });
}

/** What symbols 257 to 285 stand for. The last would begin at 259 by the rule of the others. */
export const lengths: readonly Range[] = [
  ...ranges(3, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]),
  { base: 258, extraBits: 0 },
];

export const distances: readonly Range[] = ranges(
  1,
  [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
);

/** In which order a dynamic block gives the lengths of the codes of its code lengths. */
export const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

export const fixedLiterals = new HuffmanCode(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);

export const fixedDistances = new HuffmanCode(new Uint8Array(30).fill(5));
