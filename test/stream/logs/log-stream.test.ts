import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerLogOptions } from '../../../src/provider/provider.js';
import { caughtUp, type LogItem, type LogLine } from '../../../src/stream/logs/log-line.js';
import { logStream } from '../../../src/stream/logs/log-stream.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const start = Date.parse('2026-01-01T00:00:00Z');
const clock = new ManualClock({ nowMs: start + 100_000 });

/** `line 0` to `line <count-1>`, a second apart. */
function numbered(count: number): LogLine[] {
  return Array.from({ length: count }, (_, index) => ({ time: start + index * 1000, text: `line ${index}` }));
}

function read(lines: Iterable<LogItem> | AsyncIterable<LogItem>, wanted: ContainerLogOptions = {}): Promise<string> {
  return text(logStream(lines, wanted, { clock }));
}

/** A source that a test feeds. */
class Feed implements AsyncIterable<LogItem> {
  readonly #items: (LogItem | 'end' | Error)[] = [];
  #wake = (): void => {};
  asked = 0;
  returned = false;

  push(...items: (LogItem | 'end' | Error)[]): void {
    this.#items.push(...items);
    this.#wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<LogItem> {
    return {
      next: async () => {
        this.asked += 1;
        while (this.#items.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
        const item = this.#items.shift()!;
        if (item instanceof Error) throw item;
        return item === 'end' ? { done: true, value: undefined } : { done: false, value: item };
      },
      return: async () => {
        this.returned = true;
        return { done: true, value: undefined };
      },
    };
  }
}

async function nextText(stream: Readable): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString();
}

