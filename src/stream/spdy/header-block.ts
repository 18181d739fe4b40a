/**
 * Header blocks: names and values, compressed. One reader and one writer serve a connection, each for its direction, since
 * a block may refer to any block before it (kubelet-protocol §2). `inflate.ts` decompresses.
 */
import { Buffer } from 'node:buffer';
import { VkError } from '../../runtime/errors.js';
import { dictionary, dictionaryId } from './dictionary.js';
import { Inflater } from './inflate.js';
import type { SpdyLimits } from './limits.js';

/** Names are lower case. A record without a prototype: no name of a peer's choice means anything to JavaScript. */
export type SpdyHeaders = Readonly<Record<string, readonly string[]>>;

export type HeaderLimits = Pick<
  SpdyLimits,
  'headerBlockBytes' | 'headerCount' | 'headerNameBytes' | 'headerValueBytes'
>;

export class HeaderBlockReader {
  readonly #limits: HeaderLimits;
  readonly #inflater = new Inflater(dictionary, dictionaryId);

  constructor(limits: HeaderLimits) {
    this.#limits = limits;
  }

  /** Reads the blocks of one direction in their order. Throws `InvalidInput`, after which no block can be read. */
  read(compressed: Uint8Array): SpdyHeaders {
    return parse(this.#inflater.inflate(compressed, this.#limits.headerBlockBytes), this.#limits);
  }
}

/**
 * Writes blocks as stored ones: legal, made in a microsecond, and at some 60 bytes of headers a stream not worth more. Each
 * is followed by an empty one, which is what a sync flush puts out and what makes a reader hand on what it has.
 */
export class HeaderBlockWriter {
  #begun = false;

  write(headers: SpdyHeaders): Buffer {
    const block = serialize(headers);
    const parts = this.#begun ? [] : [streamHeader()];
    this.#begun = true;
    for (let start = 0; start < block.length; start += 0xffff) {
      const part = block.subarray(start, start + 0xffff);
      parts.push(storedHeader(part.length), part);
    }
    return Buffer.concat([...parts, storedHeader(0)]);
  }
}

/** Deflate with a window of 32 KiB and a dictionary (RFC 1950, section 2.2). */
function streamHeader(): Buffer {
  const header = Buffer.from([0x78, 0xbb, 0, 0, 0, 0]);
  header.writeUInt32BE(dictionaryId, 2);
  return header;
}

function storedHeader(length: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(length ^ 0xffff, 3);
  return header;
}

function serialize(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  return Buffer.concat([
    uint32(entries.length),
    ...entries.flatMap(([name, values]) => [...text(name.toLowerCase()), ...text(values.join('\0'))]),
  ]);
}

function text(value: string): [Buffer, Buffer] {
  const bytes = Buffer.from(value);
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function parse(block: Buffer, limits: HeaderLimits): SpdyHeaders {
  const headers = Object.create(null) as Record<string, string[]>;
  let offset = 0;
  const takeNumber = (what: string, most: number): number => {
    if (offset + 4 > block.length) throw tooShort();
    const value = block.readUInt32BE(offset);
    offset += 4;
    if (value > most) throw tooMany(value, what, most);
    return value;
  };
  const takeText = (what: string, most: number): string => {
    const end = takeNumber(what, most) + offset;
    if (end > block.length) throw tooShort();
    const value = block.toString('utf8', offset, end);
    offset = end;
    return value;
  };
  let valueCount = 0;
  for (let count = takeNumber('headers', limits.headerCount); count > 0; count -= 1) {
    const name = takeText('bytes of a name', limits.headerNameBytes).toLowerCase();
    const values = takeText('bytes of a value', limits.headerValueBytes).split('\0');
    // Each costs a place in a list, also an empty one, of which a compressed block has thousands for a few bytes.
    valueCount += values.length;
    if (valueCount > limits.headerCount) throw tooMany(valueCount, 'values', limits.headerCount);
    headers[name] = [...(headers[name] ?? []), ...values];
  }
  if (offset < block.length) throw new VkError('InvalidInput', 'spdy header block: goes on after its last header');
  return headers;
}

function tooMany(count: number, what: string, most: number): VkError {
  return new VkError('InvalidInput', `spdy header block: ${count} ${what} are over the bound of ${most}`);
}

function tooShort(): VkError {
  return new VkError('InvalidInput', 'spdy header block: ends before its last header');
}
