/** How a request that is not served is answered. kubelet-protocol §1. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Status } from '../../kube/types.js';
import { VkError, type ErrorCode } from '../../runtime/errors.js';
import { Refusal } from '../refusal.js';

interface Answer {
  readonly httpStatus: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What is said of an error, whoever threw it. */
export function answerTo(error: unknown): Answer & { readonly code: ErrorCode } {
  const { code, httpStatus, message, retry } = VkError.from(error);
  const headers = error instanceof Refusal ? error.headers : {};
  const retryAfter = retry ? { 'Retry-After': `${Math.max(1, Math.ceil(retry.afterMs / 1000))}` } : {};
  return { code, httpStatus: statusFor(httpStatus), message, headers: { ...retryAfter, ...headers } };
}

/** 499 is nobody's status but a proxy's: what was aborted while its client is still there was aborted by us. */
function statusFor(httpStatus: number): number {
  return httpStatus === 499 ? 503 : httpStatus;
}

/** Plain text, as the kubelet answers. Cuts the connection if part of another answer is sent already. */
export function refusePlainly(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { httpStatus, message, headers } = answerTo(error);
  const body = `${message}\n`;
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.writeHead(httpStatus, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

const reasons: Partial<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** How long a refused client may take to read why. */
export const refusalLingerMs = 2_000;

/**
 * Answers an upgrade on its socket, and ends that: what the client sent in advance is of a protocol that nobody speaks
 * here. The body is a Status, since whoever upgrades (client-go, and the apiserver that translates) decodes one, and
 * shows plain text only as "unable to upgrade connection".
 */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { httpStatus, message, headers } = answerTo(error);
  const reason = reasons[httpStatus];
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason && { reason }),
    code: httpStatus,
  };
  endWith(socket, { httpStatus, message: JSON.stringify(status), headers }, 'application/json');
}

/** Answers on a connection that is not parsed any further. */
export function endWith(socket: Duplex, { httpStatus, message, headers }: Answer, contentType = 'text/plain'): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({
    ...headers,
    Connection: 'close',
    'Content-Type': contentType,
    'Content-Length': `${Buffer.byteLength(message)}`,
  }).map(([name, value]) => `${name}: ${headerSafe(value)}`);
  const head = [`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? 'Unknown'}`, ...lines].join('\r\n');
  socket.end(`${head}\r\n\r\n${message}`);
  // Unread input would turn the end into a reset, which takes the answer with it.
  socket.resume();
}

/** A header's value is one line, whatever a provider's error says. */
function headerSafe(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, ' ');
}
