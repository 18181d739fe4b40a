import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from '../../../src/stream/logs/cri-format.js';
import { CriLogReader, readCriLogs } from '../../../src/stream/logs/cri-log-reader.js';
import { CriLogWriter } from '../../../src/stream/logs/cri-log-writer.js';
import { caughtUp } from '../../../src/stream/logs/log-line.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { eventually } from '../../e2e/support/eventually.js';
import { linesOf, shown, useLogFolder } from './log-folder.js';

const at = useLogFolder();
const time = '2016-10-06T00:17:09.669794202Z';

/** Long lines by their length: what a failure shows is read by people. */
const brief = (line: string): string => line.replace(/z{9,}/g, (all) => `z*${all.length}`);

describe('a record of a log file', () => {
  it.each([
    [`${time} stdout F text`, { time, stream: 'stdout', text: 'text', partial: false }],
    [`${time} stderr P  two  spaces `, { time, stream: 'stderr', text: ' two  spaces ', partial: true }],
    [`${time} stdout F `, { time, stream: 'stdout', text: '', partial: false }],
    [`${time} stdout F`, { time, stream: 'stdout', text: '', partial: false }],
    [`${time} stdout P:more:tags text`, { time, stream: 'stdout', text: 'text', partial: true }],
  ])('%s is read', (record, expected) => {
    const line = decodeRecord(Buffer.from(record));
    expect(line && { ...line, text: String(line.text) }).toEqual(expected);
  });

  it.each([
    '',
    'text',
    time,
    `${time} stdout`,
    `${time} stdin F text`,
    `${time} stdout X text`,
    `${time} stdout Full x`,
    'now stdout F x',
  ])('"%s" is none', (record) => expect(decodeRecord(Buffer.from(record))).toBeUndefined());

  it('is read as it was written, whatever the text', () => {
    const check = fc.property(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((byte) => byte !== 0x0a)),
      fc.constantFrom('stdout' as const, 'stderr' as const),
      fc.constantFrom('F' as const, 'P' as const),
      (bytes, stream, tag) => {
        const record = encodeRecord(time, stream, tag, bytes);
        const line = decodeRecord(record.subarray(0, -1));
        expect(line).toMatchObject({ time, stream, partial: tag === 'P' });
        expect(Buffer.compare(line!.text, bytes)).toBe(0);
      },
    );
    fc.assert(check);
  });
});

