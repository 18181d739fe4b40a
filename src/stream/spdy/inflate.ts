/**
 * Decompression of header blocks (RFC 1950, RFC 1951) in one synchronous call: Node's zlib does it on another thread for a
 * stream whose context goes on, which takes longer than the block is worth. `header-block.ts` reads what comes out,
 * `dictionary.ts` is the text that every stream begins with. Design: `docs/designs/spdy.md`.
 *
 * Invariants:
 * 1. What is put out by one call never exceeds its bound, whatever the input says.
 * 2. What is remembered is at most twice the window of 32 KiB, and the bound.
 * 3. After a call has thrown, the stream is lost: every later call throws too.
 */
import { Buffer } from 'node:buffer';
import { VkError } from '../../runtime/errors.js';
import { codeLengthOrder, distances, fixedDistances, fixedLiterals, HuffmanCode, lengths } from './huffman.js';

const windowBytes = 32_768;

export class Inflater {
  readonly #dictionaryId: number;
  /** What was put out last, the dictionary at first; back references point into it. */
  #history: Buffer;
  #end: number;
  #begun = false;
  #lost = false;
  #input: Uint8Array = new Uint8Array();
  #position = 0;
  #bits = 0;
  #bitCount = 0;
  /** Where the output of this call must end. */
  #limit = 0;

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
    this.#input = input;
    this.#position = 0;
    const start = this.#end;
    this.#limit = start + maxBytes;
    if (!this.#begun) this.#readStreamHeader();
    while (this.#position < input.length || this.#bitCount > 0) this.#readBlock();
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

  #readStreamHeader(): void {
    const [method, flags] = [this.#take(8), this.#take(8)];
    const isDeflate = (method & 0x0f) === 8 && method >>> 4 <= 7 && (method * 256 + flags) % 31 === 0;
    if (!isDeflate || (flags & 0x20) === 0) throw broken('does not begin as zlib with a dictionary does');
    const id = this.#take(8) * 2 ** 24 + this.#take(8) * 2 ** 16 + this.#take(8) * 2 ** 8 + this.#take(8);
    if (id !== this.#dictionaryId) throw broken('names another dictionary');
    this.#begun = true;
  }

  #readBlock(): void {
    if (this.#take(1) === 1) throw broken('ends the stream');
    const type = this.#take(2);
    if (type === 0) this.#copyStored();
    else if (type === 1) this.#expand(fixedLiterals, fixedDistances);
    else if (type === 2) this.#expandDynamic();
    else throw broken('has a block of no known type');
  }

  #copyStored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const length = this.#take(8) | (this.#take(8) << 8);
    const complement = this.#take(8) | (this.#take(8) << 8);
    if ((length ^ complement) !== 0xffff) throw broken('has a stored block of two lengths');
    const end = this.#position + length;
    if (end > this.#input.length) throw broken('is not whole');
    this.#reserve(length);
    this.#history.set(this.#input.subarray(this.#position, end), this.#end);
    this.#end += length;
    this.#position = end;
  }

  #expandDynamic(): void {
    const literalCount = this.#take(5) + 257;
    const distanceCount = this.#take(5) + 1;
    const orderCount = this.#take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) throw broken('has too many codes');
    const orderLengths = new Uint8Array(19);
    for (const symbol of codeLengthOrder.slice(0, orderCount)) orderLengths[symbol] = this.#take(3);
    const codeLengths = this.#readCodeLengths(new HuffmanCode(orderLengths), literalCount + distanceCount);
    if (codeLengths[256] === 0) throw broken('has a block that cannot end');
    this.#expand(
      new HuffmanCode(codeLengths.subarray(0, literalCount)),
      new HuffmanCode(codeLengths.subarray(literalCount)),
    );
  }

  #readCodeLengths(code: HuffmanCode, count: number): Uint8Array {
    const codeLengths = new Uint8Array(count);
    let index = 0;
    while (index < count) {
      const symbol = this.#decode(code);
      if (symbol < 16) {
        codeLengths[index] = symbol;
        index += 1;
        continue;
      }
      if (symbol === 16 && index === 0) throw broken('repeats a code length before the first');
      const value = symbol === 16 ? (codeLengths[index - 1] ?? 0) : 0;
      const repeats = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      if (index + repeats > count) throw broken('has too many code lengths');
      codeLengths.fill(value, index, index + repeats);
      index += repeats;
    }
    return codeLengths;
  }

  #expand(literals: HuffmanCode, distanceCode: HuffmanCode): void {
    for (;;) {
      const symbol = this.#decode(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#reserve(1);
        this.#history[this.#end] = symbol;
        this.#end += 1;
        continue;
      }
      const length = this.#takeExtra(lengths[symbol - 257]);
      const distance = this.#takeExtra(distances[this.#decode(distanceCode)]);
      if (distance > this.#end || distance > windowBytes) throw broken('refers to before its beginning');
      this.#reserve(length);
      // One by one: the copy may overlap what it makes.
      for (let index = 0; index < length; index += 1) {
        this.#history[this.#end + index] = this.#history[this.#end + index - distance] ?? 0;
      }
      this.#end += length;
    }
  }

  #takeExtra(range: { readonly base: number; readonly extraBits: number } | undefined): number {
    if (range === undefined) throw broken('has a code that stands for nothing');
    return range.base + this.#take(range.extraBits);
  }

  #decode(code: HuffmanCode): number {
    const symbol = code.decode(() => this.#take(1));
    if (symbol === undefined) throw broken('has a code that stands for nothing');
    return symbol;
  }

  /** The next `count` bits, the lowest first. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      const byte = this.#input[this.#position];
      if (byte === undefined) throw broken('is not whole');
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      this.#position += 1;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
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

function broken(how: string): VkError {
  return new VkError('InvalidInput', `spdy header block: ${how}; the peer must send one zlib stream, flushed by frame`);
}
