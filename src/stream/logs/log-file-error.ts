/** What Node says of a file, as an error of ours that names it. */
import { VkError, type ErrorCode } from '../../runtime/errors.js';

const explained: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['NotFound', 'there is no such file'],
  EACCES: ['Forbidden', 'this process may not open it'],
  EPERM: ['Forbidden', 'this process may not open it'],
  // It passes when somebody makes room.
  ENOSPC: ['Unavailable', 'the disk is full'],
  EDQUOT: ['Unavailable', 'the disk quota is used up'],
  EMFILE: ['Unavailable', 'this process has too many files open'],
  ENFILE: ['Unavailable', 'this machine has too many files open'],
  EROFS: ['Forbidden', 'the file system is read-only'],
};

export function logFileError(path: string, error: unknown): VkError {
  if (error instanceof VkError) return error;
  const [code, text] = explained[errnoOf(error)] ?? ['Internal', VkError.from(error).message];
  return new VkError(code, `log file ${path}: ${text}`, { cause: error });
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

function errnoOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}
