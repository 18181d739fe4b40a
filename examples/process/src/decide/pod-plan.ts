/**
 * What is to be done next for a pod: which containers start, which stop, and when to look again. As a kubelet orders
 * them. Pure: the same view at the same time makes the same plan, so whoever carries it out may do so again and again.
 *
 * Invariants
 * 1. Init containers run one by one, in order; a sidecar counts once it has started. The others start after all of them.
 * 2. A pod that is to stop starts nothing.
 * 3. Sidecars stop after all the others, in reverse, one by one; together once the time is over.
 * 4. A pod has ended when it is to stop, or has no more to do, and nothing of it runs.
 */
import { firstRun, nextRun, restartsAfter, type Backoff, type NextRun, type RestartPolicy } from './restart.js';

export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral';

export type RunState =
  | { readonly type: 'starting' }
  | { readonly type: 'running'; readonly startedAt: number }
  | { readonly type: 'ended'; readonly startedAt?: number; readonly finishedAt: number; readonly exitCode: number };

export interface ContainerView {
  readonly name: string;
  readonly role: Role;
  readonly restart: RestartPolicy;
  /** The latest run. */
  readonly run?: { readonly number: number; readonly backoffMs: number; readonly state: RunState };
  /** Whether it runs, its startup probe has passed and its postStart hook is through. */
  readonly started: boolean;
  /** It could not be started: when to try again. */
  readonly notBefore?: number;
  /** Since when it is to be stopped although its pod goes on, and the time it has for that. */
  readonly unhealthy?: { readonly since: number; readonly graceMs: number };
}

export interface PodView {
  /** In the order of the spec: init containers, containers, ephemeral ones. */
  readonly containers: readonly ContainerView[];
  /** The time that containers have to stop, in general. */
  readonly graceMs: number;
  /** Somebody wants the pod to stop. */
  readonly stop?: { readonly since: number; readonly graceMs: number };
  /** When the pod is to stop for having been active too long. */
  readonly activeUntil?: number;
}

export interface PodPlan {
  readonly start: readonly (NextRun & { readonly name: string })[];
  /** `killAt`: when a container that has not stopped is killed. */
  readonly stop: readonly { readonly name: string; readonly killAt: number }[];
  /** What waits for its next run, and until when. */
  readonly backingOff: readonly (NextRun & { readonly name: string })[];
  readonly lookAgainAt?: number;
  readonly ended: boolean;
  /** The pod has been active for longer than it may. */
  readonly deadlineExceeded: boolean;
}

/** The least that a sidecar gets, however late it is its turn. */
const leastSidecarGraceMs = 2_000;

export function planPod(view: PodView, now: number, backoff: Backoff): PodPlan {
  const plan = new Plan(now, backoff);
  const { stop, activeUntil } = view;
  const deadlineExceeded = activeUntil !== undefined && now >= activeUntil;
  if (stop) planStop(plan, view, stop.since, stop.graceMs);
  else if (deadlineExceeded) planStop(plan, view, activeUntil, view.graceMs);
  else planRun(plan, view);
  if (!stop && !deadlineExceeded) plan.lookAgain(activeUntil);
  return plan.finish(view, deadlineExceeded);
}

function planRun(plan: Plan, view: PodView): void {
  const inits = view.containers.filter(({ role }) => role === 'init' || role === 'sidecar');
  const mains = view.containers.filter(({ role }) => role === 'main');
  const initialized = mains.some(({ run }) => run !== undefined);

  const failed = initialized ? undefined : inits.find((init) => init.role === 'init' && hasFailed(init));
  if (failed) return planEnd(plan, view, [failed]);
  if (mains.length > 0 && mains.every(isOver)) return planEnd(plan, view, mains);

  for (const container of view.containers) {
    if (isUp(container) && container.unhealthy) {
      plan.stop(container, container.unhealthy.since + container.unhealthy.graceMs);
    }
    if (container.role === 'ephemeral' && !container.run) plan.startNext(container);
  }
  if (initialized) {
    for (const container of [...inits.filter(({ role }) => role === 'sidecar'), ...mains]) plan.startNext(container);
    return;
  }
  for (const init of inits) {
    plan.startNext(init);
    if (!isThrough(init)) {
      // Sidecars behind it wait for their turn, but one that has been running is kept so.
      for (const other of inits.slice(inits.indexOf(init) + 1)) if (other.run) plan.startNext(other);
      return;
    }
  }
  for (const main of mains) plan.startNext(main);
}

