import { describe, expect, it } from 'vitest';
import { frameHeader } from '../../../src/stream/websocket/frame.js';

describe('the header of a frame', () => {
  it.each([
    [0, [0x82, 0]],
    [125, [0x82, 125]],
    [126, [0x82, 126, 0, 126]],
    [0xffff, [0x82, 126, 0xff, 0xff]],
    [0x1_0000, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
    [0x12_3456_789a, [0x82, 127, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a]],
  ])('holds a length of %d in as few bytes as may be (RFC 6455 §5.2)', (length, bytes) => {
    expect([...frameHeader(length, true)]).toEqual(bytes);
  });

  it('says whether the message is text', () => {
    expect(frameHeader(1, false)[0]).toBe(0x81);
  });
});
