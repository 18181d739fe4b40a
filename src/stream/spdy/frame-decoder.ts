/**
 * Bytes, in whatever chunks they come, into frames. Payload of data is handed on as it arrives, as views into the chunks:
 * a data frame of 16 MiB costs no more than one of 16 bytes. Control frames are collected, up to a bound.
 * `header-block.ts` reads what they carry; `frame-encoder.ts` is the way back.
 *
 * Invariants:
 * 1. At most a frame's header and one control frame's payload are held between chunks.
 * 2. After an error nothing more is decoded: the headers' context is lost.
 */
import { Buffer } from 'node:buffer';
import { VkError } from '../../runtime/errors.js';
import { controlType, controlWord, finFlag, type Frame, frameHeaderBytes } from './frames.js';
import { HeaderBlockReader, type HeaderLimits } from './header-block.js';
import type { SpdyLimits } from './limits.js';

interface ControlHeader {
  readonly type: number;
  readonly flags: number;
}

interface DataHeader {
  readonly id: number;
  readonly fin: boolean;
  remaining: number;
}

const idMask = 0x7fffffff;

export class FrameDecoder {
  readonly #controlFrameBytes: number;
  readonly #headerBlocks: HeaderBlockReader;
  /** What comes next, a frame's header or a control frame's payload: its length, and what is there of it. */
  #needed = frameHeaderBytes;
  #partial: { readonly bytes: Buffer; length: number } | undefined;
  #control: ControlHeader | undefined;
  #data: DataHeader | undefined;

  constructor(limits: HeaderLimits & Pick<SpdyLimits, 'controlFrameBytes'>) {
    this.#controlFrameBytes = limits.controlFrameBytes;
    this.#headerBlocks = new HeaderBlockReader(limits);
  }

  /** The frames that `chunk` completes, and the data in it. To be read to the end, or given up. Throws `InvalidInput`. */
  *decode(chunk: Buffer): Generator<Frame, void, void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#data !== undefined) {
        const payload = rest.subarray(0, this.#data.remaining);
        rest = rest.subarray(payload.length);
        yield this.#takeData(this.#data, payload);
        continue;
      }
      const part = rest.subarray(0, this.#needed - (this.#partial?.length ?? 0));
      rest = rest.subarray(part.length);
      const whole = this.#collect(part);
      if (whole === undefined) return;
      const frame = this.#complete(whole);
      if (frame !== undefined) yield frame;
    }
  }

  /** What is needed, if `part` completes it. A part that has to wait is copied, so that it does not keep its chunk. */
  #collect(part: Buffer): Buffer | undefined {
    if (this.#partial === undefined) {
      if (part.length === this.#needed) return part;
      this.#partial = { bytes: Buffer.alloc(this.#needed), length: 0 };
    }
    const { bytes, length } = this.#partial;
    part.copy(bytes, length);
    this.#partial.length += part.length;
    if (this.#partial.length < this.#needed) return undefined;
    this.#partial = undefined;
    return bytes;
  }

  /** A header or a control frame's payload is whole. */
  #complete(bytes: Buffer): Frame | undefined {
    const control = this.#control;
    if (control !== undefined) {
      this.#control = undefined;
      this.#needed = frameHeaderBytes;
      return this.#parseControl(control, bytes);
    }
    const length = bytes.readUIntBE(5, 3);
    const flags = bytes.readUInt8(4);
    if ((bytes.readUInt8(0) & 0x80) === 0) {
      this.#needed = frameHeaderBytes;
      const header = { id: bytes.readUInt32BE(0), fin: (flags & finFlag) !== 0, remaining: length };
      if (length === 0) return { type: 'data', id: header.id, payload: Buffer.alloc(0), fin: header.fin };
      this.#data = header;
      return undefined;
    }
    if (bytes.readUInt16BE(0) !== controlWord) {
      throw new VkError('InvalidInput', 'spdy connection: frame of another version than 3');
    }
    if (length > this.#controlFrameBytes) {
      const bound = this.#controlFrameBytes;
      throw new VkError(
        'InvalidInput',
        `spdy connection: control frame of ${length} bytes is over the bound of ${bound}`,
      );
    }
    const header = { type: bytes.readUInt16BE(2), flags };
    if (length === 0) return this.#parseControl(header, Buffer.alloc(0));
    this.#control = header;
    this.#needed = length;
    return undefined;
  }

  #takeData(header: DataHeader, payload: Buffer): Frame {
    header.remaining -= payload.length;
    const last = header.remaining === 0;
    if (last) this.#data = undefined;
    return { type: 'data', id: header.id, payload, fin: last && header.fin };
  }

  #parseControl({ type, flags }: ControlHeader, payload: Buffer): Frame {
    const fin = (flags & finFlag) !== 0;
    const number = (offset: number): number => {
      if (offset + 4 > payload.length) {
        throw new VkError('InvalidInput', `spdy connection: control frame of type ${type} is too short`);
      }
      return payload.readUInt32BE(offset);
    };
    switch (type) {
      case controlType.synStream: {
        const id = number(0) & idMask;
        // After the id come a stream that it belongs to and a priority, neither of which means anything to Kubernetes.
        return { type: 'synStream', id, headers: this.#headerBlocks.read(payload.subarray(10)), fin };
      }
      case controlType.synReply:
      case controlType.headers: {
        const id = number(0) & idMask;
        const headers = this.#headerBlocks.read(payload.subarray(4));
        return { type: type === controlType.synReply ? 'synReply' : 'headers', id, headers, fin };
      }
      case controlType.rstStream:
        return { type: 'rstStream', id: number(0) & idMask, status: number(4) };
      case controlType.ping:
        return { type: 'ping', id: number(0) };
      case controlType.goAway:
        return { type: 'goAway', lastGoodId: number(0) & idMask, status: number(4) };
      default:
        return { type: 'ignored' };
    }
  }
}