/** The pod has done its work, or cannot: what still runs is there for nothing. */
function planEnd(plan: Plan, view: PodView, decisive: readonly ContainerView[]): void {
  const since = Math.max(...decisive.map(({ run }) => (run?.state.type === 'ended' ? run.state.finishedAt : 0)));
  planStop(plan, view, since, view.graceMs);
}

function planStop(plan: Plan, view: PodView, since: number, graceMs: number): void {
  const killAt = since + graceMs;
  plan.isStop = true;
  const up = view.containers.filter(isUp);
  const others = up.filter(({ role }) => role !== 'sidecar');
  const sidecars = up.filter(({ role }) => role === 'sidecar').reverse();
  for (const container of others) plan.stop(container, killAt);
  const turn = plan.now >= killAt ? sidecars : others.length > 0 ? [] : sidecars.slice(0, 1);
  for (const sidecar of turn) {
    plan.stop(sidecar, graceMs === 0 ? killAt : Math.max(killAt, plan.now + leastSidecarGraceMs));
  }
  if (turn.length < sidecars.length) plan.lookAgain(killAt);
}

class Plan {
  readonly now: number;
  /** Whether the pod is to come to its end. */
  isStop = false;
  readonly #backoff: Backoff;
  readonly #starts: (NextRun & { name: string })[] = [];
  readonly #stops: { name: string; killAt: number }[] = [];
  readonly #backingOff: (NextRun & { name: string })[] = [];
  #lookAgainAt = Infinity;

  constructor(now: number, backoff: Backoff) {
    this.now = now;
    this.#backoff = backoff;
  }

  /** Its first run, or the one after its last if that is due. */
  startNext({ name, run, restart, notBefore = 0 }: ContainerView): void {
    if (notBefore > this.now) {
      this.lookAgain(notBefore);
      return;
    }
    if (run === undefined) {
      this.#starts.push({ name, ...firstRun });
      return;
    }
    if (run.state.type !== 'ended' || !restartsAfter(restart, run.state.exitCode)) return;
    const next = { name, ...nextRun({ ...run, ...run.state }, this.#backoff) };
    if (next.at <= this.now) {
      this.#starts.push(next);
      return;
    }
    this.#backingOff.push(next);
    this.lookAgain(next.at);
  }

  stop({ name }: ContainerView, killAt: number): void {
    this.#stops.push({ name, killAt });
  }

  lookAgain(at = Infinity): void {
    this.#lookAgainAt = Math.min(this.#lookAgainAt, at);
  }

  finish(view: PodView, deadlineExceeded: boolean): PodPlan {
    const ended = this.isStop && !view.containers.some(isUp);
    return {
      start: this.#starts,
      stop: this.#stops,
      backingOff: this.#backingOff,
      ...(this.#lookAgainAt !== Infinity && !ended && { lookAgainAt: this.#lookAgainAt }),
      ended,
      deadlineExceeded,
    };
  }
}

function isUp({ run }: ContainerView): boolean {
  return run !== undefined && run.state.type !== 'ended';
}

/** It has ended, and will not be started again. */
function isOver({ run, restart }: ContainerView): boolean {
  return run?.state.type === 'ended' && !restartsAfter(restart, run.state.exitCode);
}

function hasFailed(container: ContainerView): boolean {
  return isOver(container) && container.run?.state.type === 'ended' && container.run.state.exitCode !== 0;
}

/** Whether the next init container may start. */
function isThrough(init: ContainerView): boolean {
  if (init.role === 'sidecar') return init.started;
  return init.run?.state.type === 'ended' && init.run.state.exitCode === 0;
}
