/** The file of a `fileKeyRef`, in an emptyDir that an init container has written to. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { leavesVolume } from 'vk-sdk';

/** More than any environment can hold. */
const maxBytes = 1024 * 1024;

/**
 * What it holds; nothing if there is no such file, or what is there is none, is longer than 1 MiB, or leads out of the
 * volume, as a link can that the container made.
 */
export function envFileText(volume: string, path: string): string {
  if (leavesVolume(path)) return '';
  let descriptor: number | undefined;
  try {
    const real = realpathSync(join(volume, path));
    if (!real.startsWith(realpathSync(volume) + sep)) return '';
    // Of a pipe nobody knows when it will be written to.
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    return stat.isFile() && stat.size <= maxBytes ? readFileSync(descriptor, 'utf8') : '';
  } catch (error) {
    if (isAbsence(error)) return '';
    throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO';
}
