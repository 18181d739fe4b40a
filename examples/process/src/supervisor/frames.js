/**
 * What a supervisor and a provider say to each other over a socket: frames of a type, a length and a payload.
 * Neighbours: `control.js` (the supervisor's end), `../runs/supervisor-link.ts` (the provider's).
 */
import { Buffer } from 'node:buffer';

/** The number of each type on the wire. `hello` is the first frame of every connection. */
export const frameTypes = /** @type {const} */ ({
  // From the provider: `hello` and `signal` and `resize` hold JSON; `stdin` without a payload is its end.
  hello: 0,
  stdin: 1,
  resize: 2,
  signal: 3,
  // From the supervisor: `started` holds JSON and comes once; the output is what came after `hello`.
  started: 16,
  stdout: 17,
  stderr: 18,
});

/** @typedef {(typeof frameTypes)[keyof typeof frameTypes]} FrameType */
/** @typedef {{ readonly type: number, readonly payload: Buffer }} Frame */
/** @typedef {{ readonly stdin: boolean, readonly stdout: boolean, readonly stderr: boolean }} Hello */
/** @typedef {{ readonly pid: number, readonly startTime: string, readonly bootId: string, readonly startedAt: number, readonly namespace?: number }} Started */

const headerBytes = 5;
const largestPayload = 1 << 20;

/**
 * @param {FrameType} type
 * @param {Uint8Array | object} content Bytes, or what is sent as JSON.
 */
export function encodeFrame(type, content) {
  const payload = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** Takes chunks of any size, gives whole frames. */
export class FrameReader {
  /** @type {Buffer} */
  #buffered = Buffer.alloc(0);

  /**
   * @param {Buffer} chunk
   * @returns {Frame[]}
   */
  read(chunk) {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const frames = [];
    for (;;) {
      if (this.#buffered.length < headerBytes) return frames;
      const length = this.#buffered.readUInt32BE(1);
      if (length > largestPayload) throw new Error(`frame of ${length} bytes: the largest is ${largestPayload}`);
      const end = headerBytes + length;
      if (this.#buffered.length < end) return frames;
      frames.push({ type: this.#buffered.readUInt8(0), payload: this.#buffered.subarray(headerBytes, end) });
      this.#buffered = this.#buffered.subarray(end);
    }
  }
}
