/**
 * Asks a backend for the status of its pods, each at its own pace, and tells what changed. A `PodsTracker` is made of it,
 * and a `PodController` whose provider does not notify. Neighbours: `look-schedule.ts` (which pod is due), `look-pool.ts`
 * (how many at a time), `missing-decision.ts` (what a missing pod means), `backend-calls.ts` (deadline, throttle). It
 * sends nothing to Kubernetes.
 *
 * Invariants
 * 1. One timer, whatever the number of pods; one look at a pod at a time, and no more than `concurrency` in all.
 * 2. A call that failed, or a list that failed, changes nothing. A pod that a list lacks is asked for by itself before
 *    anything is concluded.
 * 3. What was decided about a pod before a call is decided again after it: it may have been deleted meanwhile.
 * 4. A pod whose call has not come back is not asked for again until it has, or is taken for lost.
 * 5. An answer to what was asked before the newest answer, or before the status changed otherwise, is passed over.
 * 6. No pod is claimed while a call for it waits.
 * 7. After `close()` nothing is notified.
 */
import { nextTurn } from '../../kube/reflector/turn.js';
import type { Pod, PodStatus } from '../../kube/types.js';
import { type Clock, type Random, systemClock, type Timer } from '../../runtime/clock.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import type { CallContext } from '../call-context.js';
import { cloneJson } from '../clone-pod.js';
import { Throttle } from '../cloud/throttle.js';
import { jsonEqual } from '../json-equal.js';
import { podLogger } from '../pod-logger.js';
import type { PodRef, PodStatusLister } from '../provider.js';
import { BackendCalls, NotBegun } from './backend-calls.js';
import { LookPool } from './look-pool.js';
import { isLookedAt, LookSchedule, type Look } from './look-schedule.js';
import { decideMissing } from './missing-decision.js';
import type { NodePods, TrackedPod } from './node-pods.js';
import { defaultPace, type Pace } from './pace.js';
import { isRecord, keyOf } from './pod-keys.js';
import { StatusList } from './status-list.js';
import { SteadyTime } from './steady-time.js';
import { checkStatusPollerOptions, type StatusPollerOptions } from './status-poller-options.js';

/** Where statuses come from. */
export interface PodStatusSource extends Partial<PodStatusLister> {
  /** The status of one pod, or undefined (or code `NotFound`) if there is none. Rejects if it cannot tell. */
  fetchPodStatus(ref: PodRef, context: CallContext): Promise<PodStatus | undefined>;
}

/** What a poller shares with the other parts of a tracker. */
export interface StatusPollerParts {
  readonly calls?: BackendCalls;
  /**
   * Called after a look that found something new, or that came when the pod's events were due. `claim` keeps other calls
   * for the pod away until it has ended, and answers whether it could.
   */
  readonly afterLook?: (tracked: TrackedPod, claim: () => boolean) => Promise<void>;
}

export type PolledPods = Pick<NodePods, 'tracked' | 'find' | 'claim'>;

/** An answer for all comes in pages of about as many: while fewer pods are due than it has pages, they are asked for singly. */
const podsOfPage = 100;
/** So many answers are taken over before others have their turn of the event loop. */
const podsOfTurn = 1_000;

interface Found {
  readonly kind: 'status';
  readonly status: PodStatus;
  /** See `Finding`. */
  readonly chance?: number;
}

/** What a look found. `failed` says nothing about the pod; after `busy` it is looked at again soon. */
type Answer = Found | { readonly kind: 'missing' | 'failed' | 'busy' };

export class StatusPoller {
  /** Looks that found another status, and pods that were taken for lost. */
  readonly counts: { changes: number; lost: number } = { changes: 0, lost: 0 };
  readonly #source: PodStatusSource;
  readonly #pods: PolledPods;
  readonly #notify: (pod: Pod) => void;
  readonly #pace: Pace;
  readonly #missingLooks: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #calls: BackendCalls;
  readonly #afterLook: StatusPollerParts['afterLook'];
  readonly #time: SteadyTime;
  readonly #schedule: LookSchedule;
  readonly #pool: LookPool<Look>;
  readonly #list: StatusList;
  #timer: Timer | undefined;
  #listing: Promise<void> = Promise.resolve();
  #started = false;

