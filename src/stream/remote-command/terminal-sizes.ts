/** The sizes of a client's terminal, from the bytes of its resize stream. kubelet-protocol §3. */
import type { Readable } from 'node:stream';
import type { TerminalSize } from '../../provider/provider.js';
import { TerminalSizes } from '../bridges/terminal-sizes.js';

/** A size takes about thirty bytes. */
const longestValue = 1_024;
const largestSide = 0xffff;

/** Cuts a stream of bytes into the JSON objects that it holds, wherever chunks end, and these into sizes. Pure. */
export class TerminalSizeDecoder {
  #text = '';
  #broken = false;

  /** The sizes that `chunk` completes. None any more once something was no size. */
  push(chunk: Uint8Array): TerminalSize[] {
    const sizes: TerminalSize[] = [];
    if (this.#broken) return sizes;
    // Nothing but ASCII belongs here, and latin1 splits no character between chunks.
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    const values = this.#text.split('}');
    this.#text = values.pop() ?? '';
    for (const value of values) {
      const size = value.length < longestValue ? parseSize(`${value}}`) : undefined;
      if (size === undefined) return this.#break(sizes);
      // What has no window yet says 0 by 0: nothing that a terminal could be set to.
      if (size.width > 0 && size.height > 0) sizes.push(size);
    }
    return this.#text.length < longestValue ? sizes : this.#break(sizes);
  }

  #break(sizes: TerminalSize[]): TerminalSize[] {
    this.#broken = true;
    this.#text = '';
    return sizes;
  }
}

/** A flat object as Go reads one: names in any case, 0 for what is missing, each side an unsigned number of 16 bits. */
function parseSize(text: string): TerminalSize | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map(Object.entries(value).map(([name, side]) => [name.toLowerCase(), side as unknown]));
  const [width, height] = [fields.get('width') ?? 0, fields.get('height') ?? 0];
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= largestSide;
}

/**
 * The sizes that `source` carries from now on, of which the latest is kept. `source` is read to its end, iterated or not:
 * what is no size ends the sizes, and neither the stream nor the session.
 */
export function terminalSizes(source: Readable): AsyncIterable<TerminalSize> {
  const decoder = new TerminalSizeDecoder();
  const sizes = new TerminalSizes();
  const end = (): void => sizes.end();
  source.on('data', (chunk: Buffer) => {
    const latest = decoder.push(chunk).at(-1);
    if (latest !== undefined) sizes.push(latest);
  });
  source.once('end', end).once('close', end).on('error', end);
  return sizes;
}
