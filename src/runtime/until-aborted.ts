/** Work that is not waited for once nobody wants it. */

/** Calls `action` when `signal` aborts, at once if it has. Returns what takes that back. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  if (signal.aborted) {
    action();
    return () => undefined;
  }
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts; what comes of the work after that goes
 * to `late`. Without a signal it is the work itself.
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  late?: (result: T) => void,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason));
    work.then(
      (result) => {
        stop();
        if (signal.aborted) late?.(result);
        resolve(result);
      },
      (error: unknown) => {
        stop();
        reject(error);
      },
    );
  });
}
