/** The beginning of a text, where the rest does not matter. */
import type { Readable } from 'node:stream';

/** Reads `from` until it ends or has given `limit` bytes; what follows is not waited for. */
export async function readSome(from: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}
