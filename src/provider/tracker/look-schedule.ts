/**
 * When which pod is to be looked at: the memory of a `StatusPoller`, without I/O. Times are those of a `SteadyTime`.
 * Neighbours: `pace.ts` (how long between two looks), `status-poller.ts` (looks).
 *
 * Invariants
 * 1. It has one entry for each pod that is tracked and has not ended, and none else after a turn.
 * 2. An entry whose look is being made, or waits to be, is not due.
 */
import { isTerminalPhase } from '../pod-phase.js';
import { podRef, type PodRef } from '../provider.js';
import type { PodStatus } from '../../kube/types.js';
import type { Clock, Random } from '../../runtime/clock.js';
import { lookIntervalMs, retryIntervalMs, type Pace } from './pace.js';
import type { TrackedPod } from './node-pods.js';

export interface Look {
  readonly ref: PodRef;
  /** When the pod was first met after the backend had taken it over; `-Infinity` if that was before this process. */
  since: number;
  /** As the node says it, by another clock. */
  createdAt: number;
  changedAt: number;
  isRunning: boolean;
  /** As the node had it when last seen: another object is another status. */
  status: PodStatus | undefined;
  dueAt: number;
  /** When the pod's events are to be asked for, if they are. */
  eventsDueAt: number;
  /** In a row: looks that told nothing, and looks that found no pod. */
  failures: number;
  missed: number;
  /** When the last of these was counted. */
  missedAt: number;
  /** The number of the call, or update, that the newest status came from. */
  newest: number;
  /** The number of the newest request to look: what began before it does not answer it. */
  wanted: number;
  /** The turn in which the pod was last seen. */
  turn: number;
}

/** What a look told of a pod. */
export interface Finding {
  /** The number of what told it. */
  readonly began: number;
  readonly isChanged: boolean;
  readonly isRunning: boolean;
  /** In [0, 1): how much later than its pace the next look is. Default: at random. */
  readonly chance?: number | undefined;
}

export interface LookScheduleOptions {
  readonly pace: Pace;
  /** How much longer an interval may get at random, as a fraction. */
  readonly jitter: number;
  readonly random: Random;
  readonly clock: Pick<Clock, 'now'>;
}

export class LookSchedule {
  readonly #options: LookScheduleOptions;
  readonly #looks = new Map<string, Look>();
  #turn = 0;
  #number = 0;

  constructor(options: LookScheduleOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#looks.size;
  }

  /** Numbers calls, updates and requests in the order in which they began. */
  next(): number {
    return ++this.#number;
  }

  get(uid: string | undefined): Look | undefined {
    return this.#looks.get(uid ?? '');
  }

  has(look: Look): boolean {
    return this.#looks.get(look.ref.uid) === look;
  }

