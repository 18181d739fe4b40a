import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '../../../src/stream/websocket/byte-queue.js';

describe('the queue of bytes', () => {
  it('gives back what it was given, in order, and counts what it holds', () => {
    const size = fc.oneof(fc.nat(40), fc.nat(40_000));
    const operation = fc.oneof(fc.record({ add: size }), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const queue = new ByteQueue();
        let given = Buffer.alloc(0);
        let next = 0;
        for (const each of operations) {
          if (each === 'take') {
            const taken = queue.take();
            expect(taken?.length).not.toBe(0);
            expect(given.subarray(0, taken?.length ?? 0).equals(taken ?? Buffer.alloc(0))).toBe(true);
            expect(taken === undefined).toBe(given.length === 0);
            given = given.subarray(taken?.length ?? 0);
          } else {
            const piece = Buffer.alloc(each.add, (next += 1));
            queue.add(piece);
            given = Buffer.concat([given, piece]);
          }
          expect(queue.bytes).toBe(given.length);
        }
      }),
    );
  });

  it('keeps nothing of what a short piece is a view of', () => {
    const queue = new ByteQueue();
    const read = Buffer.alloc(64 * 1024);
    queue.add(read.subarray(0, 1));
    expect(queue.take()?.buffer).not.toBe(read.buffer);
  });

  it('puts short pieces together', () => {
    const queue = new ByteQueue();
    for (let piece = 0; piece < 1_000; piece += 1) queue.add(Buffer.of(piece & 0xff));
    expect(queue.take()).toHaveLength(1_000);
    expect(queue.take()).toBeUndefined();
  });

  it('copies no long piece', () => {
    const queue = new ByteQueue();
    const piece = Buffer.alloc(64 * 1024);
    queue.add(piece);
    expect(queue.take()).toBe(piece);
  });
});
