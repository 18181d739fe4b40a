import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** The next piece of a stream, which goes on. */
export async function nextChunk(stream: Readable): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  stream.pause();
  return chunk.toString();
}

/** Everything up to the stream's end. Unlike an iteration it leaves a duplex stream's writing side alone. */
export async function untilEnd(stream: Readable): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  stream.resume();
  await once(stream, 'end');
  return text;
}
