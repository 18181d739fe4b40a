/**
 * Limits of requests per window, and the headers that tell of them: `x-ms-ratelimit-remaining-…` on every answer, and 429
 * with Retry-After beyond a limit. A request that is refused does not count.
 */
import type { Clock } from 'vk-sdk';
import type { AciEmulatorOptions, RequestClass, RequestLimit } from '../options.js';
import { ArmError } from './answer.js';
import type { Operation } from './route.js';

/** Classes of each operation; a create is a write too. */
const classes: Readonly<Partial<Record<Operation, readonly RequestClass[]>>> = {
  create: ['creates', 'writes'],
  update: ['writes'],
  start: ['writes'],
  stop: ['writes'],
  restart: ['writes'],
  exec: ['writes'],
  attach: ['writes'],
  delete: ['removals', 'deletes'],
  get: ['reads'],
  list: ['reads'],
  logs: ['reads'],
  poll: ['reads'],
  usages: ['reads'],
  capabilities: ['reads'],
  cachedImages: ['reads'],
};

/** The resource provider names its limits by the window, Azure Resource Manager by the kind. */
function headerOf(requestClass: RequestClass, { windowMs }: RequestLimit): string {
  const kind = requestClass === 'creates' || requestClass === 'removals' ? 'resource-requests' : requestClass;
  const window =
    kind === 'resource-requests'
      ? windowMs % 3_600_000 === 0
        ? `-pt${windowMs / 3_600_000}h`
        : `-pt${windowMs / 60_000}m`
      : '';
  return `x-ms-ratelimit-remaining-subscription-${kind}${window}`;
}

export class RequestWindows {
  readonly #clock: Clock;
  readonly #limits: NonNullable<AciEmulatorOptions['limits']>;
  /** Times of the requests that count, by class; no more of them than the largest limit. */
  readonly #times = new Map<RequestClass, number[]>();

  constructor(clock: Clock, limits: NonNullable<AciEmulatorOptions['limits']>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Counts a request. Returns the headers of its answer; throws 429 where it is one too many. */
  admit(operation: Operation): Record<string, string> {
    const now = this.#clock.now();
    const headers: Record<string, string> = {};
    const counted = (classes[operation] ?? []).map((requestClass) => {
      const limits = this.#limitsOf(requestClass);
      const longest = Math.max(0, ...limits.map(({ windowMs }) => windowMs));
      const times = (this.#times.get(requestClass) ?? []).filter((atMs) => atMs > now - longest);
      for (const limit of limits) {
        const within = times.filter((atMs) => atMs > now - limit.windowMs);
        const left = limit.requests - within.length;
        if (left <= 0) throw tooMany(limit, (within.at(-limit.requests) ?? now) + limit.windowMs - now);
        headers[headerOf(requestClass, limit)] = String(left - 1);
      }
      return { requestClass, times: limits.length > 0 ? [...times, now] : times };
    });
    for (const { requestClass, times } of counted) this.#times.set(requestClass, times);
    return headers;
  }

  #limitsOf(requestClass: RequestClass): readonly RequestLimit[] {
    const limits = this.#limits[requestClass];
    if (limits === undefined) return [];
    return 'requests' in limits ? [limits] : limits;
  }
}

function tooMany(limit: RequestLimit, waitMs: number): ArmError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ArmError(
    429,
    'TooManyRequests',
    `The request is being throttled as the limit of ${limit.requests} requests in ${limit.windowMs / 1000} s has been reached. ` +
      `Please retry after ${seconds} seconds.`,
    { 'Retry-After': String(seconds) },
  );
}
