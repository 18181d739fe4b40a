/**
 * Asks for the statuses of all pods at once, where the backend can tell that.
 *
 * Invariants
 * 1. One question at a time, and none within a pause after the last, which is longer the more of them failed in a row.
 * 2. A failure is no answer. After some in a row nobody waits for the next answer: it is asked for all the same, and pods
 *    are looked at by themselves meanwhile.
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

/** A backend that is down for a moment is spared a call for each pod. */
const failuresBeforeSingly = 3;

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

  /** Whether pods are left to it: the backend can tell of all at once, and did not hang or fail when it was last asked to. */
  get isReliable(): boolean {
    if (this.#source.listPodStatuses === undefined || this.#failures >= failuresBeforeSingly) return false;
    return this.#isAsking || !this.#hangs;
  }

  /** Whether it may be asked now. */
  get isDue(): boolean {
    const { calls, time } = this.#options;
    if (this.#source.listPodStatuses === undefined) return false;
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
      // In a pause single pods are not asked for either.
      if (calls.signal.aborted || calls.isPaused) return undefined;
      this.#failures += 1;
      // Of many in a row those that change something.
      if (this.#failures === 1) logger.warn({ err }, 'pod statuses not listed');
      if (this.#failures === failuresBeforeSingly)
        logger.warn({ err }, 'pod statuses not listed, pods asked for singly');
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
