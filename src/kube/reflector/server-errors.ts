/** What a Status or a refused request means, as errors of the SDK. */
import { codeOfHttpStatus, VkError } from '../../runtime/errors.js';
import type { RawResponse } from '../api.js';
import type { Status } from '../types.js';

/** A refusal is a Status of a few hundred bytes; what comes through a proxy may be anything. */
const longestBody = 64 * 1024;

/** The error that an `ERROR` event or a failed request's body tells of. `what` is named first in the message. */
export function errorOfStatus(what: string, status: Status, retryAfterMs?: number): VkError {
  const seconds = status.details?.retryAfterSeconds;
  const afterMs = retryAfterMs ?? (seconds ? seconds * 1000 : undefined);
  const reason = status.reason ?? '';
  const code =
    reason === 'Expired' || reason === 'Gone' ? 'Expired' : codeOfHttpStatus(status.code ?? 500, status.reason);
  return new VkError(code, `${what}: ${status.message ?? (reason || 'failed')}`, {
    cause: status,
    ...(afterMs === undefined ? {} : { retry: { afterMs } }),
  });
}

/** Reads the body of a refused request to its end and says what it means. */
export async function errorOfResponse(what: string, { status, headers, body }: RawResponse): Promise<VkError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestBody) break;
    chunks.push(chunk);
  }
  const retryAfter = Number(headers['retry-after']);
  const retryAfterMs = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : undefined;
  return errorOfStatus(what, { message: `HTTP status ${status}`, ...parsed(chunks), code: status }, retryAfterMs);
}

function parsed(chunks: readonly Buffer[]): Status {
  try {
    const status = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    return typeof status === 'object' && status !== null ? (status as Status) : {};
  } catch {
    return {};
  }
}