  /** `notify` takes a pod, shared with the cache, with its new status, shared with the source. */
  constructor(
    source: PodStatusSource,
    pods: PolledPods,
    notify: (pod: Pod) => void,
    options: StatusPollerOptions = {},
    parts: StatusPollerParts = {},
  ) {
    checkStatusPollerOptions(options);
    const { clock = systemClock, random = Math.random, logger = silentLogger } = options;
    const { jitter = 0.1, concurrency = 16, callTimeoutMs = 30_000, missingLooks = 1 } = options;
    this.#source = source;
    this.#pods = pods;
    this.#notify = notify;
    this.#pace = { ...defaultPace, ...options.pace };
    this.#missingLooks = missingLooks;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    const { throttle = new Throttle({ clock, random, logger }) } = options;
    this.#calls = parts.calls ?? new BackendCalls({ clock, throttle, timeoutMs: callTimeoutMs });
    this.#afterLook = parts.afterLook;
    // It is asked at least at the fastest pace, or a little later on a busy machine.
    this.#time = new SteadyTime(clock, this.#pace.fastestMs * 2 + 10_000);
    this.#schedule = new LookSchedule({ pace: this.#pace, jitter, random, clock });
    this.#list = new StatusList(source, { calls: this.#calls, pace: this.#pace, time: this.#time, logger });
    this.#pool = new LookPool(concurrency, () => !this.#isClosed && !this.#calls.isPaused);
  }

  /** Pods that are looked at, that wait for their look, and looks that run. */
  get status(): { readonly pods: number; readonly waiting: number; readonly running: number } {
    return { pods: this.#schedule.size, waiting: this.#pool.waiting, running: this.#pool.running };
  }

  /** Looks at every pod, and goes on until closed. A second call does nothing. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#turn();
  }

  /** Has a pod looked at without waiting for its time. Nothing follows for one that is not tracked. */
  look(ref: PodRef): void {
    const tracked = this.#isClosed ? undefined : this.#pods.find(ref);
    if (tracked === undefined || !isLookedAt(tracked)) return;
    const now = this.#time.now();
    const look = this.#schedule.meet(tracked, now);
    this.#schedule.hurry(look, now);
    this.#await(look);
    this.#pool.pump();
  }

  /**
   * Lets `mutate` change a copy of the pod's status, or answer another, and tells of it at once. What was asked before is
   * passed over. Answers false for a pod that is not tracked, and after `close()`. What `mutate` throws comes out; throws
   * `InvalidInput` if what it answers is no status.
   */
  update(ref: PodRef, mutate: (status: PodStatus) => PodStatus | void): boolean {
    const tracked = this.#isClosed ? undefined : this.#pods.find(ref);
    if (tracked === undefined) return false;
    const copy = cloneJson(tracked.lastStatus ?? tracked.pod.status ?? {});
    const status = mutate(copy) ?? copy;
    if (!isStatus(status)) throw noStatus(ref);
    const look = this.#schedule.meet(tracked, this.#time.now());
    look.newest = this.#schedule.next();
    this.#notify({ ...tracked.pod, status });
    this.#meet(look);
    return true;
  }

  /** Ends what runs, and begins nothing more. Idempotent. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#calls.close();
    await Promise.all([this.#pool.close(), this.#listing]);
  }

  get #isClosed(): boolean {
    return this.#calls.signal.aborted;
  }

  #turn(): void {
    if (this.#isClosed) return;
    const now = this.#time.now();
    const { due, nextAt } = this.#schedule.turn(this.#pods.tracked(), (look) => this.#pool.has(look), now);
    const areMany = due.length > this.#schedule.size / podsOfPage;
    if (areMany && this.#list.isDue) this.#listing = this.#lookAtAll();
    if (!areMany || !this.#list.isReliable) for (const look of due) this.#await(look);
    this.#pool.pump();
    // Very many pods are taken together, so that each turn is worth its while.
    const { fastestMs } = this.#pace;
    const leastMs = Math.min(this.#schedule.size / 10, fastestMs / 5);
    const delayMs = Math.min(Math.max(nextAt - now, leastMs), fastestMs);
    this.#timer = this.#clock.setTimer(delayMs, () => this.#turn());
  }

  /** Takes over what the node has of the pod by now. Answers whether that changed since the pod was last met. */
  #meet(look: Look): boolean {
    const tracked = this.#pods.find(look.ref);
    return tracked !== undefined && this.#schedule.update(look, tracked, this.#time.now());
  }

