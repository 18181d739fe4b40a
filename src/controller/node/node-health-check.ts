/**
 * Asks the backend now and then whether it is within reach, and says when that changes.
 *
 * Invariants
 * 1. One ping at a time: while one hangs, its signal aborted, there is no other.
 * 2. A ping that fails is asked again a second later, and only then believed: one lost packet makes no node NotReady.
 *    One that does not end even when aborted is believed at once.
 */
import type { Clock, Random } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { NodeHealth } from '../../provider/provider.js';
import { RepeatedTask } from '../queue/repeated-task.js';

export interface NodeHealthCheckOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Told of every result that is believed: the error, or undefined for a backend that answers. */
  onResult(error: VkError | undefined): void;
}

const secondLookMs = 1_000;
/** How long an aborted ping has to end. */
const abortGraceMs = 1_000;

export class NodeHealthCheck {
  readonly #ping: NodeHealth['ping'];
  readonly #options: NodeHealthCheckOptions;
  readonly #task: RepeatedTask;
  #failures = 0;

  constructor(ping: NodeHealth['ping'], options: NodeHealthCheckOptions) {
    this.#ping = ping;
    this.#options = options;
    const { clock, random } = options;
    const backoff = { baseDelayMs: options.intervalMs, maxDelayMs: options.intervalMs, jitter: 0 };
    this.#task = new RepeatedTask((signal) => this.#step(signal), {
      clock,
      random,
      backoff,
      onFailure: () => undefined,
    });
  }

  start(): void {
    this.#task.poke();
  }

  /** Starts no further ping, aborts the one that runs, and does not wait for it if it goes on. */
  stop(): Promise<void> {
    return this.#task.stop();
  }

  async #step(stop: AbortSignal): Promise<number> {
    const { clock, random, logger, intervalMs, timeoutMs, onResult } = this.#options;
    const abort = new AbortController();
    const done = new AbortController();
    const stopped = new Promise<undefined>((resolve) => {
      const onStop = (): void => {
        abort.abort(stop.reason);
        resolve(undefined);
      };
      stop.addEventListener('abort', onStop, { once: true, signal: done.signal });
    });
    const result = outcome(() => this.#ping({ signal: abort.signal, logger }));
    let error = await within(clock, timeoutMs, [result, stopped]);
    if (error === 'late') {
      error = new VkError('Timeout', `no answer to a ping within ${timeoutMs} ms`);
      abort.abort(error);
      if ((await within(clock, abortGraceMs, [result, stopped])) === 'late') {
        this.#failures += 1;
        onResult(error);
        await Promise.race([result, stopped]);
        done.abort();
        return secondLookMs;
      }
    }
    done.abort();
    if (stop.aborted) return intervalMs;
    this.#failures = error === undefined ? 0 : this.#failures + 1;
    if (this.#failures === 1) return secondLookMs;
    onResult(error);
    return intervalMs * (1 + 0.04 * random());
  }
}

/** Resolves to the error with which a call fails, or undefined. */
async function outcome(call: () => Promise<void>): Promise<VkError | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return VkError.from(error);
  }
}

async function within<T>(clock: Clock, ms: number, promises: readonly Promise<T>[]): Promise<T | 'late'> {
  const over = new AbortController();
  const late = clock.sleep(ms, over.signal).then(
    () => 'late' as const,
    () => 'late' as const,
  );
  const first = await Promise.race([...promises, late]);
  over.abort();
  return first;
}
