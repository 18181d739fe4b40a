/**
 * The frame of a message that a server sends: never masked, never compressed, never in fragments (some clients take each
 * fragment for a message). RFC 6455 §5.2.
 *
 * `ws` frames messages too, but of one buffer only: a channel's number before a payload would cost a copy of the payload.
 */

const textFrame = 0x81;
const binaryFrame = 0x82;

/** The bytes before those of the message. */
export function frameHeader(messageBytes: number, binary: boolean): Buffer {
  const size = messageBytes < 126 ? 2 : messageBytes < 0x1_0000 ? 4 : 10;
  const header = Buffer.allocUnsafe(size);
  header[0] = binary ? binaryFrame : textFrame;
  if (size === 2) {
    header[1] = messageBytes;
  } else if (size === 4) {
    header[1] = 126;
    header.writeUInt16BE(messageBytes, 2);
  } else {
    header[1] = 127;
    header.writeUInt16BE(0, 2);
    header.writeUIntBE(messageBytes, 4, 6);
  }
  return header;
}
