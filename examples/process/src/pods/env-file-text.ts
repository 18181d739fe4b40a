/** The file of a `fileKeyRef`, in an emptyDir that an init container has written to. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
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
    const inside = realpathSync(volume) + sep;
    if (!real.startsWith(inside)) return '';
    // Of a pipe nobody knows when it will be written to.
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile() || !placeOf(descriptor, real).startsWith(inside)) return '';
    return shortText(descriptor);
  } catch (error) {
    if (isAbsence(error)) return '';
    throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Where the file is that was opened: a container may have put a link in the place of a folder since it was looked at. */
function placeOf(descriptor: number, real: string): string {
  return process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${descriptor}`) : real;
}

/** Nothing if there is more than may be, also while a container keeps adding to it. */
function shortText(descriptor: number): string {
  const buffer = Buffer.alloc(maxBytes + 1);
  let bytes = 0;
  for (let read = -1; read !== 0 && bytes <= maxBytes; bytes += read) {
    read = readSync(descriptor, buffer, bytes, buffer.length - bytes, null);
  }
  return bytes <= maxBytes ? buffer.toString('utf8', 0, bytes) : '';
}

function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENXIO';
}