describe('a log made of lines', () => {
  it('kubelet-protocol §5: is all of them when nothing else is asked for', async () => {
    expect(await read(numbered(3))).toBe('line 0\nline 1\nline 2\n');
    expect(await read([])).toBe('');
  });

  it('kubelet-protocol §5: writes times with nine digits and a space in front of lines', async () => {
    const lines: LogLine[] = [
      { time: '2016-10-06T00:17:09.669794202Z', text: 'as it is' },
      { time: '2016-10-06T02:17:09.5+02:00', text: 'from another zone' },
      { time: start + 7, text: '' },
      { text: 'read now' },
    ];
    expect(await read(lines, { timestamps: true })).toBe(
      '2016-10-06T00:17:09.669794202Z as it is\n' +
        '2016-10-06T00:17:09.500000000Z from another zone\n' +
        '2026-01-01T00:00:00.007000000Z \n' +
        '2026-01-01T00:01:40.000000000Z read now\n',
    );
  });

  it('kubelet-protocol §5: has the last lines only, and none for tailLines=0, which is not the same as unset', async () => {
    expect(await read(numbered(100), { tailLines: 2 })).toBe('line 98\nline 99\n');
    expect(await read(numbered(2), { tailLines: 5 })).toBe('line 0\nline 1\n');
    expect(await read(numbered(2), { tailLines: 0 })).toBe('');
  });

  it('kubelet-protocol §5: leaves out what is older than sinceTime, to the nanosecond', async () => {
    const lines = [8, 9, 10].map((nanos) => ({
      time: `2026-01-01T00:00:00.0000000${String(nanos).padStart(2, '0')}Z`,
      text: `${nanos}`,
    }));
    expect(await read(lines, { sinceTime: '2026-01-01T00:00:00.000000009Z' })).toBe('9\n10\n');
    expect(await read(lines, { sinceTime: '2026-01-01T01:00:00.000000009+01:00' })).toBe('9\n10\n');
  });

  it('kubelet-protocol §5: counts sinceSeconds back by the clock', async () => {
    expect(await read(numbered(100), { sinceSeconds: 2 })).toBe('line 98\nline 99\n');
  });

  it('has nothing of a line that is not of the last, though it is too long to be held and comes in parts', async () => {
    const piece = { time: start, text: 'x'.repeat(600_000), partial: true };
    const long: LogLine[] = [piece, piece, piece, piece, { time: start, text: 'end of it' }];
    expect(await read(long, { tailLines: 0 })).toBe('');
    const other: LogLine = { time: start, text: 'short', stream: 'stderr' };
    expect(await read([...long.slice(0, 2), other, ...long.slice(2)], { tailLines: 1 })).toBe('short\n');
    expect(await read([...long, other], { tailLines: 2 })).toHaveLength(2_400_000 + 'end of it\nshort\n'.length);
  });

  it('kubelet-protocol §5: applies the tail before the since filter', async () => {
    const outOfOrder = [...numbered(3), { time: start - 60_000, text: 'old and late' }];
    expect(await read(outOfOrder, { tailLines: 2, sinceTime: '2026-01-01T00:00:00Z' })).toBe('line 2\n');
  });

  it('kubelet-protocol §5: is cut at limitBytes in the middle of a line, times included', async () => {
    expect(await read(numbered(3), { limitBytes: 9 })).toBe('line 0\nli');
    expect(await read(numbered(3), { limitBytes: 7 })).toBe('line 0\n');
    expect(await read(numbered(3), { limitBytes: 32, timestamps: true })).toBe('2026-01-01T00:00:00.000000000Z l');
  });

  it('kubelet-protocol §5: is of one stream alone if so asked', async () => {
    const lines: LogLine[] = [{ text: 'out' }, { text: 'err', stream: 'stderr' }, { text: 'more', stream: 'stdout' }];
    expect(await read(lines, { stream: 'Stdout' })).toBe('out\nmore\n');
    expect(await read(lines, { stream: 'Stderr' })).toBe('err\n');
    expect(await read(lines, { stream: 'All' })).toBe('out\nerr\nmore\n');
  });

  it('keeps bytes that are no text as they are', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0d]);
    const chunks = await logStream([{ text: bytes }], {}, { clock }).toArray();
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([bytes, Buffer.from('\n')]));
  });

  it('joins the pieces of a line, though another stream writes between them, and counts them as one line', async () => {
    const lines: LogLine[] = [
      { time: start, text: 'a', partial: true },
      { time: start + 1, text: 'error', stream: 'stderr' },
      { time: start + 2, text: 'b', partial: true },
      { time: start + 3, text: 'c' },
    ];
    expect(await read(lines)).toBe('error\nabc\n');
    expect(await read(lines, { tailLines: 1, timestamps: true })).toBe('2026-01-01T00:00:00.000000000Z abc\n');
  });

  it('ends without a newline when its last line has none', async () => {
    expect(await read([{ text: 'prompt> ', partial: true }])).toBe('prompt> ');
    expect(await read([{ text: 'prompt> ', partial: true }, caughtUp, { text: 'later' }])).toBe('prompt> ');
  });

  it('passes on a line too long to be held, in parts, with its time once', async () => {
    const piece = 'x'.repeat(700_000);
    const lines: LogLine[] = [piece, piece, piece].map((part) => ({ time: start, text: part, partial: true }));
    const log = await read([...lines, { text: 'end' }], { timestamps: true });
    expect(log).toBe(`2026-01-01T00:00:00.000000000Z ${piece}${piece}${piece}end\n`);
    const tooOld = await read([...lines, { text: 'end' }], { sinceSeconds: 1 });
    expect(tooOld).toBe('');
  });

  it('holds no more than its bound while it looks for the tail, and keeps the newest', async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => ({ text: `${index}`.padStart(936, '.') }));
    const log = await text(logStream(lines, { tailLines: 900 }, { clock, maxTailBytes: 10_000 }));
    expect(log.split('\n').map((line) => Number(line.replaceAll('.', '')))).toEqual([
      ...Array.from({ length: 10 }, (_, index) => 990 + index),
      0,
    ]);
  });

  it('is refused for a sinceTime that is no time', () => {
    expect(() => logStream([], { sinceTime: 'noon' })).toThrow('log options: sinceTime is not an RFC 3339 time');
  });

  it.each([
    [{ tailLines: -1 }, {}, 'option tailLines of log options: -1 is not a number from 0 up'],
    [{ sinceSeconds: NaN }, {}, 'option sinceSeconds of log options: NaN is not a number from 0 up'],
    [{ limitBytes: -1 }, {}, 'option limitBytes of log options: -1 is not a number from 0 up'],
    [{ tailLines: 1 }, { maxTailBytes: -1 }, 'option maxTailBytes: -1 is not a number from 0 up'],
  ])('is refused for numbers that make no sense: %j %j', (wanted, options, message) => {
    expect(() => logStream([{ text: 'a' }], wanted, options)).toThrow(message);
  });

  it('takes a time that is no number for long ago', async () => {
    const lines = [{ time: NaN, text: 'a' }];
    expect(await read(lines, { timestamps: true })).toBe('1970-01-01T00:00:00.000000000Z a\n');
  });

  it('agrees with a plain account of the rules, whatever is asked of whatever lines', async () => {
    const line = fc.record({
      text: fc.string({ maxLength: 5 }),
      time: fc.integer({ min: start, max: start + 100_000 }),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
    });
    const options = fc.record(
      {
        tailLines: fc.integer({ min: 0, max: 12 }),
        limitBytes: fc.integer({ min: 1, max: 200 }),
        sinceSeconds: fc.integer({ min: 1, max: 100 }),
        timestamps: fc.boolean(),
        stream: fc.constantFrom('All' as const, 'Stdout' as const, 'Stderr' as const),
      },
      { requiredKeys: [] },
    );
    const check = fc.asyncProperty(fc.array(line, { maxLength: 20 }), options, async (lines, wanted) => {
      const { tailLines = Infinity, limitBytes = Infinity, sinceSeconds = Infinity } = wanted;
      const streams = lines.filter(
        ({ stream }) => (wanted.stream ?? 'All').toLowerCase() === stream || !/Std/.test(wanted.stream ?? ''),
      );
      const tail = streams.slice(Math.max(0, streams.length - tailLines));
      const recent = tail.filter(({ time }) => time >= clock.now() - sinceSeconds * 1000);
      const expected = recent.map(({ text: content, time }) => {
        const stamp = `${new Date(time).toISOString().slice(0, -1)}000000Z `;
        return `${wanted.timestamps ? stamp : ''}${content}\n`;
      });
      const bytes = Buffer.from(expected.join('')).subarray(0, limitBytes);
      expect(Buffer.concat(await logStream(lines, wanted, { clock }).toArray())).toEqual(bytes);
    });
    await fc.assert(check, { numRuns: 500 });
  });
});

