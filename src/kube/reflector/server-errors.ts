/** What an `ERROR` event or a refused watch means, as errors of the SDK. */
import { ApiError, parseRetryAfter } from '../api-error.js';
import type { RawResponse } from '../api.js';
import type { Status } from '../types.js';

/** A refusal is a Status of a few hundred bytes; what comes through a proxy may be anything. */
const longestBody = 64 * 1024;

/** The error that the Status in an `ERROR` event stands for: what the same Status would be as an answer. */
export function errorOfStatus(what: string, status: Status): ApiError {
  const httpStatus = status.reason === 'Expired' || status.reason === 'Gone' ? 410 : (status.code ?? 500);
  return new ApiError(what, { httpStatus, body: JSON.stringify({ ...status, kind: 'Status' }) });
}

/** Reads the body of a refused request, up to a bound, and says what it means. */
export async function errorOfResponse(what: string, response: RawResponse, nowMs: number): Promise<ApiError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > longestBody) break;
  }
  const header = response.headers['retry-after'];
  return new ApiError(what, {
    httpStatus: response.status,
    retryAfterMs: parseRetryAfter(typeof header === 'string' ? header : undefined, nowMs),
    body: Buffer.concat(chunks).toString('utf8'),
  });
}
