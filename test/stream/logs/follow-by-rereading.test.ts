import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followByRereading, type LogReading } from '../../../src/stream/logs/follow-by-rereading.js';
import { caughtUp, type LogItem } from '../../../src/stream/logs/log-line.js';
import { logStream } from '../../../src/stream/logs/log-stream.js';
import { lineKey, SeenLines } from '../../../src/stream/logs/seen-lines.js';
import { textLines } from '../../../src/stream/logs/text-lines.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const shown = (item: LogItem): string => (item === caughtUp ? '--' : `${String(item.text)}${item.partial ? '…' : ''}`);

/** Follows a backend that answers one reading after the other, and is stopped at the last. */
async function readings(...all: (LogReading | Error)[]): Promise<{ lines: string[]; gaps: number; reads: number }> {
  const clock = new ManualClock();
  let reads = 0;
  let gaps = 0;
  const source = followByRereading(
    () => {
      const reading = all[reads];
      reads += 1;
      if (reading instanceof Error) throw reading;
      return reading ?? '';
    },
    { clock, isRunning: () => reads < all.length - 1, onGap: () => (gaps += 1) },
  );
  const lines: string[] = [];
  let over = false;
  const following = (async () => {
    for await (const item of source) lines.push(shown(item));
  })().finally(() => (over = true));
  following.catch(() => {});
  await clock.runUntil(() => over);
  await following;
  return { lines, gaps, reads };
}