  /**
   * Takes over which pods there are. Answers those that are due, and when the next of the others is. `isBusy`: whether
   * something is being done for the pod.
   */
  turn(pods: Iterable<TrackedPod>, isBusy: (look: Look) => boolean, now: number): { due: Look[]; nextAt: number } {
    this.#turn += 1;
    const due: Look[] = [];
    let nextAt = Infinity;
    for (const tracked of pods) {
      if (!isLookedAt(tracked)) continue;
      const look = this.meet(tracked, now);
      look.turn = this.#turn;
      if (isBusy(look)) continue;
      if (look.dueAt <= now) due.push(look);
      else nextAt = Math.min(nextAt, look.dueAt);
    }
    for (const [uid, look] of this.#looks) if (look.turn !== this.#turn) this.#looks.delete(uid);
    return { due, nextAt };
  }

  /** The entry of a pod, made if there is none, with what changed from elsewhere since it was last met. */
  meet(tracked: TrackedPod, now: number): Look {
    const { uid = '' } = tracked.pod.metadata;
    const known = this.#looks.get(uid);
    if (known !== undefined) {
      this.update(known, tracked, now);
      return known;
    }
    const look: Look = {
      ref: podRef(tracked.pod),
      since: tracked.createdAt === 0 ? -Infinity : now,
      createdAt: tracked.createdAt,
      changedAt: tracked.createdAt === 0 ? now - this.#quietMs(tracked) : now,
      isRunning: isRunningPod(tracked),
      status: tracked.lastStatus,
      dueAt: now,
      eventsDueAt: now,
      // What was asked before may know less.
      newest: this.next(),
      ...{ failures: 0, missed: 0, missedAt: 0, wanted: 0, turn: 0 },
    };
    this.#looks.set(uid, look);
    return look;
  }

  drop(look: Look): void {
    if (this.has(look)) this.#looks.delete(look.ref.uid);
  }

  /**
   * A look told of the pod, that it changed or that it did not. Answers whether its events are due as well. `chance` is
   * given for pods that were looked at together and are to stay so.
   */
  answered(
    look: Look,
    { began, isChanged, isRunning, chance = this.#options.random() }: Finding,
    now: number,
  ): boolean {
    look.failures = 0;
    look.isRunning = isRunning;
    if (isChanged) look.changedAt = now;
    const areEventsDue = isChanged || now >= look.eventsDueAt;
    const intervalMs = this.#intervalMs(look, now);
    // Without jitter: where each look is a call of its own they come with it.
    if (areEventsDue) look.eventsDueAt = now + intervalMs;
    this.#postpone(look, intervalMs, now, chance);
    if (began < look.wanted) look.dueAt = now;
    return areEventsDue;
  }

  /** A look told nothing. */
  failed(look: Look, now: number): void {
    look.failures += 1;
    const intervalMs = retryIntervalMs(this.#options.pace, this.#intervalMs(look, now), look.failures);
    this.#postpone(look, intervalMs, now);
  }

  /** The next look is to be soon: what this one found has to be found again, or something else kept it from being made. */
  again(look: Look, now: number): void {
    this.#postpone(look, this.#options.pace.fastestMs, now);
  }

  /** A look is to be made at once, or as soon as the one that runs has ended. */
  hurry(look: Look, now: number): void {
    look.dueAt = now;
    look.wanted = this.next();
  }

  /** A look found no pod. Answers how many in a row did, those not counted that came sooner after one than by the pace. */
  missed(look: Look, now: number): number {
    if (look.missed > 0 && now - look.missedAt < this.#options.pace.fastestMs) return look.missed;
    look.missed += 1;
    look.missedAt = now;
    return look.missed;
  }

  /** Takes over what the node has of the pod by now. Answers whether its status was changed from elsewhere. */
  update(look: Look, tracked: TrackedPod, now: number): boolean {
    if (look.createdAt !== tracked.createdAt) {
      look.createdAt = tracked.createdAt;
      look.since = now;
    }
    if (look.status === tracked.lastStatus) return false;
    this.#changed(look, tracked, now);
    return true;
  }

  /** How long a pod that was found at start has been as it is: after a restart ten thousand of them are not news. */
  #quietMs({ pod, lastStatus = pod.status }: TrackedPod): number {
    const changes = (lastStatus?.conditions ?? []).map((condition) => Date.parse(condition.lastTransitionTime ?? ''));
    const newest = Math.max(...changes.filter((at) => !Number.isNaN(at)));
    return Number.isFinite(newest) ? Math.max(this.#options.clock.now() - newest, 0) : 0;
  }

  /** The pod was changed from elsewhere: by its provider, or by an update. */
  #changed(look: Look, tracked: TrackedPod, now: number): void {
    look.status = tracked.lastStatus;
    look.isRunning = isRunningPod(tracked);
    look.changedAt = now;
    look.dueAt = Math.min(look.dueAt, now + this.#options.pace.fastestMs);
  }

  #intervalMs(look: Look, now: number): number {
    return lookIntervalMs(this.#options.pace, now - look.changedAt, look.isRunning, this.size);
  }

  #postpone(look: Look, intervalMs: number, now: number, chance = this.#options.random()): void {
    look.dueAt = Math.round(now + intervalMs * (1 + this.#options.jitter * chance));
  }
}

/** Whether anything is to be seen of the pod: nothing is of one that has ended. */
export function isLookedAt({ pod, lastStatus }: TrackedPod): boolean {
  return !isTerminalPhase(lastStatus?.phase ?? pod.status?.phase);
}

function isRunningPod({ pod, lastStatus }: TrackedPod): boolean {
  return (lastStatus?.phase ?? pod.status?.phase) === 'Running';
}
