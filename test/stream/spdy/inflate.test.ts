import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dictionary, dictionaryId } from '../../../src/stream/spdy/dictionary.js';
import { Inflater } from '../../../src/stream/spdy/inflate.js';
import { deflateEach } from './zlib-peer.js';

const megabyte = 1_048_576;

function inflater(): Inflater {
  return new Inflater(dictionary, dictionaryId);
}

/** Text that repeats itself near and far, noise, and much of one thing: each kind of block and length. */
const piece = fc.oneof(
  fc.string({ maxLength: 300 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 2_000 }))
    .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes))),
  fc
    .tuple(fc.nat(dictionary.length), fc.nat(300))
    .map(([start, length]) => Buffer.from(dictionary.subarray(start, start + length))),
);

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = zlib.constants;
const settings = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

describe('the dictionary', () => {
  it('kubelet-protocol §2: is that of SPDY/3, to the byte', () => {
    expect(dictionary.length).toBe(1_423);
    let [low, high] = [1, 0];
    for (const byte of dictionary) {
      low = (low + byte) % 65_521;
      high = (high + low) % 65_521;
    }
    expect(high * 65_536 + low).toBe(0xe3c6a7c2);
    expect(dictionaryId).toBe(0xe3c6a7c2);
    expect(createHash('sha256').update(dictionary).digest('hex')).toBe(
      '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
    );
  });
});

describe('decompression', () => {
  it('gives back what zlib was given, flush by flush, with whatever settings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), settings, async (pieces, options) => {
        const reader = inflater();
        for (const [index, compressed] of (await deflateEach(pieces, options)).entries()) {
          // Nothing at all is put out for nothing that follows something.
          if (compressed.length === 0) continue;
          expect(reader.inflate(compressed, megabyte).equals(pieces[index]!)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('remembers 32 KiB, and does with as much over any number of blocks', async () => {
    const far = Buffer.from(Array.from({ length: 32_000 }, (_, index) => (index * index * 7 + (index >> 5)) % 251));
    const blocks = Array.from({ length: 20 }, () => far);
    const reader = inflater();
    for (const compressed of await deflateEach(blocks, { level: 9 })) {
      expect(reader.inflate(compressed, 40_000).equals(far)).toBe(true);
    }
  });

  it.each([
    ['another dictionary', Buffer.from('78bbe3c6a7c3000000ffff', 'hex'), /names another dictionary/],
    ['no dictionary', Buffer.from('789c000000ffff', 'hex'), /does not begin as zlib with a dictionary/],
    ['a broken header', Buffer.from('78bae3c6a7c2000000ffff', 'hex'), /does not begin as zlib with a dictionary/],
    ['a last block', Buffer.from('78bbe3c6a7c20300', 'hex'), /ends the stream/],
    ['a reserved type of block', Buffer.from('78bbe3c6a7c206', 'hex'), /no known type/],
    ['a stored block of two lengths', Buffer.from('78bbe3c6a7c200010000ff41', 'hex'), /two lengths/],
    ['a stored block that is cut off', Buffer.from('78bbe3c6a7c2000500faff41', 'hex'), /not whole/],
    ['no flush', Buffer.from('78bbe3c6a7c24a04', 'hex'), /not whole/],
    ['nothing at all', Buffer.alloc(0), /not whole/],
  ])('refuses %s', (_what, input, message) => {
    const reader = inflater();
    expect(() => reader.inflate(input, megabyte)).toThrow(message);
    expect(() => reader.inflate(Buffer.from('78bbe3c6a7c2000000ffff', 'hex'), megabyte)).toThrow(/after an error/);
  });

  it('refuses a reference to before its beginning', () => {
    // Made with a longer dictionary, of which a text at the start is repeated, under the name of ours.
    const start = 'a text that is further back than our dictionary is long';
    const longer = Buffer.concat([Buffer.from(start), Buffer.alloc(4_000)]);
    const input = zlib.deflateSync(start, { dictionary: longer, finishFlush: zlib.constants.Z_SYNC_FLUSH });
    input.writeUInt32BE(dictionaryId, 2);
    expect(() => inflater().inflate(input, megabyte)).toThrow(/refers to before its beginning/);
  });

  it('CVE-2026-35469: stops at its bound, however much a few bytes stand for', async () => {
    const [bomb] = await deflateEach([Buffer.alloc(64 * megabyte)], { level: 9 });
    expect(bomb!.length).toBeLessThan(70_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => inflater().inflate(bomb!, 65_536)).toThrow(
      'spdy header block: is over the bound when decompressed; the peer must send one zlib stream, flushed by frame',
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(262_144);
  });

  it('R8: takes any bytes for a block or an error, within its bound', () => {
    const start = Buffer.from('78bbe3c6a7c2', 'hex');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(inflater().inflate(Buffer.concat([start, bytes]), 4_096).length).toBeLessThanOrEqual(4_096);
        } catch (error) {
          expect(error).toMatchObject({ name: 'VkError', code: 'InvalidInput' });
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
