/** Which requests are sent again, and when: decisions only. */
import type { Random } from '../../runtime/clock.js';
import type { RawRequest } from '../api.js';

export type Outcome =
  /** The server refused, and says when to come back if `retryAfterMs` is set. */
  | { readonly type: 'refused'; readonly httpStatus: number; readonly retryAfterMs: number | undefined }
  /** No complete answer. `sent`: the server may have acted on the request. */
  | { readonly type: 'lost'; readonly sent: boolean };

export interface RetryLimits {
  /** How often a request is sent again when the server names the time. */
  readonly maxRetries: number;
  /** How often a request is sent again when no answer came. */
  readonly maxReconnects: number;
}

/**
 * How long to wait before sending the request again, or `undefined` if the caller is to know.
 *
 * A server that says when to come back is obeyed, plus up to a tenth so that many clients do not come back as one: on 429
 * always, on 503 unless the request is a POST, on other 5xx for what reads. (A 429 without a time, such as an eviction
 * that a disruption budget forbids, is the caller's.) Where no answer came, a request is repeated if it cannot have
 * reached the server, or if it reads.
 */
export function retryDelayMs(
  method: RawRequest['method'],
  outcome: Outcome,
  attempt: number,
  limits: RetryLimits,
  random: Random,
): number | undefined {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  if (outcome.type === 'lost') {
    if (attempt >= limits.maxReconnects || (outcome.sent && !reads)) return undefined;
    return jitter(Math.min(50 * 2 ** attempt, 2_000), random);
  }
  const { httpStatus, retryAfterMs } = outcome;
  if (retryAfterMs === undefined || attempt >= limits.maxRetries) return undefined;
  const obeyed = httpStatus === 429 || (httpStatus === 503 && method !== 'POST') || (httpStatus >= 500 && reads);
  return obeyed ? retryAfterMs * (1 + random() / 10) : undefined;
}

/** Between half of `delayMs` and all of it. */
function jitter(delayMs: number, random: Random): number {
  return delayMs * (0.5 + random() / 2);
}
