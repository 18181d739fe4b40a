import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Ends the writing side and resolves when all of it has left, or never will. */
export async function drained(stream: Writable | undefined): Promise<void> {
  if (stream === undefined) return;
  stream.end();
  await finished(stream, { readable: false }).catch(() => undefined);
}
