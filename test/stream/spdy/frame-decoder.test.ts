import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../../src/stream/spdy/frame-decoder.js';
import {
  encodeDataHeader,
  encodeEmptySettings,
  encodeGoAway,
  encodePing,
  encodeReset,
  FrameEncoder,
} from '../../../src/stream/spdy/frame-encoder.js';
import type { DataFrame, Frame } from '../../../src/stream/spdy/frames.js';
import { defaultSpdyLimits, type SpdyLimits } from '../../../src/stream/spdy/limits.js';
import { deflateEach } from './zlib-peer.js';

function decoder(limits: Partial<SpdyLimits> = {}): FrameDecoder {
  return new FrameDecoder({ ...defaultSpdyLimits, ...limits });
}

function decodeAll(chunks: Iterable<Buffer>, limits: Partial<SpdyLimits> = {}): Frame[] {
  const reader = decoder(limits);
  return [...chunks].flatMap((chunk) => [...reader.decode(chunk)]);
}

/** Data frames that came in parts as one each, and headers as plain objects. */
function joined(frames: readonly Frame[]): unknown[] {
  const result: Record<string, unknown>[] = [];
  let open: { payload: Buffer; fin: boolean } | undefined;
  for (const frame of frames) {
    if (frame.type !== 'data') {
      open = undefined;
      result.push('headers' in frame ? { ...frame, headers: { ...frame.headers } } : { ...frame });
    } else if (open === undefined) {
      open = { ...frame };
      result.push(open);
    } else {
      open.payload = Buffer.concat([open.payload, frame.payload]);
      open.fin = frame.fin;
    }
    if (frame.type === 'data' && frame.fin) open = undefined;
  }
  return result.map((frame) => ('payload' in frame ? { ...frame, payload: String(frame['payload']) } : frame));
}

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function control(type: number, payload: Buffer, length = payload.length, version = 0x8003): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(version);
  header.writeUInt16BE(type, 2);
  header.writeUIntBE(length, 5, 3);
  return Buffer.concat([header, payload]);
}

/** One frame of each kind, and what is to be read of it. */
function session(): { bytes: Buffer; frames: unknown[] } {
  const encoder = new FrameEncoder();
  const bytes = Buffer.concat([
    encoder.synStream(1, { streamtype: ['stdin'] }),
    encoder.synReply(2, {}),
    encodeDataHeader(1, 11, true),
    Buffer.from('hello world'),
    encodeDataHeader(3, 0, true),
    encodePing(7),
    encodeEmptySettings(),
    encodeReset(1, 'Cancel'),
    encodeGoAway(9, 0),
  ]);
  const frames = [
    { type: 'synStream', id: 1, headers: { streamtype: ['stdin'] }, fin: false },
    { type: 'synReply', id: 2, headers: {}, fin: false },
    { type: 'data', id: 1, payload: 'hello world', fin: true },
    { type: 'data', id: 3, payload: '', fin: true },
    { type: 'ping', id: 7 },
    { type: 'ignored' },
    { type: 'rstStream', id: 1, status: 5 },
    { type: 'goAway', lastGoodId: 9, status: 0 },
  ];
  return { bytes, frames };
}

