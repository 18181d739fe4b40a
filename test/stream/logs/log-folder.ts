import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { caughtUp, type LogLine } from '../../../src/stream/logs/log-line.js';
import { CriLogReader, type CriLogReaderOptions } from '../../../src/stream/logs/cri-log-reader.js';

/** A folder for each test, with the path of a log in it. */
export function useLogFolder(): { folder: string; log: string } {
  const at = { folder: '', log: '' };
  beforeEach(async () => {
    at.folder = await mkdtemp(path.join(tmpdir(), 'vk-sdk-logs-'));
    at.log = path.join(at.folder, '0.log');
  });
  afterEach(() => rm(at.folder, { recursive: true, force: true }));
  return at;
}

/** `stdout: text` of each line, with a `…` at the end of those that have none. */
export function shown({ stream = 'stdout', text, partial }: LogLine): string {
  return `${stream}: ${String(text)}${partial ? '…' : ''}`;
}

export async function linesOf(log: string, options: CriLogReaderOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const item of new CriLogReader(log, options)) if (item !== caughtUp) lines.push(shown(item));
  return lines;
}
