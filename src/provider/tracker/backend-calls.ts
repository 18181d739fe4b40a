/**
 * Makes the calls of a backend that nobody but the tracker asked for: each behind the throttle, with a deadline, counted.
 * Neighbours: `cloud/throttle.ts` (the pause), `status-poller.ts`, `backend-events.ts`, `dangling-cleaner.ts` (the callers).
 *
 * Invariants
 * 1. Nothing begins while the throttle pauses; waiting for it is not part of a call's time.
 * 2. A call ends at its deadline or with `close()`, also if what it calls heeds no signal.
 * 3. What has not come back in truth, by method and key, is known, until it is taken for lost.
 * 4. A call that has not begun after all says nothing of the backend.
 */
import { setMaxListeners } from 'node:events';
import type { Clock, Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { Count } from '../../runtime/metrics/instruments.js';
import { untilAborted } from '../../runtime/until-aborted.js';
import type { CallContext } from '../call-context.js';
import type { Throttle } from '../cloud/throttle.js';

export interface BackendCallsOptions {
  readonly clock: Clock;
  readonly throttle: Throttle;
  /** How long a call may take. */
  readonly timeoutMs: number;
}

/** What a call throws that finds, when its turn has come, that it is not to be made. */
export class NotBegun extends Error {
  override readonly name = 'NotBegun';
}

/** A call that has not come back in so long never will: one that hangs is not to hold its pod for ever. */
const lostAfterMs = 600_000;

export class BackendCalls {
  readonly count: Count = new Count('vk_tracker_calls_total', 'Calls of the backend by method and outcome');
  readonly #options: BackendCallsOptions;
  readonly #closing = new AbortController();
  readonly #running = new Set<AbortController>();
  /** By name what takes it for lost, until it has come back or that was done. */
  readonly #pending = new Map<string, Timer>();

  constructor(options: BackendCallsOptions) {
    this.#options = options;
    // As many wait for the throttle as there may be calls.
    setMaxListeners(0, this.signal);
  }

  /** Aborts with `close()`. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether the backend has said "not so fast", and no call would begin now. */
  get isPaused(): boolean {
    return this.#options.throttle.pausedUntil !== undefined;
  }

  /** Whether a call with that key is still running, though it may have been given up. */
  isPending(method: string, key: string): boolean {
    return this.#pending.has(`${method} ${key}`);
  }

  /**
   * Settles as `call` does. Rejects with `Timeout` at the deadline, with `Aborted` when closed. `call` may look around
   * when its turn comes, and throw {@link NotBegun}.
   */
  async run<T>(method: string, key: string, logger: Logger, call: (context: CallContext) => Promise<T>): Promise<T> {
    const { throttle } = this.#options;
    try {
      const result = await throttle.run(() => this.#bounded(`${method} ${key}`, logger, call), this.signal);
      this.count.add(1, { method, outcome: 'ok' });
      return result;
    } catch (error) {
      const outcome = throttle.pausedUntil === undefined ? VkError.from(error).code : 'TooManyRequests';
      if (!(error instanceof NotBegun)) this.count.add(1, { method, outcome });
      throw error;
    }
  }

  /** Ends every call. Idempotent. */
  close(): void {
    if (this.signal.aborted) return;
    this.#closing.abort(new VkError('Aborted', 'pods tracker is closing'));
    for (const call of this.#running) call.abort(this.signal.reason);
    for (const lost of this.#pending.values()) lost.cancel();
  }

  async #bounded<T>(name: string, logger: Logger, call: (context: CallContext) => Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    const ending = new AbortController();
    const timeout = new VkError('Timeout', `backend: no answer to ${name} within ${timeoutMs} ms`);
    const timer = clock.setTimer(timeoutMs, () => ending.abort(timeout));
    this.#running.add(ending);
    const forget = this.#remember(name);
    const work = (async () => call({ signal: ending.signal, logger }))().finally(forget);
    try {
      return await untilAborted(work, ending.signal);
    } finally {
      timer.cancel();
      this.#running.delete(ending);
    }
  }

  /** Has a call of that name pending until what is answered is called, or it is taken for lost. */
  #remember(name: string): () => void {
    const forget = (): void => {
      lost.cancel();
      if (this.#pending.get(name) === lost) this.#pending.delete(name);
    };
    const lost = this.#options.clock.setTimer(lostAfterMs, forget);
    this.#pending.set(name, lost);
    return forget;
  }
}