describe('the frame decoder', () => {
  it('reads the same frames in whatever chunks they come', () => {
    const { bytes, frames } = session();
    for (let size = 1; size <= bytes.length; size += 1)
      expect(joined(decodeAll(chunksOf(bytes, size)))).toEqual(frames);
  });

  it('hands data on as views into what came, before the frame is whole', () => {
    const reader = decoder();
    const chunk = Buffer.concat([encodeDataHeader(5, 0xffffff, true), Buffer.from('beginning')]);
    const [frame] = [...reader.decode(chunk)];
    expect(frame).toMatchObject({ type: 'data', id: 5, fin: false });
    expect((frame as { payload: Buffer }).payload.buffer).toBe(chunk.buffer);
    let rest = 0xffffff - 'beginning'.length;
    while (rest > 0) {
      const part = Buffer.alloc(Math.min(rest, 1_000_000));
      rest -= part.length;
      const [next] = [...reader.decode(part)] as DataFrame[];
      expect([next?.payload.length, next?.payload.buffer === part.buffer, next?.fin]).toEqual([
        part.length,
        true,
        rest === 0,
      ]);
    }
  });

  it('kubelet-protocol §2: ignores SETTINGS, WINDOW_UPDATE and what it does not know, whatever is in them', () => {
    const counts = Buffer.from('ffffffff', 'hex');
    const frames = decodeAll([
      control(4, counts),
      control(9, Buffer.alloc(8)),
      control(77, Buffer.alloc(100)),
      control(4, Buffer.alloc(0)),
    ]);
    expect(frames).toEqual(Array.from({ length: 4 }, () => ({ type: 'ignored' })));
  });

  it('kubelet-protocol §2: reads all headers in one context, those that nobody asks for too', async () => {
    const block = Buffer.from(`\0\0\0\x01\0\0\0\x04port\0\0\0\x20${'0123456789abcdef'.repeat(2)}`, 'latin1');
    const [first, second, third] = await deflateEach([block, block, block]);
    expect(third!.length).toBeLessThan(16);
    const id = Buffer.from([0, 0, 0, 1]);
    const frames = decodeAll([
      control(1, Buffer.concat([id, Buffer.alloc(6), first!])),
      control(8, Buffer.concat([id, second!])),
      control(2, Buffer.concat([id, third!])),
    ]);
    const headers = { port: ['0123456789abcdef'.repeat(2)] };
    expect(joined(frames)).toEqual(
      ['synStream', 'headers', 'synReply'].map((type) => ({ type, id: 1, headers, fin: false })),
    );
  });

  it.each([
    ['another version', control(6, Buffer.alloc(4), 4, 0x8002), 'spdy connection: frame of another version than 3'],
    [
      'a control frame over the bound',
      control(1, Buffer.alloc(0), 65_537),
      'spdy connection: control frame of 65537 bytes is over the bound of 65536',
    ],
    [
      'SETTINGS over the bound',
      control(4, Buffer.alloc(0), 0xffffff),
      'spdy connection: control frame of 16777215 bytes is over the bound of 65536',
    ],
    ['a ping of two bytes', control(6, Buffer.alloc(2)), 'spdy connection: control frame of type 6 is too short'],
    [
      'RST_STREAM without a status',
      control(3, Buffer.alloc(4)),
      'spdy connection: control frame of type 3 is too short',
    ],
    ['GOAWAY without a status', control(7, Buffer.alloc(4)), 'spdy connection: control frame of type 7 is too short'],
    [
      'SYN_STREAM without anything',
      control(1, Buffer.alloc(0)),
      'spdy connection: control frame of type 1 is too short',
    ],
    ['SYN_STREAM without headers', control(1, Buffer.alloc(10)), 'spdy header block: is not whole'],
    ['HEADERS that are no headers', control(8, Buffer.alloc(40)), 'spdy header block: does not begin as zlib'],
  ])('CVE-2026-35469: refuses %s, and waits for no more of it', (_what, bytes, message) => {
    expect(() => decodeAll([bytes])).toThrow(message);
  });

  it('R8: takes mutated sessions, in any chunks, for frames or for an error, and holds on to no more than its bounds', () => {
    const { bytes } = session();
    const edit = fc.record({
      at: fc.nat(bytes.length - 1),
      value: fc.nat(255),
      kind: fc.constantFrom('set', 'cut', 'add'),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.integer({ min: 1, max: 60 }), (edits, size) => {
        let mutated = Buffer.from(bytes);
        for (const { at, value, kind } of edits) {
          if (kind === 'set') mutated[at % mutated.length] = value;
          else if (kind === 'cut') mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1)]);
          else mutated = Buffer.concat([mutated.subarray(0, at), Buffer.from([value]), mutated.subarray(at)]);
        }
        try {
          const frames = decodeAll(chunksOf(mutated, size), { controlFrameBytes: 1_024 });
          expect(frames.length).toBeLessThanOrEqual(mutated.length);
        } catch (error) {
          expect(error).toMatchObject({ name: 'VkError', code: 'InvalidInput' });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
