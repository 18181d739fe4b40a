import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderBlockReader, HeaderBlockWriter, type SpdyHeaders } from '../../../src/stream/spdy/header-block.js';
import { defaultSpdyLimits } from '../../../src/stream/spdy/limits.js';
import { deflateEach, inflateEach } from './zlib-peer.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
const name = text.map((value) => value.toLowerCase()).filter((value) => value === value.toLowerCase());
const headers: fc.Arbitrary<SpdyHeaders> = fc.dictionary(name, fc.array(text, { minLength: 1, maxLength: 3 }), {
  maxKeys: 8,
});

function reader(limits: Partial<typeof defaultSpdyLimits> = {}): HeaderBlockReader {
  return new HeaderBlockReader({ ...defaultSpdyLimits, ...limits });
}

/** A block as any implementation would send it: given numbers and texts, in their order. */
async function block(...parts: readonly (number | string)[]): Promise<Buffer> {
  const bytes = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(part);
    const number = Buffer.alloc(4);
    number.writeUInt32BE(part);
    return number;
  });
  const [compressed] = await deflateEach([Buffer.concat(bytes)]);
  return compressed!;
}

describe('header blocks', () => {
  it('are read as they were written, over the life of a connection', () => {
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 8 }), (blocks) => {
        const [write, read] = [new HeaderBlockWriter(), reader()];
        for (const each of blocks) expect({ ...read.read(write.write(each)) }).toEqual({ ...each });
      }),
      { numRuns: 300 },
    );
  });

  it('are read by zlib when we have written them', async () => {
    const writer = new HeaderBlockWriter();
    const blocks = [{ streamtype: ['stdin'] }, {}, { port: ['80'], requestid: ['0'], streamtype: ['data'] }];
    const read = await inflateEach(blocks.map((each) => writer.write(each)));
    expect(read.map((bytes) => bytes.toString('latin1'))).toEqual([
      '\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05stdin',
      '\0\0\0\0',
      '\0\0\0\x03\0\0\0\x04port\0\0\0\x0280\0\0\0\x09requestid\0\0\0\x010\0\0\0\x0astreamtype\0\0\0\x04data',
    ]);
  });

  it('longer than a stored block are written as several', async () => {
    const long = { name: ['x'.repeat(100_000)] };
    const written = new HeaderBlockWriter().write(long);
    const [read] = await inflateEach([written]);
    expect(read!.length).toBe(4 + 8 + 4 + 100_000);
    expect({ ...reader({ headerBlockBytes: 200_000, headerValueBytes: 200_000 }).read(written) }).toEqual(long);
  });

  it('kubelet-protocol §2: have names in lower case, and values that NUL joins', async () => {
    expect({ ...reader().read(await block(2, 4, 'Port', 6, '80\x00443', 1, 'a', 0)) }).toEqual({
      port: ['80', '443'],
      a: [''],
    });
    const [written] = await inflateEach([new HeaderBlockWriter().write({ Port: ['80', '443'] })]);
    expect(written!.toString('latin1')).toBe('\0\0\0\x01\0\0\0\x04port\0\0\0\x0680\x00443');
  });

  it('may name what objects have by themselves', async () => {
    const read = reader().read(await block(2, 9, '__proto__', 1, 'x', 11, 'constructor', 1, 'y'));
    expect(Object.entries(read)).toEqual([
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ]);
    expect(read.tostring).toBeUndefined();
  });

  it.each([
    ['more headers than allowed', [65], '65 headers are over the bound of 64'],
    ['as many headers as numbers go', [0xffffffff], '4294967295 headers are over the bound of 64'],
    ['a name that is too long', [1, 257, 'x'], '257 bytes of a name are over the bound of 256'],
    ['a value that is too long', [1, 1, 'a', 4097], '4097 bytes of a value are over the bound of 4096'],
    ['a name that goes on behind the end', [1, 20, 'short'], 'ends before its last header'],
    ['a value that goes on behind the end', [1, 1, 'a', 20, 'short'], 'ends before its last header'],
    ['a value that is many', [1, 1, 'a', 64, '\0'.repeat(64)], '65 values are over the bound of 64'],
    [
      'many values in all',
      [2, 1, 'a', 40, '\0'.repeat(40), 1, 'b', 40, '\0'.repeat(40)],
      '82 values are over the bound of 64',
    ],
    ['fewer headers than counted', [2, 1, 'a', 1, 'b'], 'ends before its last header'],
    ['more headers than counted', [1, 1, 'a', 1, 'b', 1, 'c', 1, 'd'], 'goes on after its last header'],
  ])('CVE-2026-35469: are refused with %s', async (_what, parts, message) => {
    const bytes = await block(...parts);
    expect(() => reader().read(bytes)).toThrow(`spdy header block: ${message}`);
  });
});
