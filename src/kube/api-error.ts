/** What an apiserver answers when it refuses a request, as an error. */
import { codeOfHttpStatus, VkError } from '../runtime/errors.js';
import type { Status } from './types.js';

export interface ApiAnswer {
  readonly httpStatus: number;
  readonly contentType?: string | undefined;
  /** The `Retry-After` header, if there is one. */
  readonly retryAfterMs?: number | undefined;
  readonly body: string;
}

/**
 * A request that the apiserver answered with an error. `code` follows the HTTP status and the Status' reason; `status`
 * is what the server sent, or the like of it where the answer was no Status (a proxy's error page, say). The message
 * begins with what the request was about: `pods default/web: pods "web" not found`.
 */
export class ApiError extends VkError {
  override readonly name = 'ApiError';
  readonly status: Status;
  /** The HTTP status that the server sent. */
  readonly statusCode: number;

  constructor(subject: string, answer: ApiAnswer) {
    const status = statusOf(answer);
    const retryAfterMs = answer.retryAfterMs ?? secondsToMs(status.details?.retryAfterSeconds);
    super(codeOfHttpStatus(answer.httpStatus, status.reason), `${subject}: ${status.message ?? 'refused'}`, {
      object: subject,
      ...(retryAfterMs === undefined ? {} : { retry: { afterMs: retryAfterMs } }),
    });
    this.status = status;
    this.statusCode = answer.httpStatus;
  }
}

/** `Retry-After` in both of its forms (RFC 9110 section 10.2.3): seconds, or a date. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(dateMs - nowMs, 0);
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
}

function statusOf(answer: ApiAnswer): Status {
  const sent = parseStatus(answer.body);
  const message = sent?.message || `the server answered ${answer.httpStatus}${excerptOf(answer)}`;
  return { ...(sent ?? { apiVersion: 'v1', kind: 'Status', status: 'Failure' }), code: answer.httpStatus, message };
}

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(body) as Status;
    return parsed.kind === 'Status' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

const longestExcerpt = 200;

/** What a plain-text answer says. Pages of HTML say nothing that helps. */
function excerptOf(answer: ApiAnswer): string {
  if (answer.contentType?.includes('html')) return '';
  const text = answer.body.slice(0, longestExcerpt).replace(/\s+/g, ' ').trim();
  return text === '' ? '' : `: ${text}`;
}
