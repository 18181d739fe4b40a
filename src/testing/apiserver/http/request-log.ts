/** What was asked of the server, for tests that count: exact numbers for ever, and the last requests in full. */

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  /** Anything that is not about a resource. */
  | 'path';

export interface RequestRecord {
  readonly verb: Verb;
  /** Plural, with the subresource after a slash: `pods/status`. The path for what is no resource. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** HTTP status; 0 where the connection ended without one. */
  readonly status: number;
  readonly user: string;
  readonly userAgent: string;
  /** When the answer was made. */
  readonly atMs: number;
}

/** Leave out what should not matter; a list matches any of its members. */
export interface RequestFilter {
  readonly verb?: Verb | readonly Verb[];
  readonly resource?: string;
  readonly status?: number;
}

const writes: readonly Verb[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];

export class RequestLog {
  readonly #capacity: number;
  #counts = new Map<string, { readonly record: RequestRecord; count: number }>();
  #records: RequestRecord[] = [];

  /** `capacity`: how many requests are kept in full. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The latest requests, oldest first. A watch is here once it has begun. */
  get records(): readonly RequestRecord[] {
    return this.#records.slice(-this.#capacity);
  }

  add(record: RequestRecord): void {
    const key = `${record.verb} ${record.resource} ${record.status}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { record, count: 1 });
    else counted.count += 1;
    this.#records.push(record);
    // Cut in halves, so that the cost of each request stays the same.
    if (this.#records.length >= 2 * this.#capacity) this.#records = this.#records.slice(-this.#capacity);
  }

  /** How many requests there were, of all or of some. */
  count(filter: RequestFilter = {}): number {
    let sum = 0;
    for (const { record, count } of this.#counts.values()) if (matches(record, filter)) sum += count;
    return sum;
  }

  /** How many requests could have changed something: everything but get, list, watch and paths. */
  get writes(): number {
    return this.count({ verb: writes });
  }

  clear(): void {
    this.#counts.clear();
    this.#records = [];
  }
}

function matches(record: RequestRecord, { verb, resource, status }: RequestFilter): boolean {
  const verbs = verb === undefined ? undefined : [verb].flat();
  return (
    (verbs === undefined || verbs.includes(record.verb)) &&
    (resource === undefined || record.resource === resource) &&
    (status === undefined || record.status === status)
  );
}
