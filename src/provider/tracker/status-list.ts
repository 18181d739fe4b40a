/**
 * Asks for the statuses of all pods at once, where the backend can tell that.
 *
 * Invariants
 * 1. One question at a time, and none within a pause after the last, which is longer the more of them failed in a row.
 * 2. A failure is no answer.
 */
import type { PodStatus } from '../../kube/types.js';
import type { Logger } from '../../runtime/logger.js';
import { VkError } from '../../runtime/errors.js';
import type { PodStatusLister } from '../provider.js';
import type { BackendCalls } from './backend-calls.js';
import { retryIntervalMs, type Pace } from './pace.js';
import { isRecord, keyOf, readRef } from './pod-keys.js';
import type { SteadyTime } from './steady-time.js';

export interface StatusListOptions {
  readonly calls: BackendCalls;
  readonly pace: Pace;
  readonly time: SteadyTime;
  readonly logger: Logger;
}

export class StatusList {
  readonly #source: Partial<PodStatusLister>;
  readonly #options: StatusListOptions;
  #isAsking = false;
  #againAt = 0;
  #failures = 0;

  constructor(source: Partial<PodStatusLister>, options: StatusListOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Whether the backend can tell of all pods at once, and does not hang when it is asked to. */
  get isThere(): boolean {
    return this.#source.listPodStatuses !== undefined && (this.#isAsking || !this.#hangs);
  }

  /** Whether it may be asked now. */
  get isDue(): boolean {
    const { calls, time } = this.#options;
    if (this.#isAsking || calls.isPaused || this.#hangs) return false;
    return time.now() >= this.#againAt;
  }

  /** Answers statuses by {@link keyOf}, or undefined if there was no answer. Never rejects. */
  async fetch(): Promise<ReadonlyMap<string, PodStatus> | undefined> {
    const { calls, logger, pace, time } = this.#options;
    this.#isAsking = true;
    try {
      const list = await calls.run('listPodStatuses', '', logger, async (context) =>
        this.#source.listPodStatuses?.(context),
      );
      const statuses = readStatuses(list);
      this.#failures = 0;
      return statuses;
    } catch (err) {
      this.#failures += 1;
      if (!calls.signal.aborted && !calls.isPaused) logger.warn({ err }, 'pod statuses not listed');
      return undefined;
    } finally {
      this.#isAsking = false;
      const { fastestMs } = pace;
      this.#againAt = time.now() + (this.#failures ? retryIntervalMs(pace, fastestMs, this.#failures) : fastestMs);
    }
  }
  get #hangs(): boolean {
    return this.#options.calls.isPending('listPodStatuses', '');
  }
}

/** What cannot be read is left out, so that its pod is looked at by itself. */
function readStatuses(list: unknown): ReadonlyMap<string, PodStatus> {
  if (!Array.isArray(list)) throw new VkError('Internal', 'listPodStatuses of the backend: the answer is not a list');
  const statuses = new Map<string, PodStatus>();
  for (const entry of list as readonly unknown[]) {
    const ref = readRef(entry);
    const { status } = (ref ? entry : {}) as { readonly status?: unknown };
    if (ref && isRecord(status)) statuses.set(keyOf(ref), status);
  }
  return statuses;
}
