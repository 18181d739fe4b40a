/**
 * Limits of requests by class, and the headers that tell of them: `x-ms-ratelimit-remaining-…` on every answer, and 429
 * with Retry-After beyond a limit. A request that is refused does not count.
 */
import type { Clock } from 'vk-sdk';
import type { AciEmulatorOptions, RequestClass, RequestLimit } from '../options.js';
import { ArmError } from './answer.js';
import { limiterOf, type RequestLimiter } from './request-limiter.js';
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
function headerOf(requestClass: RequestClass, limit: RequestLimit): string {
  const prefix = 'x-ms-ratelimit-remaining-subscription';
  if (requestClass !== 'creates' && requestClass !== 'removals') return `${prefix}-${requestClass}`;
  if (!('windowMs' in limit)) return `${prefix}-resource-requests`;
  const { windowMs } = limit;
  const window = windowMs % 3_600_000 === 0 ? `${windowMs / 3_600_000}h` : `${windowMs / 60_000}m`;
  return `${prefix}-resource-requests-pt${window}`;
}

interface Counted {
  readonly header: string;
  readonly limiter: RequestLimiter;
}

export class RequestLimits {
  readonly #clock: Clock;
  readonly #counted = new Map<RequestClass, readonly Counted[]>();

  constructor(clock: Clock, limits: NonNullable<AciEmulatorOptions['limits']>) {
    this.#clock = clock;
    for (const [name, given] of Object.entries(limits)) {
      const requestClass = name as RequestClass;
      const list: readonly RequestLimit[] = Array.isArray(given) ? given : [given as RequestLimit];
      const counted = list.map((limit) => ({
        header: headerOf(requestClass, limit),
        limiter: limiterOf(limit, clock.now()),
      }));
      this.#counted.set(requestClass, counted);
    }
  }

  /** Counts a request. Returns the headers of its answer; throws 429 where it is one too many. */
  admit(operation: Operation): Record<string, string> {
    const now = this.#clock.now();
    const counted = (classes[operation] ?? []).flatMap((requestClass) => this.#counted.get(requestClass) ?? []);
    const waitMs = Math.max(0, ...counted.map(({ limiter }) => limiter.waitMs(now)));
    if (waitMs > 0) throw tooMany(waitMs);
    return Object.fromEntries(counted.map(({ header, limiter }) => [header, String(limiter.take(now))]));
  }
}

function tooMany(waitMs: number): ArmError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ArmError(
    429,
    'TooManyRequests',
    `The request is being throttled as the limit has been reached. Please retry after ${seconds} seconds.`,
    { 'Retry-After': String(seconds) },
  );
}
