/**
 * How the messages of a WebSocket carry several streams: each names its channel and holds a piece of it.
 * kubelet-protocol §3.
 */
import { VkError } from '../../runtime/errors.js';

export interface ChannelMessage {
  readonly channel: number;
  /** A view into the message where the codec leaves bytes as they are. */
  readonly payload: Buffer;
}

export interface ChannelCodec {
  /** Of the messages that it makes. Those of a client are taken by their bytes, whatever their type says. */
  readonly binary: boolean;
  /** Channels from 0 that have a number in this codec. */
  readonly channels: number;
  /** The message, in parts. Payloads are not copied but for what an encoding changes. */
  encode(channel: number, payload: readonly Buffer[]): Buffer[];
  /** Undefined for an empty message. Throws `InvalidInput` for one that cannot be read. */
  decode(message: Buffer): ChannelMessage | undefined;
}

/** A byte for the channel, then the payload. */
export const rawCodec: ChannelCodec = {
  binary: true,
  channels: 256,
  encode: (channel, payload) => [Buffer.of(channel), ...payload],
  decode(message) {
    const [channel] = message;
    return channel === undefined ? undefined : { channel, payload: message.subarray(1) };
  },
};

const zero = '0'.charCodeAt(0);

/** A character for the channel, counted on from the digit 0, then the payload in base64, padded. */
export const base64Codec: ChannelCodec = {
  binary: false,
  channels: 0x80 - zero,
  encode(channel, payload) {
    const bytes = payload.length === 1 && payload[0] ? payload[0] : Buffer.concat(payload);
    return [Buffer.from(String.fromCharCode(zero + channel) + bytes.toString('base64'), 'latin1')];
  },
  decode(message) {
    const [digit] = message;
    return digit === undefined ? undefined : { channel: digit - zero, payload: decodeBase64(message.subarray(1)) };
  },
};

/** Lines may be broken, as some encoders do. Buffer's own decoder skips what it does not know, and would lose input. */
function decodeBase64(encoded: Buffer): Buffer {
  const text = encoded.toString('latin1').replace(/[\r\n]+/g, '');
  const payload = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0 || payload.length !== (text.length / 4) * 3 - padding) {
    throw new VkError('InvalidInput', 'WebSocket client: a message is not base64');
  }
  return payload;
}
