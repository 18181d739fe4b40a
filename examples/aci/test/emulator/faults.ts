/**
 * What goes wrong on purpose. Nothing is random: faults are played in the order in which they were added, each for the
 * next matching requests.
 *
 * ```ts
 * emulator.faults.next('create', { status: 429, retryAfterSeconds: 3 });
 * emulator.faults.next('get', { strip: ['properties.instanceView'] }, { name: 'web', times: Infinity });
 * ```
 */
import type { Operation, Route } from './http/route.js';

export type Fault =
  /** An error. `after`: what was asked for has been done all the same. Default: `before`. */
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      readonly when?: 'before' | 'after';
    }
  /** The connection is reset, before or after it has been done. */
  | { readonly reset: 'before' | 'after' }
  /** Never answered, before or after it has been done; the connection stays open. */
  | { readonly hang: 'before' | 'after' }
  /** Answered up to the middle of the body; the connection stays open. */
  | { readonly stall: true }
  /** Answered late. */
  | { readonly delayMs: number }
  /** Held, before or after it has been done, until the promise resolves; `arrived` is called when that begins. */
  | { readonly until: Promise<unknown>; readonly when?: 'before' | 'after'; readonly arrived?: () => void }
  /** Answered with this text in place of the body: broken JSON, a proxy's page. */
  | { readonly text: string; readonly contentType?: string }
  /** Fields are left out of the answer. */
  | { readonly strip: FieldFilter };

/**
 * Paths of fields (`properties.instanceView`, `properties.containers.*.properties.instanceView`; `*` is every item of a
 * list or every key), or a function that may change the body as it likes.
 */
export type FieldFilter = readonly string[] | ((body: Record<string, unknown>) => void);

export interface FaultScope {
  /** Of the container group. Default: any. */
  readonly name?: string;
  /** For how many matching requests. Default: 1. */
  readonly times?: number;
}

interface Planned {
  readonly operation: Operation | '*';
  readonly fault: Fault;
  readonly name: string | undefined;
  left: number;
}

/** What the script does to groups, besides requests. */
export interface GroupFaults {
  vanish(name: string): Promise<void>;
  stick(name: string): void;
  release(name: string): void;
}

export class Faults {
  readonly #groups: GroupFaults;
  #planned: Planned[] = [];
  #strip: FieldFilter[] = [];

  constructor(groups: GroupFaults) {
    this.#groups = groups;
  }

  /** Plays `fault` for the next requests of that kind (`*`: of any). Returns what takes it back. */
  next(operation: Operation | '*', fault: Fault, scope: FaultScope = {}): () => void {
    const planned: Planned = { operation, fault, name: scope.name, left: scope.times ?? 1 };
    this.#planned.push(planned);
    return () => {
      this.#planned = this.#planned.filter((each) => each !== planned);
    };
  }

  /** Holds the next such request until `release` is called. `arrived` resolves once it is there, and done if `after`. */
  hold(
    operation: Operation | '*',
    options: FaultScope & { readonly when?: 'before' | 'after' } = {},
  ): { readonly arrived: Promise<void>; readonly release: () => void } {
    const released = withResolvers();
    const arrived = withResolvers();
    this.next(
      operation,
      { until: released.promise, when: options.when ?? 'before', arrived: arrived.resolve },
      options,
    );
    return { arrived: arrived.promise, release: released.resolve };
  }

  /** Leaves fields out of every group in every answer from now on. */
  strip(filter: FieldFilter): () => void {
    this.#strip.push(filter);
    return () => {
      this.#strip = this.#strip.filter((each) => each !== filter);
    };
  }

  /** The group is gone at once, and nobody has deleted it. */
  vanish(name: string): Promise<void> {
    return this.#groups.vanish(name);
  }

  /** Provisioning of the group of that name, now or later, goes no further until `release`. */
  stick(name: string): void {
    this.#groups.stick(name);
  }

  release(name: string): void {
    this.#groups.release(name);
  }

  /** Takes back all faults of requests. */
  clear(): void {
    this.#planned = [];
    this.#strip = [];
  }

  get fields(): readonly FieldFilter[] {
    return this.#strip;
  }

  /** The faults of one request, which are used up by it. */
  take(route: Route): readonly Fault[] {
    const taken = this.#planned.filter(
      ({ operation, name, left }) =>
        left > 0 && (operation === '*' || operation === route.operation) && (name === undefined || name === route.name),
    );
    // One error is enough for a request: the next request gets the next one.
    const [, ...others] = taken.filter(({ fault }) => !isMild(fault));
    const used = taken.filter((planned) => !others.includes(planned));
    for (const planned of used) planned.left -= 1;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return used.map(({ fault }) => fault);
  }
}

/** What leaves room for another fault of the same request. */
function isMild(fault: Fault): boolean {
  return 'delayMs' in fault || 'until' in fault || 'strip' in fault;
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
