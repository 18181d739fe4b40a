/** One listener for each signal, however many calls wait for it: a node's one signal may end thousands of calls. */
export class SignalRegistry {
  readonly #callbacks = new WeakMap<AbortSignal, Set<() => void>>();

  /** Calls `callback` when the signal aborts. Returns what takes it off again. */
  add(signal: AbortSignal, callback: () => void): () => void {
    const callbacks = this.#callbacks.get(signal) ?? this.#listen(signal);
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const callbacks = new Set<() => void>();
    this.#callbacks.set(signal, callbacks);
    const onAbort = (): void => {
      for (const callback of callbacks) callback();
      callbacks.clear();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    return callbacks;
  }
}