describe('a log that is followed by reading it again', () => {
  it('gives what is new in each reading, and reads once more when the container has stopped', async () => {
    const { lines, gaps } = await readings('a\n', 'a\nb\nc\n', 'a\nb\nc\n', 'a\nb\nc\nlast\n');
    expect(lines).toEqual(['a', '--', 'b', 'c', 'last']);
    expect(gaps).toBe(0);
  });

  it('finds where a window that moved goes on', async () => {
    const { lines, gaps } = await readings('a\nb\nc\n', 'b\nc\nd\n', 'd\ne\nf\n', 'f\n', 'f\ng\n');
    expect(lines).toEqual(['a', 'b', 'c', '--', 'd', 'e', 'f', 'g']);
    expect(gaps).toBe(0);
  });

  it('repeats nothing when lines are equal and all of them are shown', async () => {
    const { lines } = await readings('tick\n', 'tick\ntick\ntick\n', 'tick\ntick\ntick\n', 'tick\ntick\ntick\ntock\n');
    expect(lines).toEqual(['tick', '--', 'tick', 'tick', 'tock']);
  });

  it('repeats nothing when a replica that lags behind answers', async () => {
    const { lines, gaps } = await readings('a\nb\nc\n', 'a\nb\n', '', 'b\n', 'a\nb\nc\nd\n');
    expect(lines).toEqual(['a', 'b', 'c', '--', 'd']);
    expect(gaps).toBe(0);
  });

  it('gives everything, and says that lines may be missing, when the log began anew', async () => {
    const { lines, gaps } = await readings('a\nb\n', 'x\ny\n', 'x\ny\nz\n');
    expect(lines).toEqual(['a', 'b', '--', 'x', 'y', 'z']);
    expect(gaps).toBe(1);
  });

  it('gives lines that came late in between, once, and says so', async () => {
    const { lines, gaps } = await readings('a\nc\nd\n', 'a\nb\nc\nd\ne\n', 'a\nb\nc\nd\ne\nf\n');
    expect(lines).toEqual(['a', 'c', 'd', '--', 'b', 'e', 'f']);
    expect(gaps).toBe(1);
  });

  it('gives a line whose end comes later once, in pieces', async () => {
    const { lines } = await readings('a\npro', 'a\nprompt> ', 'a\nprompt> yes\nb\n', 'a\nprompt> yes\nb\nend');
    expect(lines).toEqual(['a', 'pro…', '--', 'mpt> …', 'yes', 'b', 'end…']);
  });

  it('ends a line that does not go on as it began', async () => {
    const { lines } = await readings('half a li', 'other\n');
    expect(lines).toEqual(['half a li…', '--', '', 'other']);
  });

  it('waits out failures, but not for ever, and never the first', async () => {
    const { lines } = await readings('a\n', new Error('away'), new Error('still away'), 'a\nb\n');
    expect(lines).toEqual(['a', '--', 'b']);
    await expect(readings(new Error('away'))).rejects.toThrow('away');
    await expect(readings('a\n', ...Array.from({ length: 9 }, () => new Error('away')))).rejects.toThrow('away');
  });

  it('costs one reading for a client that does not follow', async () => {
    let reads = 0;
    const lines = followByRereading(
      () => {
        reads += 1;
        return '2026-01-01T00:00:01.5Z one\n2026-01-01T00:00:02Z two\nprompt> ';
      },
      { timestamped: true },
    );
    const log = logStream(
      lines,
      { sinceTime: '2026-01-01T00:00:02Z', timestamps: true },
      { clock: new ManualClock({ nowMs: Date.parse('2026-01-01T00:00:09Z') }) },
    );
    expect(await text(log)).toBe('2026-01-01T00:00:02.000000000Z two\n2026-01-01T00:00:09.000000000Z prompt> ');
    expect(reads).toBe(1);
  });

  it('ends at once when the client goes, in the middle of a pause, and leaves no timer', async () => {
    const clock = new ManualClock();
    const log = logStream(
      followByRereading(() => 'a\n', { clock }),
      { follow: true },
      { clock },
    );
    for await (const chunk of log) {
      expect(String(chunk)).toBe('a\n');
      await clock.settle();
      expect(clock.pending).toBe(1);
      break;
    }
    await clock.settle();
    expect(clock.pending).toBe(0);
  });

  it('loses and repeats nothing whatever windows and old answers it sees, as long as they overlap', async () => {
    const step = fc.record({
      grows: fc.integer({ min: 0, max: 5 }),
      window: fc.integer({ min: 6, max: 40 }),
      lag: fc.integer({ min: 0, max: 9 }),
    });
    const check = fc.property(fc.array(step, { maxLength: 30 }), fc.boolean(), (steps, cutsFirstLine) => {
      const seen = new SeenLines(50, cutsFirstLine);
      const given: number[] = [];
      let length = 3;
      const look = (from: number, to: number): void => {
        const keys = Array.from({ length: to - from }, (_, index) => lineKey([from + index]));
        // A first line without its begin is none that is known.
        if (cutsFirstLine && from > 0) keys[0] = lineKey(['cut', from]);
        const { fresh, certain } = seen.take(keys);
        expect(certain).toBe(true);
        given.push(...fresh.map((index) => from + index));
      };
      look(0, length);
      for (const { grows, window, lag } of steps) {
        length += grows;
        look(Math.max(0, length - window - (cutsFirstLine ? 1 : 0)), length);
        // An old answer, of what was known a while ago.
        if (!cutsFirstLine) look(Math.max(0, length - Math.max(lag, 1) - 3), Math.max(0, length - lag));
      }
      expect(given).toEqual(Array.from({ length }, (_, index) => index));
    });
    fc.assert(check, { numRuns: 500 });
  });

  it('is exact for a log that is shown whole, whatever its lines', () => {
    const check = fc.property(
      fc.array(fc.array(fc.constantFrom('', 'a', 'b'), { maxLength: 6 }), { maxLength: 12 }),
      (parts) => {
        const seen = new SeenLines(8, false);
        const log: string[] = [];
        const given: string[] = [];
        for (const part of parts) {
          log.push(...part);
          given.push(...seen.take(log.map((line) => lineKey([line]))).fresh.map((index) => log[index]!));
        }
        expect(given).toEqual(log);
      },
    );
    fc.assert(check, { numRuns: 500 });
  });
});

describe('the lines of a text', () => {
  it('are apart by newlines; the last may have none', () => {
    expect(textLines('a\n\nb').map(shown)).toEqual(['a', '', 'b…']);
    expect(textLines('')).toEqual([]);
    expect(textLines(Buffer.from('a\n')).map(shown)).toEqual(['a']);
  });

  it('begin with their time if so told, where they do', () => {
    const lines = textLines('2026-01-01T00:00:00Z one\ntwo\n2026-01-01T00:00:00.1Z\n2026-01-01T00:00:00Z  three\n', {
      timestamped: true,
    });
    expect(lines.map((line) => [line.time, String(line.text)])).toEqual([
      ['2026-01-01T00:00:00Z', 'one'],
      [undefined, 'two'],
      ['2026-01-01T00:00:00.1Z', ''],
      ['2026-01-01T00:00:00Z', ' three'],
    ]);
  });
});
