/** What a {@link WorkQueue} tells of its work. Called synchronously; an implementation must not throw. */
export interface WorkQueueMetrics {
  /** A key became ready. `depth` counts it. */
  added(key: string, depth: number): void;
  /** The handler was called, `latencyMs` after the key became ready. */
  started(key: string, latencyMs: number): void;
  /** The handler's promise settled, `durationMs` after the call. */
  finished(key: string, durationMs: number, failed: boolean): void;
  /** A failed key is to be tried again in `delayMs`; it failed `attempts` times in a row. */
  retried(key: string, attempts: number, delayMs: number): void;
}

const nothing = (): void => undefined;

/** Counts nothing. */
export const noWorkQueueMetrics: WorkQueueMetrics = {
  added: nothing,
  started: nothing,
  finished: nothing,
  retried: nothing,
};