describe('a log file that is read', () => {
  it('has pieces joined, of each stream by itself', async () => {
    await writeFile(
      at.log,
      `${time} stdout P a\n${time} stderr P x\n${time} stdout P b\n${time} stderr F y\n${time} stdout F c\n`,
    );
    expect(await linesOf(at.log)).toEqual(['stderr: xy', 'stdout: abc']);
  });

  it('passes over what is no record, and counts it', async () => {
    await writeFile(at.log, `garbage\n${time} stdout F one\n\n\0\0\0\n${time} stdout F two\n`);
    const reader = new CriLogReader(at.log);
    const lines: string[] = [];
    for await (const item of reader) if (item !== caughtUp) lines.push(shown(item));
    expect(lines).toEqual(['stdout: one', 'stdout: two']);
    expect(reader.malformed).toBe(2);
    expect(await linesOf(at.log, { tailLines: 1 })).toEqual(['stdout: two']);
  });

  it('passes over a record that is longer than any can be, holding none of it', async () => {
    await writeFile(at.log, `${time} stdout F one\n${time} stdout F ${'x'.repeat(3_000_000)}\n${time} stdout F two\n`);
    expect(await linesOf(at.log)).toEqual(['stdout: one', 'stdout: two']);
    expect(await linesOf(at.log, { tailLines: 2 })).toEqual(['stdout: one', 'stdout: two']);
  });

  it('has what there is of a record that was cut short', async () => {
    await writeFile(at.log, `${time} stdout F one\n${time} stdout F tw`);
    expect(await linesOf(at.log)).toEqual(['stdout: one', 'stdout: tw…']);
    expect(await linesOf(at.log, { tailLines: 1 })).toEqual(['stdout: tw…']);
  });

  it('includes what was rotated out of it, by us or by a kubelet, oldest first', async () => {
    await writeFile(`${at.log}.9`, `${time} stdout F one\n`);
    await writeFile(`${at.log}.10`, `${time} stdout F two\n`);
    await writeFile(`${at.log}.20261121-074658`, `${time} stdout F three\n`);
    await writeFile(`${at.log}.10.gz`, 'x');
    await writeFile(at.log, `${time} stdout F four\n`);
    const lines = ['stdout: one', 'stdout: two', 'stdout: three', 'stdout: four'];
    expect(await linesOf(at.log)).toEqual(lines);
    for (const tailLines of [0, 1, 2, 3, 4, 5]) {
      expect(await linesOf(at.log, { tailLines })).toEqual(lines.slice(Math.max(0, 4 - tailLines)));
    }
  });

  it('that is not there is an error which names it', async () => {
    await expect(linesOf(at.log)).rejects.toMatchObject({
      code: 'NotFound',
      message: `log file ${at.log}: there is no such file`,
    });
    await expect(linesOf(`${at.folder}/no/0.log`)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(linesOf(at.log, { follow: true, stopped: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('kubelet-protocol §5: is what the client asked for', async () => {
    await using writer = new CriLogWriter(at.log, { clock: new ManualClock(), maxBytes: 150, keep: 100 });
    await writer.write('stdout', Array.from({ length: 9 }, (_, index) => `line ${index}\n`).join(''));
    await writer.write('stderr', 'problem\n');
    expect(await text(readCriLogs(at.log, { tailLines: 2, timestamps: true }))).toBe(
      '2026-01-01T00:00:00.000000008Z line 8\n2026-01-01T00:00:00.000000009Z problem\n',
    );
    expect(await text(readCriLogs(at.log, { stream: 'Stdout', tailLines: 1 }))).toBe('line 8\n');
    expect(await text(readCriLogs(at.log, { limitBytes: 10 }))).toBe('line 0\nlin');
  });

  it('has a last line without an end whole, though pieces of it lie in front of other lines', async () => {
    await writeFile(at.log, `${time} stdout P a\n${time} stderr F x\n${time} stderr P y\n${time} stdout P b\n`);
    expect(await linesOf(at.log, { tailLines: 1 })).toEqual(['stderr: y…']);
    expect(await linesOf(at.log, { tailLines: 2 })).toEqual(['stdout: ab…', 'stderr: y…']);
  });

  it('has exactly the last N lines, however pieces, streams and files lie', async () => {
    const write = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('\n', 'a\nb\n', 'z'.repeat(20_000), `${'z'.repeat(50_000)}\n`),
      ),
    });
    const check = fc.asyncProperty(
      fc.array(write, { maxLength: 12 }),
      fc.integer({ min: 100, max: 60_000 }),
      fc.integer({ min: 0, max: 15 }),
      async (writes, maxBytes, tailLines) => {
        await rm(at.folder, { recursive: true, force: true });
        const writer = new CriLogWriter(at.log, { maxBytes, keep: 1_000 });
        await writer.open();
        for (const each of writes) await writer.write(each.stream, each.text);
        await writer.close();
        const all = (await linesOf(at.log)).map(brief);
        for (const stream of ['stdout', 'stderr'] as const) {
          const bytes = writes
            .filter((each) => each.stream === stream)
            .map((each) => each.text)
            .join('');
          const expected = bytes.split('\n').map((line) => `${stream}: ${line}`);
          const open = expected.pop();
          if (open !== `${stream}: `) expected.push(`${open}…`);
          expect(all.filter((line) => line.startsWith(stream))).toEqual(expected.map(brief));
        }
        expect((await linesOf(at.log, { tailLines })).map(brief)).toEqual(
          all.slice(Math.max(0, all.length - tailLines)),
        );
      },
    );
    await fc.assert(check, { numRuns: 60 });
  });

  it('is read from its end for the last lines: of 64 MiB hardly any', async () => {
    const block = Buffer.from(`${time} stdout F ${'x'.repeat(980)}\n`.repeat(1024));
    for (let index = 0; index < 64; index += 1) await appendFile(at.log, block);
    const costOf = async (tailLines: number): Promise<number> => {
      const before = process.cpuUsage();
      expect(await linesOf(at.log, { tailLines })).toHaveLength(tailLines);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const costOfAll = await costOf(64 * 1024);
    expect(await costOf(10)).toBeLessThan(costOfAll / 4);
  });
});

/** Follows a log into a list of lines. */
function follow(log: string, options: { stopped?: AbortSignal; clock?: ManualClock; signal?: AbortSignal } = {}) {
  const reader = new CriLogReader(log, { ...options, follow: true });
  const lines: string[] = [];
  const ended = (async () => {
    for await (const item of reader) lines.push(item === caughtUp ? '--' : shown(item));
  })();
  ended.catch(() => {});
  return { reader, lines, ended };
}

describe('a log file that is followed', () => {
  it('gives each line when it is written, and ends after the last when the container stops', async () => {
    const stopped = new AbortController();
    await using writer = new CriLogWriter(at.log);
    await writer.write('stdout', 'past\n');
    const { lines, ended } = follow(at.log, { stopped: stopped.signal });
    await eventually(() => expect(lines).toEqual(['stdout: past', '--']));
    await writer.write('stdout', 'now\n');
    await eventually(() => expect(lines).toHaveLength(3));
    await writer.write('stderr', 'last words');
    await writer.close();
    stopped.abort();
    await ended;
    expect(lines).toEqual(['stdout: past', '--', 'stdout: now', 'stderr: last words…']);
  });

  it('misses and repeats nothing through any number of rotations', async () => {
    const stopped = new AbortController();
    await using writer = new CriLogWriter(at.log, { maxBytes: 500, keep: 1_000 });
    await writer.open();
    const readers = [0, 1, 2].map(() => follow(at.log, { stopped: stopped.signal }));
    const expected: string[] = [];
    for (let index = 0; index < 600; index += 1) {
      expected.push(`stdout: line ${index}`);
      await writer.write('stdout', `line ${index}\n`);
      if (index % 37 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    stopped.abort();
    for (const { ended, lines, reader } of readers) {
      await ended;
      expect(lines.filter((line) => line !== '--')).toEqual(expected);
      expect(reader.gaps).toBe(0);
    }
  });

  it('says that lines may be missing when files were deleted before they were read', async () => {
    const clock = new ManualClock();
    const stopped = new AbortController();
    await using writer = new CriLogWriter(at.log, { maxBytes: 100, keep: 2 });
    await writer.write('stdout', 'past\n');
    const { lines, ended, reader } = follow(at.log, { clock, stopped: stopped.signal });
    await eventually(() => expect(lines).toEqual(['stdout: past', '--']));
    // In one turn, before the reader can come to it.
    await writer.write('stdout', Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join(''));
    await eventually(() => expect(lines.at(-1)).toBe('stdout: line 19'));
    stopped.abort();
    await ended;
    const numbers = lines.slice(2).map((line) => Number(line.slice(13)));
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(new Set(numbers).size).toBe(numbers.length);
    if (numbers.length < 20) expect(reader.gaps).toBeGreaterThan(0);
  });

  it('begins again when somebody empties the file', async () => {
    await writeFile(at.log, `${time} stdout F one\n${time} stdout F two\n`);
    const stopped = new AbortController();
    const { lines, ended, reader } = follow(at.log, { stopped: stopped.signal });
    await eventually(() => expect(lines).toHaveLength(3));
    await truncate(at.log);
    await eventually(() => expect(reader.gaps).toBe(1));
    await appendFile(at.log, `${time} stdout F three\n`);
    await eventually(() => expect(lines.at(-1)).toBe('stdout: three'));
    stopped.abort();
    await ended;
  });

  it('waits for a file that is not there yet, also while it is being replaced', async () => {
    const clock = new ManualClock();
    const stopped = new AbortController();
    const { lines, ended } = follow(at.log, { stopped: stopped.signal, clock });
    await eventually(() => expect(clock.pending).toBe(1));
    await writeFile(`${at.log}.new`, `${time} stdout F one\n`);
    await rename(`${at.log}.new`, at.log);
    await eventually(() => expect(lines).toEqual(['stdout: one', '--']));
    await rename(at.log, `${at.log}.1`);
    await appendFile(`${at.log}.1`, `${time} stdout F two\n`);
    await eventually(() => expect(lines).toHaveLength(3));
    await writeFile(at.log, `${time} stdout F three\n`);
    await eventually(() => expect(lines.slice(1)).toEqual(['--', 'stdout: two', 'stdout: three']));
    stopped.abort();
    await ended;
  });

  it('is looked at by the clock where the file system tells of nothing', async () => {
    const clock = new ManualClock();
    const stopped = new AbortController();
    // A folder that is not there cannot be watched.
    const folder = `${at.folder}/later`;
    const { lines, ended } = follow(`${folder}/0.log`, { stopped: stopped.signal, clock });
    await eventually(() => expect(clock.pending).toBe(1));
    await using writer = new CriLogWriter(`${folder}/0.log`);
    await writer.write('stdout', 'one\n');
    await clock.advance(1_000);
    await eventually(() => expect(lines).toEqual(['stdout: one', '--']));
    await writer.write('stdout', 'two\n');
    await eventually(async () => {
      await clock.advance(1_000);
      expect(lines.at(-1)).toBe('stdout: two');
    });
    stopped.abort();
    await ended;
  });

  it('ends with its signal’s reason, at once, and leaves no timer', async () => {
    const clock = new ManualClock();
    const over = new AbortController();
    await writeFile(at.log, '');
    const { lines, ended } = follow(at.log, { clock, signal: over.signal });
    await eventually(() => expect(lines).toEqual(['--']));
    await eventually(() => expect(clock.pending).toBe(1));
    over.abort(new Error('client has gone'));
    await expect(ended).rejects.toThrow('client has gone');
    expect(clock.pending).toBe(0);
  });

  it('lets go of everything when its stream is destroyed', async () => {
    const clock = new ManualClock();
    await writeFile(at.log, `${time} stdout F one\n`);
    const log = readCriLogs(at.log, { follow: true, tailLines: 1 }, { clock });
    for await (const chunk of log) {
      expect(String(chunk)).toBe('one\n');
      break;
    }
    await eventually(() => expect(clock.pending).toBe(0));
  });
});
