import { text } from 'node:stream/consumers';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { VkError } from '../../../src/runtime/errors.js';
import { MemorySession } from '../../../src/stream/bridges/memory-session.js';

describe('MemorySession', () => {
  it('is both sides of an exec', async () => {
    const session = new MemorySession();
    session.stdin.end('hello');
    const answer = await session.run(async (io) => {
      io.stdout?.write((await text(io.stdin!)).toUpperCase());
      io.stderr?.write('warning');
      return 7;
    });
    expect(answer).toEqual({ result: 7, stdout: 'HELLO', stderr: 'warning' });
  });

  it('has the streams that the client asked for, and no stderr with a terminal', () => {
    expect(Object.keys(new MemorySession().io).sort()).toEqual(['stderr', 'stdin', 'stdout', 'tty']);
    expect(Object.keys(new MemorySession({ tty: true }).io).sort()).toEqual(['resize', 'stdin', 'stdout', 'tty']);
    expect(new MemorySession({ stdin: false, stdout: false, stderr: false }).io).toEqual({ tty: false });
  });

  it('answers for streams that nobody asked for: they have ended', async () => {
    const session = new MemorySession({ stdout: false });
    expect(await text(session.stdout)).toBe('');
  });

  it('tells of terminal sizes, and ends them with itself', async () => {
    const session = new MemorySession({ tty: true });
    session.resize({ width: 80, height: 24 });
    session.end();
    const sizes = [];
    for await (const size of session.io.resize!) sizes.push(size);
    expect(sizes).toEqual([{ width: 80, height: 24 }]);
  });

  it('aborts the call and destroys its streams when the client hangs up', async () => {
    const session = new MemorySession({ tty: true });
    const call = pipeline(session.io.stdin!, session.io.stdout!, { end: false });
    session.hangUp();
    await expect(call).rejects.toThrow();
    expect(session.context.signal.reason).toMatchObject({ code: 'Aborted' });
    await expect(finished(session.io.stdout!)).rejects.toThrow();
  });

  it('aborts the call when the signal that it was made with does', () => {
    const outer = new AbortController();
    const { context } = new MemorySession({ signal: outer.signal });
    outer.abort();
    expect(context.signal.aborted).toBe(true);
  });

  it('hands on why a call failed, and leaves nothing open', async () => {
    const session = new MemorySession();
    const failure = new VkError('NotFound', 'pod default/web: no such pod');
    await expect(session.run(() => Promise.reject(failure))).rejects.toBe(failure);
    await expect(finished(session.io.stdin!)).rejects.toThrow();
    expect(session.stdout.destroyed).toBe(true);
  });

  it('keeps no more output than it was told to', async () => {
    const session = new MemorySession({ maxOutputBytes: 1_000 });
    const endless = session.run(async (io, { signal }) => {
      while (!signal.aborted) {
        io.stdout?.write(Buffer.alloc(100));
        await new Promise((resolve) => setImmediate(resolve));
      }
      signal.throwIfAborted();
    });
    await expect(endless).rejects.toThrow('memory session: more than 1000 bytes of output (maxOutputBytes)');
  });
});