describe('a log that is followed', () => {
  it('kubelet-protocol §5: begins with the tail of what there was, and has all that comes later', async () => {
    const feed = new Feed();
    feed.push(...numbered(5), caughtUp);
    const log = logStream(feed, { follow: true, tailLines: 1 }, { clock });
    expect(await nextText(log)).toBe('line 4\n');
    feed.push({ text: 'new' });
    expect(await nextText(log)).toBe('new\n');
    feed.push({ text: 'newer' }, { text: 'newest' }, 'end');
    expect(await text(log)).toBe('newer\nnewest\n');
  });

  it('kubelet-protocol §5: with tailLines=0 has only what comes later', async () => {
    const log = read([...numbered(5), caughtUp, { text: 'new' }], { follow: true, tailLines: 0 });
    expect(await log).toBe('new\n');
  });

  it('ends where the past does for a client that does not follow, and lets go of the source', async () => {
    const feed = new Feed();
    feed.push(...numbered(2), caughtUp);
    expect(await read(feed)).toBe('line 0\nline 1\n');
    expect(feed.returned).toBe(true);
  });

  it('ends at its limit and lets go of the source', async () => {
    const feed = new Feed();
    feed.push(...numbered(2));
    expect(await read(feed, { follow: true, limitBytes: 3 })).toBe('lin');
    expect(feed.returned).toBe(true);
  });

  it('asks for no more lines while nobody reads', async () => {
    const feed = new Feed();
    feed.push(...Array.from({ length: 1000 }, () => ({ text: 'x'.repeat(9_999) })), 'end');
    const log = logStream(feed, { follow: true }, { clock });
    await once(log, 'readable');
    await clock.settle();
    expect(feed.asked).toBeLessThan(30);
    expect((await text(log)).length).toBe(10_000_000);
  });

  it('says that the source failed, after everything that it gave before', async () => {
    const feed = new Feed();
    feed.push({ text: 'before' }, new Error('backend is away'));
    const chunks: string[] = [];
    const reading = (async () => {
      for await (const chunk of logStream(feed, { follow: true }, { clock })) chunks.push(String(chunk));
    })();
    await expect(reading).rejects.toThrow('backend is away');
    expect(chunks.join('')).toBe('before\n');
  });

  it('ends with the reason of its signal, at once, though the source is in the middle of something', async () => {
    const feed = new Feed();
    const controller = new AbortController();
    const log = logStream(feed, { follow: true }, { clock, signal: controller.signal });
    const failed = once(log.resume(), 'error');
    controller.abort(new Error('client has gone'));
    expect(await failed).toMatchObject([{ message: 'client has gone' }]);
    expect(feed.returned).toBe(true);

    const late = logStream(feed, {}, { clock, signal: AbortSignal.abort(new Error('gone before')) });
    await expect(text(late)).rejects.toThrow('gone before');
  });
});
