/**
 * Bytes that arrived and are not wanted yet. Holds little more memory than the bytes it counts, whatever the pieces are:
 * a view of a few bytes costs a hundred times its length as an object, and keeps the whole of what it is a view of.
 */

/** Shorter pieces are copied together. */
const copiedBytes = 16 * 1024;
const slabBytes = 32 * 1024;

export class ByteQueue {
  readonly #chunks: Buffer[] = [];
  /** Open at its end: `#used` bytes of it are filled. It comes after all of `#chunks`. */
  #slab: Buffer | undefined;
  #used = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#slab !== undefined && piece.length > this.#slab.length - this.#used) this.#closeSlab();
    if (piece.length >= copiedBytes) {
      this.#closeSlab();
      this.#chunks.push(piece);
      return;
    }
    this.#slab ??= Buffer.allocUnsafeSlow(slabBytes);
    this.#used += piece.copy(this.#slab, this.#used);
  }

  /** The oldest bytes, as many as lie together. */
  take(): Buffer | undefined {
    if (this.#chunks.length === 0) this.#closeSlab();
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#slab = undefined;
    this.#used = 0;
    this.#bytes = 0;
  }

  #closeSlab(): void {
    if (this.#slab !== undefined) this.#chunks.push(this.#slab.subarray(0, this.#used));
    this.#slab = undefined;
    this.#used = 0;
  }
}
