/** A WebSocket client's frames by hand (RFC 6455): `ws` offers no subprotocol with a slash, as the tunnel's. */
import type { Readable } from 'node:stream';

/** One short binary message, masked with zeros. */
export function clientFrame(payload: string): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);
}

/** The payloads of a server's short binary frames, joined, until there are `length` characters or the connection ends. */
export async function binaryPayloads(from: Readable, length: number): Promise<string> {
  let bytes: Buffer = Buffer.alloc(0);
  let payloads = '';
  for await (const chunk of from as AsyncIterable<Buffer>) {
    bytes = Buffer.concat([bytes, chunk]);
    for (let size = bytes[1]; size !== undefined && bytes.length >= 2 + size; size = bytes[1]) {
      if (bytes[0] === 0x82) payloads += bytes.subarray(2, 2 + size).toString();
      bytes = bytes.subarray(2 + size);
    }
    if (payloads.length >= length) break;
  }
  return payloads;
}
