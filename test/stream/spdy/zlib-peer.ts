/** Node's zlib, as another implementation of what header blocks are compressed with. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import zlib from 'node:zlib';
import { dictionary } from '../../../src/stream/spdy/dictionary.js';

/** One stream, each input flushed as a header block is. */
export async function deflateEach(inputs: readonly Buffer[], options: zlib.ZlibOptions = {}): Promise<Buffer[]> {
  const deflate = zlib.createDeflate({ dictionary, flush: zlib.constants.Z_SYNC_FLUSH, ...options });
  return pushEach(deflate, inputs);
}

export async function inflateEach(inputs: readonly Buffer[]): Promise<Buffer[]> {
  return pushEach(zlib.createInflate({ dictionary, flush: zlib.constants.Z_SYNC_FLUSH }), inputs);
}

async function pushEach(stream: zlib.Deflate | zlib.Inflate, inputs: readonly Buffer[]): Promise<Buffer[]> {
  const outputs: Buffer[] = [];
  const failed = once(stream, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => {});
  for (const input of inputs) {
    const chunks: Buffer[] = [];
    const collect = (chunk: Buffer): unknown => chunks.push(chunk);
    stream.on('data', collect);
    const written = new Promise<void>((resolve) => stream.write(input, () => resolve()));
    await Promise.race([written, failed]);
    // What was put out last is handed on by a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    stream.off('data', collect);
    outputs.push(Buffer.concat(chunks));
  }
  stream.destroy();
  return outputs;
}
