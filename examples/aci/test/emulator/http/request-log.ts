/** What was asked of the cloud: counted for ever, kept for the last 10,000 requests, and waited for. */
import type { Operation, Route } from './route.js';

export interface RequestRecord {
  readonly operation: Operation;
  /** Of the container group, if it was about one. */
  readonly name: string | undefined;
  readonly atMs: number;
  /** Undefined until it is answered, and for ever if it never was. */
  readonly status: number | undefined;
}

const maxRecords = 10_000;

interface Entry {
  readonly operation: Operation;
  readonly name: string | undefined;
  readonly atMs: number;
  status: number | undefined;
}

interface Waiter {
  readonly matches: (entry: Entry) => boolean;
  readonly go: () => void;
}

export class RequestLog {
  readonly #counts = new Map<Operation, number>();
  /** Of these, how many were answered 429. */
  readonly #refused = new Map<Operation, number>();
  #entries: Entry[] = [];
  #waiters: Waiter[] = [];

  /** How many have arrived since the start: of one operation, or of all but token requests. */
  count(operation?: Operation): number {
    if (operation) return this.#counts.get(operation) ?? 0;
    let sum = 0;
    for (const [each, count] of this.#counts) if (each !== 'token' && each !== 'metadata') sum += count;
    return sum;
  }

  /** By operation, how many were done and how many refused for being too many, since the start; however many that are. */
  tally(): Readonly<Record<'done' | 'refused', ReadonlyMap<Operation, number>>> {
    const done = [...this.#counts].map(([each, count]) => [each, count - (this.#refused.get(each) ?? 0)] as const);
    return { done: new Map(done), refused: new Map(this.#refused) };
  }

  /** The latest ones, oldest first: of one operation, about one group, or all. */
  of(operation?: Operation, name?: string): readonly RequestRecord[] {
    return this.#entries.filter(
      (entry) => (!operation || entry.operation === operation) && (!name || entry.name === name),
    );
  }

  /** Resolves once such a request has arrived, at once if one has. With `answered` once one has been answered. */
  seen(operation: Operation, name?: string, options: { readonly answered?: boolean } = {}): Promise<void> {
    const matches = (entry: Entry): boolean =>
      entry.operation === operation &&
      (name === undefined || entry.name === name) &&
      (!options.answered || entry.status !== undefined);
    if (this.#entries.some(matches)) return Promise.resolve();
    return new Promise((go) => this.#waiters.push({ matches, go }));
  }

  /** Notes an arrival. What it returns notes the answer. */
  arrived(route: Route, atMs: number): (status: number) => void {
    const entry: Entry = { operation: route.operation, name: route.name, atMs, status: undefined };
    this.#counts.set(entry.operation, this.count(entry.operation) + 1);
    this.#entries.push(entry);
    if (this.#entries.length > maxRecords * 1.1) this.#entries = this.#entries.slice(-maxRecords);
    this.#tell(entry);
    return (status) => {
      entry.status = status;
      if (status === 429) this.#refused.set(entry.operation, (this.#refused.get(entry.operation) ?? 0) + 1);
      this.#tell(entry);
    };
  }

  #tell(entry: Entry): void {
    const ready = this.#waiters.filter(({ matches }) => matches(entry));
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { go } of ready) go();
  }
}
