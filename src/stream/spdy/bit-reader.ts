/** Bytes read bit by bit, the lowest bit of a byte first (RFC 1951, section 3.1.1). */

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  /** What is left of the bytes up to the position. */
  #bits = 0;
  #bitCount = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#bitCount === 0 && this.#position === this.#bytes.length;
  }

  /** The next `count` bits, at most 16, as a number. Undefined if there are not as many. */
  take(count: number): number | undefined {
    while (this.#bitCount < count) {
      const byte = this.#bytes[this.#position];
      if (byte === undefined) return undefined;
      this.#bits |= byte << this.#bitCount;
      this.#bitCount += 8;
      this.#position += 1;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  /** The next `count` bytes, after the byte in which the last bit was. Undefined if there are not as many. */
  takeBytes(count: number): Uint8Array | undefined {
    this.#position -= this.#bitCount >>> 3;
    this.#bits = 0;
    this.#bitCount = 0;
    const end = this.#position + count;
    if (end > this.#bytes.length) return undefined;
    const bytes = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }
}
