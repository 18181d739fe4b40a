/**
 * Lists what the backend has, now and then, and removes what nobody stands for. Neighbours: `dangling-pods.ts` (the
 * rules), `active-pods.ts` (what a list says), `backend-calls.ts` (deadline, throttle).
 *
 * Invariants
 * 1. Nothing is removed, nor counted as seen, on a list that failed, or while the view of Kubernetes is not fresh; after
 *    that counting begins anew.
 * 2. Before each removal the apiserver itself has said that there is no such pod; and nobody stands for it here when the
 *    removal begins, however long the throttle held it up.
 * 3. One sweep at a time, and no more removals in it than the rules allow.
 * 4. What a list lacks is looked at by itself before anything is concluded.
 */
import type { Clock, Random, Timer } from '../../runtime/clock.js';
import { hasCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import { Count } from '../../runtime/metrics/instruments.js';
import { podLogger } from '../pod-logger.js';
import { podRef, type PodRef } from '../provider.js';
import { judge, readActivePods } from './active-pods.js';
import { NotBegun, type BackendCalls } from './backend-calls.js';
import type { CleanupRules } from './cleanup-rules.js';
import { isSuspicious, sweep, type Sighting } from './dangling-pods.js';
import type { NodePods } from './node-pods.js';
import { keyOf } from './pod-keys.js';
import type { ActivePod, PodsTrackerHandler } from './pods-tracker-handler.js';
import { SteadyTime } from './steady-time.js';

export interface DanglingCleanerOptions {
  readonly rules: CleanupRules;
  readonly calls: BackendCalls;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** A pod that the node has is not in the list. */
  readonly onUnlisted: (ref: PodRef) => void;
}

export class DanglingCleaner {
  readonly sweeps: Count = new Count('vk_tracker_sweeps_total', 'Searches for dangling pods by outcome');
  readonly cleanups: Count = new Count('vk_tracker_cleanups_total', 'Dangling pods by what became of them');
  readonly #handler: Pick<PodsTrackerHandler, 'listActivePods' | 'cleanupPod'>;
  readonly #pods: NodePods;
  readonly #options: DanglingCleanerOptions;
  readonly #time: SteadyTime;
  #sightings: ReadonlyMap<string, Sighting<ActivePod>> = new Map();
  #isSuspicious = false;
  #timer: Timer | undefined;
  #sweep: Promise<void> | undefined;

  constructor(
    handler: Pick<PodsTrackerHandler, 'listActivePods' | 'cleanupPod'>,
    pods: NodePods,
    options: DanglingCleanerOptions,
  ) {
    this.#handler = handler;
    this.#pods = pods;
    this.#options = options;
    this.#time = new SteadyTime(options.clock, options.rules.intervalMs * 2);
  }

  /** Pods seen dangling in the last sweep and still there, and whether they are so many that they are left for longer. */
  get status(): { readonly dangling: number; readonly isSuspicious: boolean } {
    return { dangling: this.#sightings.size, isSuspicious: this.#isSuspicious };
  }

  /** Sweeps after each interval, from the end of one to the start of the next, until closed. */
  start(): void {
    const { clock, random, rules, calls } = this.#options;
    if (calls.signal.aborted) return;
    this.#timer = clock.setTimer(
      rules.intervalMs * (1 + random() / 10),
      () => void this.sweep().then(() => this.start()),
    );
  }

  /** Sweeps once; while one is under way its promise. Never rejects. */
  sweep(): Promise<void> {
    this.#sweep ??= this.#sweepOnce()
      .catch((err: unknown) => {
        this.sweeps.add(1, { outcome: 'failed' });
        const { calls, logger } = this.#options;
        if (!calls.signal.aborted && !calls.isPaused) logger.warn({ err }, 'active pods not listed');
      })
      .finally(() => (this.#sweep = undefined));
    return this.#sweep;
  }

  /** Comes after `BackendCalls.close`, which ends what runs. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#sweep;
  }

  async #sweepOnce(): Promise<void> {
    const { rules, calls, clock, logger } = this.#options;
    if (calls.isPending('listActivePods', '')) {
      this.sweeps.add(1, { outcome: 'failed' });
      return;
    }
    const tracked = [...this.#pods.tracked()].map(({ pod }) => podRef(pod));
    const listed = readActivePods(
      await calls.run('listActivePods', '', logger, async (context) => this.#handler.listActivePods(context)),
    );
    for (const ref of tracked) if (!listed.has(keyOf(ref))) this.#options.onUnlisted(ref);
    const judgement = judge(listed, this.#pods, rules.minAgeMs, clock.now());
    if (judgement === undefined) {
      this.#sightings = new Map();
      this.sweeps.add(1, { outcome: 'unclear' });
      return;
    }
    const { unclaimed, wanted } = judgement;
    this.#isSuspicious = isSuspicious(unclaimed.size, wanted);
    const minAgeMs = this.#isSuspicious ? Math.max(rules.minAgeMs, rules.suspiciousMinAgeMs) : rules.minAgeMs;
    const result = sweep(unclaimed, this.#sightings, { ...rules, minAgeMs }, this.#time.now());
    this.#sightings = result.sightings;
    if (this.#isSuspicious) logger.warn({ dangling: unclaimed.size, wanted }, 'most pods of the backend look dangling');
    for (const pod of result.dangling) await this.#remove(pod);
    this.sweeps.add(1, { outcome: this.#isSuspicious ? 'suspicious' : 'done' });
  }

  /** What could not be removed is seen anew by later sweeps, so that it is not in the way of others. */
  async #remove({ ref }: ActivePod): Promise<void> {
    const { calls } = this.#options;
    const logger = podLogger(this.#options.logger, ref);
    let outcome = 'failed';
    try {
      if (await this.#isWantedAfterAll(ref)) {
        outcome = 'wanted';
        return;
      }
      logger.warn({}, 'pod is in the backend alone and will be removed there');
      await calls.run('cleanupPod', ref.uid, logger, async (context) => {
        if (this.#pods.isWanted(ref) !== false) throw new NotBegun();
        await this.#handler.cleanupPod(ref, context);
      });
      outcome = 'removed';
    } catch (err) {
      if (err instanceof NotBegun) outcome = 'wanted';
      else if (hasCode(err, 'NotFound')) outcome = 'removed';
      else if (!calls.signal.aborted) logger.warn({ err }, 'dangling pod not removed');
    } finally {
      this.cleanups.add(1, { outcome });
    }
  }

  async #isWantedAfterAll(ref: PodRef): Promise<boolean> {
    const exists = await this.#pods.existsInKubernetes(ref, this.#options.calls.signal);
    this.#options.calls.signal.throwIfAborted();
    return exists || this.#pods.isWanted(ref) !== false;
  }
}
