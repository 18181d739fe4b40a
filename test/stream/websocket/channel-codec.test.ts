import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VkError } from '../../../src/runtime/errors.js';
import { base64Codec, rawCodec } from '../../../src/stream/websocket/channel-codec.js';

const codecs = { raw: rawCodec, base64: base64Codec };

describe('the channel codecs', () => {
  it('kubelet-protocol §3: raw messages begin with a byte for the channel', () => {
    const payload = Buffer.from('ls\n');
    expect(Buffer.concat(rawCodec.encode(1, [payload]))).toEqual(Buffer.from('\u0001ls\n'));
    expect(rawCodec.decode(Buffer.from('\0exit'))).toEqual({ channel: 0, payload: Buffer.from('exit') });
    expect(rawCodec.binary).toBe(true);
  });

  it('kubelet-protocol §3: base64 messages begin with a digit for the channel and are text', () => {
    expect(Buffer.concat(base64Codec.encode(1, [Buffer.from('ls'), Buffer.from('\n')])).toString()).toBe('1bHMK');
    expect(base64Codec.decode(Buffer.from('0ZXhpdA=='))).toEqual({ channel: 0, payload: Buffer.from('exit') });
    expect(base64Codec.binary).toBe(false);
  });

  it.each(Object.entries(codecs))('kubelet-protocol §3: empty messages are none, in %s', (_name, codec) => {
    expect(codec.decode(Buffer.alloc(0))).toBeUndefined();
  });

  it.each(Object.entries(codecs))('read what they wrote, in %s', (_name, codec) => {
    const channel = fc.integer({ min: 0, max: codec.channels - 1 });
    fc.assert(
      fc.property(channel, fc.array(fc.uint8Array({ maxLength: 200 })), (number, parts) => {
        const payload = parts.map((part) => Buffer.from(part));
        const message = Buffer.concat(codec.encode(number, payload));
        expect(codec.decode(message)).toEqual({ channel: number, payload: Buffer.concat(payload) });
        if (!codec.binary) expect(Buffer.from(message.toString('utf8'))).toEqual(message);
      }),
    );
  });

  it('take base64 in lines, as some encoders make it', () => {
    expect(base64Codec.decode(Buffer.from('0ZX\r\nhp\ndA==\n'))?.payload.toString()).toBe('exit');
  });

  it.each(['0ZXhpdA', '0ZXhpdA=', '0Z*hpdA==', '0ZXhp dA==', '0=', '0Z===', '0ZXhpdA==ZXhpdA=='])(
    'refuse %j, of which Buffer would lose something without a word',
    (text) => {
      expect(() => base64Codec.decode(Buffer.from(text))).toThrow(VkError);
    },
  );

  it('do not copy payloads of the raw codec', () => {
    const payload = Buffer.alloc(10, 7);
    expect(rawCodec.encode(2, [payload])[1]).toBe(payload);
    const message = Buffer.from('\u0002abc');
    expect(rawCodec.decode(message)?.payload.buffer).toBe(message.buffer);
  });
});
