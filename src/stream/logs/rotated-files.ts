/**
 * The files of one log: the one that is written, and those rotated out of it, `NAME.1`, `NAME.2` and so on with the newest
 * last. The kubelet's own names (`NAME.20261121-074658`) are understood as well.
 */
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isMissing } from './log-file-error.js';

export interface LogFile {
  readonly path: string;
  /** Tells files apart whatever they are called by now. */
  readonly id: string;
}

export interface OpenLogFile extends LogFile {
  readonly handle: FileHandle;
}

const suffix = /^\.(\d{1,15}|\d{8}-\d{6})$/;

/** Paths of the rotated files with their numbers, oldest first. None if the folder is not there. */
export async function rotatedFiles(path: string): Promise<{ readonly path: string; readonly number: number }[]> {
  const name = basename(path);
  const entries = await readdir(dirname(path)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return entries
    .flatMap((entry) => {
      const match = entry.startsWith(name) ? suffix.exec(entry.slice(name.length)) : null;
      if (match === null) return [];
      return [{ path: join(dirname(path), entry), number: Number(match[1]?.replace('-', '')) }];
    })
    .sort((one, other) => one.number - other.number);
}

/** All files of the log, oldest first, the one that is written last if it is there. */
export async function listLogFiles(path: string): Promise<LogFile[]> {
  const paths = [...(await rotatedFiles(path)).map((file) => file.path), path];
  const files = await Promise.all(paths.map(async (each) => ({ path: each, id: await fileId(each) })));
  return files.flatMap(({ path: each, id }) => (id === undefined ? [] : [{ path: each, id }]));
}

/** Undefined if there is no such file. */
export async function fileId(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function openLogFile(path: string): Promise<OpenLogFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { dev, ino } = await handle.stat({ bigint: true });
    return { path, id: `${dev}:${ino}`, handle };
  } catch (error) {
    await handle?.close();
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A rotation in the middle of looking may happen; one in the middle of each of so many looks does not. */
const attempts = 20;

/**
 * Opens all files of the log, oldest first: a picture of one moment, whatever is rotated meanwhile or later. A reader that
 * holds a file open reads it to its end although it has been deleted.
 */
export async function openAllLogFiles(path: string): Promise<OpenLogFile[]> {
  for (let attempt = 1; ; attempt += 1) {
    const opened: OpenLogFile[] = [];
    try {
      for (const { path: each } of await listLogFiles(path)) {
        const file = await openLogFile(each);
        if (file !== undefined) opened.push(file);
      }
      const still = await listLogFiles(path);
      if (attempt === attempts || same(opened, still)) return opened;
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
    await closeAll(opened);
  }
}

/** Opens the file that comes after `current`. Undefined while there is none: `current` is still written. */
export async function openNextLogFile(
  path: string,
  current: LogFile,
): Promise<{ readonly file: OpenLogFile; readonly follows: boolean } | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const next = after(await listLogFiles(path), current);
    if (next === undefined) return undefined;
    const file = await openLogFile(next.file.path);
    if (file !== undefined) {
      // What was opened may be a later one by now.
      const check = after(await listLogFiles(path), current);
      if (attempt === attempts || check?.file.id === file.id) return { file, follows: next.follows };
      await file.handle.close();
    }
  }
}

/** If `current` has been deleted, the oldest that is left. */
function after(
  files: readonly LogFile[],
  current: LogFile,
): { readonly file: LogFile; readonly follows: boolean } | undefined {
  const index = files.findIndex(({ id }) => id === current.id);
  const file = files[index + 1];
  return file && { file, follows: index >= 0 };
}

function same(some: readonly LogFile[], others: readonly LogFile[]): boolean {
  return (
    some.length === others.length && some.every(({ id, path }, at) => id === others[at]?.id && path === others[at].path)
  );
}

export async function closeAll(files: readonly OpenLogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()));
}
