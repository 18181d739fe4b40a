/**
 * How an exec or attach ended, as the Status that the client gets. Pure. kubelet-protocol §3.
 *
 * Clients end with the exit code they are told, modulo 256. A code that does not fit would turn into another, 256 into
 * success, so it is a failure that names it.
 */
import type { Status } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';

/** What was asked of the provider, as the kubelet words it in its errors. */
export type RemoteCommandVerb = 'executing command' | 'attaching to container';

/** Longer messages of a provider are cut: clients read the whole status into memory. */
const longestMessage = 8_192;

/**
 * The status of a command that ended with `exitCode`, if it is one: an integer from 0 to 255. Without a code, as where the
 * backend does not tell it, the command is not known to have succeeded: a failure that says so.
 */
export function exitStatus(verb: RemoteCommandVerb, exitCode: unknown): Status {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  if (!isExitCode(exitCode)) return failureStatus(verb, new VkError('Internal', notAnExitCode(exitCode)));
  return {
    metadata: {},
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The same for an attach, which may end without a code: then it ended well. */
export function attachStatus(exitCode: unknown): Status {
  return exitStatus('attaching to container', exitCode === undefined ? 0 : exitCode);
}

/** The status of a session that ended otherwise. Of `error` it shows the message and nothing else. */
export function failureStatus(verb: RemoteCommandVerb, error: unknown): Status {
  const where = verb === 'executing command' ? 'executing command in container' : verb;
  const message = `error ${where}: ${VkError.from(error).message.slice(0, longestMessage)}`;
  return {
    metadata: {},
    status: 'Failure',
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
    code: 500,
  };
}

function isExitCode(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

function notAnExitCode(value: unknown): string {
  if (typeof value === 'number') return `exit code ${value}: not an integer from 0 to 255`;
  if (value === undefined) return unknownExitCode;
  return `command ended without an exit code: the provider resolved with ${value === null ? 'null' : typeof value}`;
}

/** For a command whose provider resolved with nothing. It may have failed: clients are not to go on as if it had not. */
export const unknownExitCode = 'command ended, exit code unknown: the backend does not tell it';
