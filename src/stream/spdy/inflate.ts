/**
 * Decompression of header blocks (RFC 1950, RFC 1951) in one synchronous call: Node's zlib does it on another thread for a
 * stream whose context goes on, which takes longer than the block is worth. `bit-reader.ts` and `huffman.ts` are parts of
 * it; `header-block.ts` reads what comes out; every stream begins with `dictionary.ts`. Design: `docs/designs/spdy.md`.
 *
 * Invariants:
 * 1. What is put out by one call never exceeds its bound, whatever the input says.
 * 2. What is remembered is at most twice the window of 32 KiB, and the bound.
 * 3. After a call has thrown, the stream is lost: every later call throws too.
 */
import { Buffer } from 'node:buffer';
import { VkError } from '../../runtime/errors.js';
import { BitReader } from './bit-reader.js';
import {
  codeLengthOrder,
  distances,
  fixedDistances,
  fixedLiterals,
  HuffmanCode,
  lengths,
  type Range,
} from './huffman.js';

const windowBytes = 32_768;
const endOfBlock = 256;

export class Inflater {
  readonly #dictionaryId: number;
  /** What was put out last, the dictionary at first; back references point into it. */
  #history: Buffer;
  #end: number;
  /** Where the output of this call must end. */
  #limit = 0;
  #begun = false;
  #lost = false;

  constructor(dictionary: Uint8Array, dictionaryId: number) {
    this.#dictionaryId = dictionaryId;
    this.#history = Buffer.from(dictionary);
    this.#end = dictionary.length;
  }

  /**
   * Decompresses what one sync flush has put out. Throws `InvalidInput` where that is broken, is not whole, or grows over
   * `maxBytes`.
   */
  inflate(input: Uint8Array, maxBytes: number): Buffer {
    if (this.#lost) throw broken('goes on after an error');
    this.#lost = true;
    const start = this.#end;
    this.#limit = start + maxBytes;
    const bits = new BitReader(input);
    if (!this.#begun) this.#readStreamHeader(bits);
    do this.#readBlock(bits);
    while (!bits.isAtEnd);
    const output = Buffer.from(this.#history.subarray(start, this.#end));
    this.#forget();
    this.#lost = false;
    return output;
  }

  #forget(): void {
    if (this.#end <= 2 * windowBytes) return;
    this.#history.copyWithin(0, this.#end - windowBytes, this.#end);
    this.#end = windowBytes;
  }

  #readStreamHeader(bits: BitReader): void {
    const [method, flags] = [take(bits, 8), take(bits, 8)];
    const isDeflate = (method & 0x0f) === 8 && method >>> 4 <= 7 && (method * 256 + flags) % 31 === 0;
    if (!isDeflate || (flags & 0x20) === 0) throw broken('does not begin as zlib with a dictionary does');
    const id = [take(bits, 8), take(bits, 8), take(bits, 8), take(bits, 8)].reduce((sum, byte) => sum * 256 + byte, 0);
    if (id !== this.#dictionaryId) throw broken('names another dictionary');
    this.#begun = true;
  }

  #readBlock(bits: BitReader): void {
    if (take(bits, 1) === 1) throw broken('ends the stream');
    const type = take(bits, 2);
    if (type === 0) this.#copyStored(bits);
    else if (type === 1) this.#expand(bits, fixedLiterals, fixedDistances);
    else if (type === 2) this.#expandDynamic(bits);
    else throw broken('has a block of no known type');
  }

  #copyStored(bits: BitReader): void {
    const [low = 0, high = 0, notLow, notHigh] = bits.takeBytes(4) ?? incomplete();
    if (notLow !== (low ^ 0xff) || notHigh !== (high ^ 0xff)) throw broken('has a stored block of two lengths');
    const bytes = bits.takeBytes(low + high * 256) ?? incomplete();
    this.#reserve(bytes.length);
    this.#history.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #expandDynamic(bits: BitReader): void {
    const literalCount = take(bits, 5) + 257;
    const distanceCount = take(bits, 5) + 1;
    const orderCount = take(bits, 4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw broken('has too many codes');
    const orderLengths = new Uint8Array(codeLengthOrder.length);
    for (const symbol of codeLengthOrder.slice(0, orderCount)) orderLengths[symbol] = take(bits, 3);
    const codeLengths = readCodeLengths(bits, new HuffmanCode(orderLengths), literalCount + distanceCount);
    if (codeLengths[endOfBlock] === 0) throw broken('has a block that cannot end');
    const literals = new HuffmanCode(codeLengths.subarray(0, literalCount));
    this.#expand(bits, literals, new HuffmanCode(codeLengths.subarray(literalCount)));
  }

  #expand(bits: BitReader, literals: HuffmanCode, distanceCode: HuffmanCode): void {
    for (;;) {
      const symbol = decode(bits, literals);
      if (symbol === endOfBlock) return;
      if (symbol < endOfBlock) {
        this.#reserve(1);
        this.#history[this.#end] = symbol;
        this.#end += 1;
        continue;
      }
      const length = takeWithin(bits, lengths[symbol - endOfBlock - 1]);
      const distance = takeWithin(bits, distances[decode(bits, distanceCode)]);
      this.#repeat(length, distance);
    }
  }

  #repeat(length: number, distance: number): void {
    if (distance > this.#end || distance > windowBytes) throw broken('refers to before its beginning');
    this.#reserve(length);
    // One by one: what is copied may only come about by the copy.
    for (let index = this.#end; index < this.#end + length; index += 1) {
      this.#history[index] = this.#history[index - distance] ?? 0;
    }
    this.#end += length;
  }

  #reserve(bytes: number): void {
    const end = this.#end + bytes;
    if (end > this.#limit) throw broken('is over the bound when decompressed');
    if (end <= this.#history.length) return;
    const larger = Buffer.alloc(Math.min(Math.max(end, 2 * this.#history.length), this.#limit));
    larger.set(this.#history.subarray(0, this.#end));
    this.#history = larger;
  }
}

function readCodeLengths(bits: BitReader, code: HuffmanCode, count: number): Uint8Array {
  const codeLengths = new Uint8Array(count);
  let index = 0;
  while (index < count) {
    const symbol = decode(bits, code);
    if (symbol < 16) {
      codeLengths[index] = symbol;
      index += 1;
      continue;
    }
    if (symbol === 16 && index === 0) throw broken('repeats a code length before the first');
    const value = symbol === 16 ? (codeLengths[index - 1] ?? 0) : 0;
    const repeats = symbol === 16 ? 3 + take(bits, 2) : symbol === 17 ? 3 + take(bits, 3) : 11 + take(bits, 7);
    if (index + repeats > count) throw broken('has too many code lengths');
    codeLengths.fill(value, index, index + repeats);
    index += repeats;
  }
  return codeLengths;
}

function take(bits: BitReader, count: number): number {
  return bits.take(count) ?? incomplete();
}

function takeWithin(bits: BitReader, range: Range | undefined): number {
  if (range === undefined) throw broken('has a code that stands for nothing');
  return range.base + take(bits, range.extraBits);
}

function decode(bits: BitReader, code: HuffmanCode): number {
  const symbol = code.decode(bits);
  if (symbol === undefined) throw broken('is not whole, or has a code that stands for nothing');
  return symbol;
}

function incomplete(): never {
  throw broken('is not whole');
}

function broken(how: string): VkError {
  return new VkError('InvalidInput', `spdy header block: ${how}; the peer must send one zlib stream, flushed by frame`);
}
