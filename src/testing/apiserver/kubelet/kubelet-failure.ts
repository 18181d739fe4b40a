/** What a client hears when a kubelet refuses or cannot be reached, in a real apiserver's words. Pure. */
import type { Status } from '../../../kube/types.js';
import { ApiFailure } from '../core/api.js';
import { authority, type KubeletAddress } from './address.js';

/** An error that is no Status of its own. */
export function unknownFailure(message: string): ApiFailure {
  return new ApiFailure(500, '', message);
}

export function internalFailure(message: string): ApiFailure {
  return new ApiFailure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** A failed connection as Go tells it: `dial tcp 127.0.0.1:10250: connect: connection refused`. */
export function connectionFailure(error: unknown, address: Pick<KubeletAddress, 'host' | 'port'>): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${address.host}: no such host`;
  const dialling = dialFailures[code];
  if (dialling !== undefined) return `dial tcp ${authority(address)}: ${dialling}`;
  // Whoever closes a connection in the middle of an answer looks like this to Go.
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'unexpected EOF' : message;
}

const dialFailures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** The answer of a kubelet other than 2xx to a request for logs, as a Status about the pod. */
export function logFailure(code: number, body: string, podName: string): ApiFailure {
  if (code === 500) return internalFailure(body);
  if (code === 400) return new ApiFailure(400, 'BadRequest', body);
  const known = serverResponses[code];
  const [reason, message] = known ?? [
    code >= 500 ? 'InternalError' : '',
    code >= 500
      ? `an error on the server (${JSON.stringify(body)}) has prevented the request from succeeding`
      : `the server responded with the status code ${code} but did not return more information`,
  ];
  const text = code === 403 && body !== '' ? body : message;
  // The verb is left empty by the real one, hence the blank.
  return new ApiFailure(code, reason, `${text} ( pods/log ${podName})`, { name: podName, kind: 'pods/log' });
}

const serverResponses: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'forbidden'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

/** The Status that a translated session ends with: what the kubelet said, as client-go understands it. */
export function outcomeOf(errorStream: string, structured: boolean): Status {
  if (errorStream === '') return { metadata: {}, status: 'Success' };
  if (!structured) return failureStatus(`error executing remote command: ${errorStream}`);
  const status = parseStatus(errorStream);
  if (status?.status === 'Success') return { metadata: {}, status: 'Success' };
  if (status?.status !== 'Failure') return failureStatus('error stream protocol error: unknown error');
  if (status.reason !== 'NonZeroExitCode') return failureStatus(status.message ?? '');
  const exitCode = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message ?? '';
  if (!/^\d{1,3}$/.test(exitCode) || Number(exitCode) > 255) {
    return failureStatus(`error stream protocol error: invalid exit code value ${JSON.stringify(exitCode)}`);
  }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: exitCode }] },
  };
}

export function failureStatus(message: string): Status {
  const { kind, apiVersion, ...status } = internalFailure(message).status;
  return status;
}

/** What a kubelet says instead of upgrading: a Status' message, or its text. */
export function refusalText(body: string): string {
  return parseStatus(body)?.message ?? body.trim();
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