  #await(look: Look): void {
    this.#pool.add(look, () => this.#lookAt(look));
  }

  async #lookAt(look: Look): Promise<void> {
    if (!this.#schedule.has(look)) return;
    if (this.#calls.isPending('fetchPodStatus', look.ref.uid)) {
      this.#schedule.again(look, this.#time.now());
      return;
    }
    let found: TrackedPod | undefined;
    await this.#claimed(look, async (claim) => {
      this.#meet(look);
      const began = this.#schedule.next();
      found = this.#conclude(look, began, await this.#ask(look, claim));
    });
    if (found) await this.#after(look, found);
  }

  /** What follows a look may have to wait again, so it claims the pod anew. */
  async #after(look: Look, found: TrackedPod): Promise<void> {
    await this.#claimed(look, async (claim) => this.#afterLook?.(found, claim));
  }

  /** Runs `work`, and then lets other calls for the pod in again if it kept them away. Never rejects. */
  async #claimed(look: Look, work: (claim: () => boolean) => Promise<void>): Promise<void> {
    let release: (() => void) | undefined;
    try {
      await work(() => (release = this.#pods.claim(look.ref)) !== undefined);
    } catch (err) {
      this.#failed(look, err);
    } finally {
      release?.();
    }
  }

  #failed(look: Look, err: unknown): void {
    this.#schedule.failed(look, this.#time.now());
    if (!this.#isClosed) podLogger(this.#logger, look.ref).error({ err }, 'look at a pod failed');
  }

  async #ask({ ref, failures }: Look, claim: () => boolean): Promise<Answer> {
    const logger = podLogger(this.#logger, ref);
    try {
      return await this.#calls.run('fetchPodStatus', ref.uid, logger, async (context): Promise<Answer> => {
        // Not before its turn: a pod that waits for the throttle can still be deleted.
        if (!claim()) throw new NotBegun();
        const status = await this.#source.fetchPodStatus(ref, context);
        return status ? { kind: 'status', status } : { kind: 'missing' };
      });
    } catch (err) {
      if (hasCode(err, 'NotFound')) return { kind: 'missing' };
      if (this.#isClosed || this.#calls.isPaused || err instanceof NotBegun) return { kind: 'busy' };
      // Of many failures in a row the first.
      if (failures === 0) logger.warn({ err }, 'pod status not fetched');
      return { kind: 'failed' };
    }
  }

  /** Takes an answer to what began as number `began`. Returns the pod if its events are due. */
  #conclude(look: Look, began: number, answer: Answer): TrackedPod | undefined {
    const tracked = this.#isClosed ? undefined : this.#pods.find(look.ref);
    const now = this.#time.now();
    if (tracked === undefined || !isLookedAt(tracked)) this.#schedule.drop(look);
    else if (answer.kind === 'failed') this.#schedule.failed(look, now);
    else if (answer.kind === 'busy') this.#schedule.again(look, now);
    else if (this.#meet(look) || began < look.newest) this.#schedule.hurry(look, now);
    else return this.#take(look, tracked, began, answer.kind === 'status' ? answer : undefined);
    return undefined;
  }

  #take(look: Look, tracked: TrackedPod, began: number, found: Found | undefined): TrackedPod | undefined {
    const now = this.#time.now();
    look.newest = began;
    const lost = found ? undefined : decideMissing(tracked, now - look.since, this.#clock.now());
    if (!lost) look.missed = 0;
    else if (this.#schedule.missed(look, now) < this.#missingLooks) {
      this.#schedule.again(look, now);
      return undefined;
    }
    const status = found?.status ?? lost ?? tracked.lastStatus;
    if (lost) this.counts.lost += 1;
    const isChanged =
      status !== undefined && !jsonEqual(status, tracked.lastStatus) && this.#tell(look, tracked, status);
    const finding = { began, isChanged, isRunning: status?.phase === 'Running', chance: found?.chance };
    return this.#schedule.answered(look, finding, now) ? tracked : undefined;
  }

  /** Answers whether it was news to the node: it may know the same in other words, or refuse what makes no sense. */
  #tell(look: Look, tracked: TrackedPod, status: PodStatus): boolean {
    this.#notify({ ...tracked.pod, status });
    const told = this.#pods.find(look.ref);
    const isNews = told === undefined || told.lastStatus !== look.status;
    if (told) look.status = told.lastStatus;
    if (isNews) this.counts.changes += 1;
    return isNews;
  }

  /** One look at all pods together. Never rejects. */
  async #lookAtAll(): Promise<void> {
    const began = this.#schedule.next();
    const statuses = await this.#list.fetch();
    if (statuses === undefined || this.#isClosed) return;
    const chance = this.#random();
    let seen = 0;
    for (const { pod } of this.#pods.tracked()) {
      if (++seen % podsOfTurn === 0) await nextTurn();
      const look = this.#schedule.get(pod.metadata.uid);
      if (look === undefined || this.#pool.has(look)) continue;
      const status = statuses.get(keyOf(look.ref));
      this.#listed(look, began, status && { kind: 'status', status, chance });
    }
    this.#pool.pump();
  }

  #listed(look: Look, began: number, answer: Found | undefined): void {
    if (answer === undefined) {
      if (look.dueAt <= this.#time.now()) this.#await(look);
      return;
    }
    try {
      const found = this.#conclude(look, began, answer);
      if (found && this.#afterLook) this.#pool.add(look, () => this.#after(look, found));
    } catch (err) {
      this.#failed(look, err);
    }
  }
}

/** A promise is none: whoever wants to ask somebody asks first. */
function isStatus(value: unknown): value is PodStatus {
  return isRecord(value) && typeof value['then'] !== 'function';
}

function noStatus({ namespace, name }: PodRef): VkError {
  return new VkError('InvalidInput', `pod ${namespace}/${name}: updatePodStatus was answered what is no status`);
}
