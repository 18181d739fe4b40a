import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { CriLogWriter } from '../../../src/stream/logs/cri-log-writer.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { linesOf, useLogFolder } from './log-folder.js';

const at = useLogFolder();
const clock = new ManualClock();

const text = (): Promise<string> => readFile(at.log, 'utf8');

describe('a log file that is written', () => {
  it('has a record for each line, with its time, its stream and its tag', async () => {
    await using writer = new CriLogWriter(at.log, { clock });
    await writer.write('stdout', 'one\ntwo\n');
    await writer.write('stderr', Buffer.from('three\n\n'));
    expect(await text()).toBe(
      '2026-01-01T00:00:00.000000000Z stdout F one\n' +
        '2026-01-01T00:00:00.000000001Z stdout F two\n' +
        '2026-01-01T00:00:00.000000002Z stderr F three\n' +
        '2026-01-01T00:00:00.000000003Z stderr F \n',
    );
  });

  it('never has a time that is earlier than the one before, though the clock is set back', async () => {
    let nowMs = Date.parse('2026-01-01T00:00:01Z');
    await using writer = new CriLogWriter(at.log, { clock: { ...systemClock, now: () => nowMs } });
    await writer.write('stdout', 'before\n');
    nowMs -= 60_000;
    await writer.write('stdout', 'after\n');
    nowMs += 120_000;
    await writer.write('stdout', 'later\n');
    const times = (await text()).split('\n').map((line) => line.slice(0, 30));
    expect(times.slice(0, 3)).toEqual([
      '2026-01-01T00:00:01.000000000Z',
      '2026-01-01T00:00:01.000000001Z',
      '2026-01-01T00:01:01.000000000Z',
    ]);
  });

  it('waits for the rest of a line, of each stream by itself', async () => {
    await using writer = new CriLogWriter(at.log, { clock });
    await writer.write('stdout', 'half ');
    await writer.write('stderr', 'no');
    expect(await text()).toBe('');
    await writer.write('stdout', 'and half\n');
    await writer.write('stderr', 'ise\n');
    expect(await linesOf(at.log)).toEqual(['stdout: half and half', 'stderr: noise']);
  });

  it('has long lines in pieces of 16 KiB, tagged P up to the last', async () => {
    await using writer = new CriLogWriter(at.log, { clock });
    await writer.write('stdout', `${'x'.repeat(16_384)}\n`);
    await writer.write('stdout', `${'y'.repeat(40_000)}\n`);
    const records = (await text()).split('\n').slice(0, -1);
    expect(records.map((record) => [record.slice(31, 39), record.length - 40])).toEqual([
      ['stdout F', 16_384],
      ['stdout P', 16_384],
      ['stdout P', 16_384],
      ['stdout F', 40_000 - 2 * 16_384],
    ]);
    expect((await linesOf(at.log)).map((line) => line.length)).toEqual([8 + 16_384, 8 + 40_000]);
  });

  it('tags a last line without a newline P, when its stream ends', async () => {
    const writer = new CriLogWriter(at.log, { clock });
    const stdout = writer.writable('stdout');
    stdout.end('prompt> ');
    await once(stdout, 'finish');
    await writer.write('stderr', 'bye');
    await writer.close();
    expect(await text()).toMatch(/ stdout P prompt> \n.* stderr P bye\n$/);
    await expect(writer.write('stdout', 'more\n')).rejects.toMatchObject({
      code: 'Aborted',
      message: `log file ${at.log}: closed`,
    });
  });

  it('takes what a child process writes, byte for byte', async () => {
    await using writer = new CriLogWriter(at.log, { maxBytes: 50_000, keep: 1000 });
    const script = `for (let i = 0; i < 5000; i++) { process.stdout.write('out ' + i + '\\n'); process.stderr.write('err ' + i + '\\n'); }`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    await Promise.all([
      pipeline(child.stdout, writer.writable('stdout')),
      pipeline(child.stderr, writer.writable('stderr')),
    ]);
    const lines = await linesOf(at.log);
    const expected = Array.from({ length: 5000 }, (_, index) => index);
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(expected.map((index) => `stdout: out ${index}`));
    expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(expected.map((index) => `stderr: err ${index}`));
  });

  it('is rotated by size, and the oldest file goes', async () => {
    await using writer = new CriLogWriter(at.log, { clock, maxBytes: 100, keep: 3 });
    await writer.write('stdout', Array.from({ length: 11 }, (_, index) => `line ${index}\n`).join(''));
    expect((await readdir(at.folder)).sort()).toEqual(['0.log', '0.log.4', '0.log.5']);
    expect(await linesOf(at.log)).toEqual([6, 7, 8, 9, 10].map((index) => `stdout: line ${index}`));
    for (const name of await readdir(at.folder)) {
      expect((await stat(path.join(at.folder, name))).size).toBeLessThanOrEqual(100);
    }
  });

  it('is only ever one file with keep: 1', async () => {
    await using writer = new CriLogWriter(at.log, { clock, maxBytes: 100, keep: 1 });
    await writer.write('stdout', 'line 0\nline 1\nline 2\n');
    expect(await readdir(at.folder)).toEqual(['0.log']);
    expect(await linesOf(at.log)).toEqual(['stdout: line 2']);
  });

  it('is gone on with by the next process, also behind a record that a killed one left', async () => {
    await using first = new CriLogWriter(at.log, { clock, maxBytes: 120 });
    await first.write('stdout', 'one\n');
    await appendFile(at.log, '2026-01-01T00:00:00.000000001Z stdout F tw');
    await using second = new CriLogWriter(at.log, { clock, maxBytes: 120 });
    await second.write('stdout', 'three\n');
    expect(await linesOf(at.log)).toEqual(['stdout: one', 'stdout: tw', 'stdout: three']);
    await second.write('stdout', 'four\n');
    expect(await readdir(at.folder)).toEqual(['0.log', '0.log.1']);
    expect(await linesOf(at.log)).toEqual(['stdout: one', 'stdout: tw', 'stdout: three', 'stdout: four']);
  });

  it('is there, and empty, once it is opened; its folder is made', async () => {
    const deep = path.join(at.folder, 'pod', 'main', '0.log');
    await using writer = new CriLogWriter(deep);
    await writer.open();
    expect(await linesOf(deep)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('says that the disk is full, and where, and can be used on', async () => {
    await using writer = new CriLogWriter('/dev/full', { clock });
    await expect(writer.write('stdout', 'line\n')).rejects.toMatchObject({
      code: 'Unavailable',
      message: 'log file /dev/full: the disk is full',
    });
    const stdout = writer.writable('stdout');
    stdout.write('line\n');
    expect(await once(stdout, 'error')).toMatchObject([{ message: 'log file /dev/full: the disk is full' }]);
  });

  it('says which file cannot be written', async () => {
    await writeFile(path.join(at.folder, 'file'), '');
    await using writer = new CriLogWriter(path.join(at.folder, 'file', '0.log'));
    await expect(writer.open()).rejects.toThrow(`log file ${path.join(at.folder, 'file', '0.log')}: `);
  });

  it('is refused with sizes that make no sense', () => {
    expect(() => new CriLogWriter('x', { maxBytes: 0 })).toThrow('option maxBytes: 0 is not a whole number above 0');
    expect(() => new CriLogWriter('x', { keep: 1.5 })).toThrow('option keep: 1.5 is not a whole number above 0');
  });
});
