/** Groups whose provisioning was made to go no further, by name. */
export class Sticking {
  readonly #stuck = new Map<string, Set<() => void>>();

  stick(name: string): void {
    if (!this.#stuck.has(name)) this.#stuck.set(name, new Set());
  }

  release(name: string): void {
    const waiting = this.#stuck.get(name);
    this.#stuck.delete(name);
    for (const go of waiting ?? []) go();
  }

  /** Resolves at once, or when the name is released; rejects when `signal` aborts. */
  pass(name: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#stuck.get(name);
    if (waiting === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.delete(go);
        reject(signal.reason as Error);
      };
      const go = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      if (signal.aborted) return onAbort();
      waiting.add(go);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
