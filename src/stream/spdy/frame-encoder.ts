/** Frames into bytes. Payload of data is not touched: its header is made here, and both are written at once. */
import { Buffer } from 'node:buffer';
import { controlType, controlWord, finFlag, frameHeaderBytes, resetStatus, type SpdyReset } from './frames.js';
import { HeaderBlockWriter, type SpdyHeaders } from './header-block.js';

/** Encodes for one direction of a connection: frames with headers are to be sent in the order in which they were made. */
export class FrameEncoder {
  readonly #headerBlocks = new HeaderBlockWriter();

  synStream(id: number, headers: SpdyHeaders): Buffer {
    // No stream that it belongs to, and the highest priority, as Kubernetes' clients send it.
    const fixed = Buffer.alloc(10);
    fixed.writeUInt32BE(id);
    return control(controlType.synStream, Buffer.concat([fixed, this.#headerBlocks.write(headers)]));
  }

  synReply(id: number, headers: SpdyHeaders): Buffer {
    return control(controlType.synReply, Buffer.concat([numbers(id), this.#headerBlocks.write(headers)]));
  }
}

export function encodeReset(id: number, status: SpdyReset): Buffer {
  return control(controlType.rstStream, numbers(id, resetStatus[status]));
}

export function encodePing(id: number): Buffer {
  return control(controlType.ping, numbers(id));
}

export function encodeGoAway(lastGoodId: number, status: number): Buffer {
  return control(controlType.goAway, numbers(lastGoodId, status));
}

/** SETTINGS that set nothing: a frame that no peer answers. */
export function encodeEmptySettings(): Buffer {
  return control(controlType.settings, numbers(0));
}

export function encodeDataHeader(id: number, length: number, fin: boolean): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes);
  header.writeUInt32BE(id);
  header.writeUInt32BE(length, 4);
  header.writeUInt8(fin ? finFlag : 0, 4);
  return header;
}

function control(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt16BE(controlWord);
  header.writeUInt16BE(type, 2);
  header.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([header, payload]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}
