/** Files that settings are in: reading them, and reading what is in them. */
import { readFileSync } from 'node:fs';
import { UsageError } from '@vk-sdk-examples/shared';

/** Of the process, or a test's. An empty variable counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The content of the file at `path`. Throws if it cannot be read. */
export type ReadFile = (path: string) => Buffer;

export const readFileOfDisk: ReadFile = (path) => readFileSync(path);

/** A file that the setting `name` names, as text: UTF-8, or UTF-16 with a byte order mark, which Azure's tools wrote. */
export function readText(name: string, path: string, readFile: ReadFile): string {
  let bytes: Buffer;
  try {
    bytes = readFile(path);
  } catch (error) {
    throw new UsageError(
      `${name}: ${path} cannot be read (${errorCode(error)}); name a file that the process may read`,
    );
  }
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${name}: ${path} is not text; save it as UTF-8`);
  }
}

/** The same for a JSON object. Nothing of what is in it gets into the error: it may be a secret. */
export function readJsonObject(name: string, path: string, readFile: ReadFile): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(readText(name, path, readFile));
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  if (!isRecord(value)) throw new UsageError(`${name}: ${path} does not hold a JSON object`);
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text of a file that was read; undefined where it has none or an empty one. */
export function textIn(record: Readonly<Record<string, unknown>>, key: string, name: string): string | undefined {
  const value = record[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new UsageError(`${name}: ${key} is not a text`);
  return value;
}

function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function errorCode(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? 'unknown error';
}
