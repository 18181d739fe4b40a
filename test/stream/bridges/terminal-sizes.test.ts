import { describe, expect, it } from 'vitest';
import { TerminalSizes } from '../../../src/stream/bridges/terminal-sizes.js';

const small = { width: 80, height: 24 };
const large = { width: 200, height: 50 };

describe('TerminalSizes', () => {
  it('gives a slow reader the latest size and skips those in between', async () => {
    const sizes = new TerminalSizes();
    sizes.push(small);
    sizes.push({ width: 81, height: 24 });
    sizes.push(large);
    const reader = sizes[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: large });
    const next = reader.next();
    sizes.push(small);
    expect(await next).toEqual({ done: false, value: small });
  });

  it('delivers a size that came before the end, then ends, and takes no more', async () => {
    const sizes = new TerminalSizes();
    sizes.push(small);
    sizes.end();
    sizes.push(large);
    const seen = [];
    for await (const size of sizes) seen.push(size);
    expect(seen).toEqual([small]);
  });

  it('ends a reader that waits when it ends, though it never had a size', async () => {
    const sizes = new TerminalSizes();
    const next = sizes[Symbol.asyncIterator]().next();
    sizes.end();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('lets a reader go that waits and is no longer wanted, and serves the others on', async () => {
    const sizes = new TerminalSizes();
    const leaving = sizes[Symbol.asyncIterator]();
    const staying = sizes[Symbol.asyncIterator]();
    const [left, kept] = [leaving.next(), staying.next()];
    await leaving.return?.();
    expect(await left).toEqual({ done: true, value: undefined });
    sizes.push(small);
    expect(await kept).toEqual({ done: false, value: small });
    expect(await leaving.next()).toEqual({ done: true, value: undefined });
  });

  it('starts a later reader with the latest size', async () => {
    const sizes = new TerminalSizes();
    sizes.push(small);
    const first = sizes[Symbol.asyncIterator]();
    await first.next();
    await first.return?.();
    expect(await sizes[Symbol.asyncIterator]().next()).toEqual({ done: false, value: small });
  });
});
