/**
 * The requests that are being served, and how they are brought to an end.
 *
 * Invariants
 * 1. A call is here from when its request arrived until all that it began has ended.
 * 2. Each call has one signal, which aborts at most once.
 */

export interface OpenCall {
  readonly signal: AbortSignal;
  readonly isLasting: boolean;
  abort(reason: Error): void;
  /** Files the call under a pod, whose end is then the call's. */
  belongsTo(uid: string): void;
  /** Says that the call ends by itself only when its client or its container does. */
  lasts(): void;
  end(): void;
}

interface Entry {
  readonly abort: AbortController;
  lasting: boolean;
  uid: string | undefined;
}

export class Calls {
  readonly #open = new Set<Entry>();
  #whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  begin(): OpenCall {
    const entry: Entry = { abort: new AbortController(), lasting: false, uid: undefined };
    this.#open.add(entry);
    return {
      signal: entry.abort.signal,
      get isLasting() {
        return entry.lasting;
      },
      abort: (reason) => entry.abort.abort(reason),
      belongsTo: (uid) => {
        entry.uid = uid;
      },
      lasts: () => {
        entry.lasting = true;
      },
      end: () => {
        if (!this.#open.delete(entry) || this.#open.size > 0) return;
        for (const tell of this.#whenEmpty.splice(0)) tell();
      },
    };
  }

  abortLasting(reason: Error): void {
    for (const { abort, lasting } of this.#open) if (lasting) abort.abort(reason);
  }

  abortAll(reason: Error): void {
    for (const { abort } of this.#open) abort.abort(reason);
  }

  hasPod(uid: string): boolean {
    return [...this.#open].some((entry) => entry.uid === uid);
  }

  abortPod(uid: string, reason: Error): void {
    for (const entry of this.#open) if (entry.uid === uid) entry.abort.abort(reason);
  }

  /** Resolves when no call is open. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }
}
