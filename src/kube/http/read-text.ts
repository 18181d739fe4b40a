import type { Readable } from 'node:stream';

/** The beginning of a body, up to about `maxBytes`. The body is destroyed. Bytes that are lost are left out. */
export async function readText(body: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size >= maxBytes) break;
    }
  } catch {
    // What has arrived says more than that the rest is missing.
  }
  return Buffer.concat(chunks).toString('utf8');
}
