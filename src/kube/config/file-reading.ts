/** Files that are replaced while the process runs: projected tokens, renewed certificates, rotated authorities. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Reading } from './cached-source.js';

/** As client-go's: a kubelet replaces a projected token at 80 % of its life, so a minute is early enough. */
export const rereadFilesMs = 60_000;

/** Throws `InvalidInput`, naming the file and what it is for. */
export async function readText(purpose: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    throw new VkError('InvalidInput', `${purpose} ${path}: cannot be read (${code})`, { cause });
  }
}

export async function readToken(path: string): Promise<string> {
  const token = (await readText('token file', path)).trim();
  if (token === '') throw new VkError('InvalidInput', `token file ${path}: empty`);
  return token;
}

/** Throws where certificate and key do not belong together, as between the two steps of a renewal. */
export function requirePair(name: string, cert: string, key: string): void {
  let matches: boolean;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new VkError('InvalidInput', `${name}: client certificate or key is not PEM`, { cause });
  }
  if (!matches) throw new VkError('InvalidInput', `${name}: client certificate and key do not belong together`);
}

/** A reading of files, which say nothing about how long they hold. */
export function fileReading<T>(value: T, clock: Clock): Reading<T> {
  return { value, refreshAtMs: clock.now() + rereadFilesMs, expiresAtMs: Infinity };
}
