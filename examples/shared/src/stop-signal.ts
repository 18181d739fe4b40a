/** One Ctrl-C can arrive several times: from the terminal, and once more from each npm in between. */
const sameKeystrokeMs = 1_000;

/**
 * Aborts at the first SIGINT or SIGTERM, for an orderly end. A later one ends the process at once, with exit code 130.
 * Call it once, before anything that has to be cleaned up.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    firstAt ??= Date.now();
    if (!stopping.signal.aborted) stopping.abort(new Error(`stopped by ${signal}`));
    else if (Date.now() - firstAt > sameKeystrokeMs) process.exit(130);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stopping.signal;
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it aborts. */
export async function orStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  stop.throwIfAborted();
  let onAbort = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason as Error);
    stop.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop.removeEventListener('abort', onAbort);
  }
}

/** Resolves when the signal aborts. */
export async function whenStopped(stop: AbortSignal): Promise<void> {
  await orStopped(new Promise<never>(() => undefined), stop).catch(() => undefined);
}
