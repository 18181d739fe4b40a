/** A PodsTracker between a node in memory and a backend in memory, on a clock that can be set. */
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import { running } from '../../../src/provider/container-state.js';
import { buildPodStatus } from '../../../src/provider/pod-status.js';
import type { PodRef } from '../../../src/provider/provider.js';
import type { NodePods, TrackedPod } from '../../../src/provider/tracker/node-pods.js';
import type {
  ActivePod,
  BackendEvent,
  FetchContext,
  PodsTrackerHandler,
} from '../../../src/provider/tracker/pods-tracker-handler.js';
import type { PodsTrackerOptions } from '../../../src/provider/tracker/pods-tracker-options.js';
import { PodsTracker } from '../../../src/provider/tracker/pods-tracker.js';
import { VkError } from '../../../src/runtime/errors.js';
import type { Logger } from '../../../src/runtime/logger.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

/** Timers go on evenly; the time of day can be set. */
export class SettableClock extends ManualClock {
  /** How far the time of day is off. */
  offMs = 0;

  override now(): number {
    return super.now() + this.offMs;
  }
}

export function refOf(name: string): PodRef {
  return { namespace: 'default', name, uid: `uid-of-${name}` };
}

export function podOf({ namespace, name, uid }: PodRef): Pod {
  const metadata = { namespace, name, uid, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { metadata, spec: { containers: [{ name: 'app', image: 'i' }] } };
}

export function runningStatus(ref: PodRef, message?: string): PodStatus {
  const app = { state: running({ startedAt: Date.UTC(2026, 0, 1) }), containerID: 'vk://1' };
  const status = buildPodStatus(podOf(ref), { now: Date.UTC(2026, 0, 1), containers: { app } });
  return message === undefined ? status : { ...status, message };
}

type Tracked = { -readonly [Key in keyof TrackedPod]: TrackedPod[Key] };

/** What a node knows of its pods. */
export class NodeInMemory implements NodePods {
  readonly pods = new Map<string, Tracked>();
  /** Uids that the apiserver has, whatever this node knows. */
  readonly inKubernetes = new Set<string>();
  readonly events: string[] = [];
  readonly notified: Pod[] = [];
  isFresh = true;
  isReachable = true;
  isAdopted = true;
  readonly claimed = new Set<string>();

  add(name: string, more: Partial<Tracked> = {}): PodRef {
    const ref = refOf(name);
    this.pods.set(ref.uid, { pod: podOf(ref), lastStatus: undefined, deleted: false, createdAt: 1, ...more });
    this.inKubernetes.add(ref.uid);
    return ref;
  }

  status(name: string): PodStatus | undefined {
    return this.pods.get(refOf(name).uid)?.lastStatus;
  }

  readonly notify = (pod: Pod): void => {
    this.notified.push(pod);
    const tracked = this.pods.get(pod.metadata.uid ?? '');
    if (tracked) tracked.lastStatus = structuredClone(pod.status);
  };

  tracked(): Iterable<TrackedPod> {
    return this.isAdopted ? [...this.pods.values()].filter(({ lastStatus }) => !hasEnded(lastStatus)) : [];
  }

  find(ref: PodRef): TrackedPod | undefined {
    const tracked = this.pods.get(ref.uid);
    return tracked && !hasEnded(tracked.lastStatus) ? tracked : undefined;
  }

  isWanted(ref: PodRef): boolean | undefined {
    if (this.pods.has(ref.uid)) return true;
    return this.isAdopted && this.isFresh ? false : undefined;
  }

  async existsInKubernetes(ref: PodRef): Promise<boolean> {
    await Promise.resolve();
    if (!this.isReachable) throw new VkError('Unavailable', 'apiserver: out of reach');
    return this.inKubernetes.has(ref.uid);
  }

  claim(ref: PodRef): (() => void) | undefined {
    if (this.claimed.has(ref.uid)) return undefined;
    this.claimed.add(ref.uid);
    return () => void this.claimed.delete(ref.uid);
  }

  event(ref: PodRef, type: string, reason: string, message: string): void {
    this.events.push(`${ref.name} ${type} ${reason}: ${message}`);
  }
}

function hasEnded(status: PodStatus | undefined): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

/** A backend whose every answer can be tampered with. */
export class BackendInMemory implements PodsTrackerHandler {
  readonly statuses = new Map<string, PodStatus>();
  readonly createdAt = new Map<string, number>();
  readonly history = new Map<string, BackendEvent[]>();
  readonly asked: string[] = [];
  readonly cleaned: string[] = [];
  /** Awaited by each call before it answers: reject to fail, wait to be slow. */
  before: (method: string, name: string, signal: AbortSignal) => Promise<void> | void = () => undefined;
  list: () => readonly ActivePod[] = () => [...this.statuses.keys()].map((uid) => this.active(uid));
  listPodStatuses?: NonNullable<PodsTrackerHandler['listPodStatuses']>;
  fetchPodEvents?: NonNullable<PodsTrackerHandler['fetchPodEvents']>;

  run(name: string, message?: string): PodRef {
    const ref = refOf(name);
    this.statuses.set(ref.uid, runningStatus(ref, message));
    return ref;
  }

  active(uid: string): ActivePod {
    const createdAt = this.createdAt.get(uid);
    return { ref: refOf(uid.slice('uid-of-'.length)), ...(createdAt === undefined ? {} : { createdAt }) };
  }

  /** Gives the backend the bulk call. */
  withBulk(): void {
    this.listPodStatuses = async ({ signal }) => {
      this.asked.push('all');
      const statuses = [...this.statuses];
      await this.before('listPodStatuses', '', signal);
      return statuses.map(([uid, status]) => ({ ref: this.active(uid).ref, status }));
    };
  }

  withEvents(): void {
    this.fetchPodEvents = async (ref, _since, { signal }) => {
      await this.before('fetchPodEvents', ref.name, signal);
      return this.history.get(ref.uid) ?? [];
    };
  }

  async listActivePods({ signal }: { signal: AbortSignal }): Promise<readonly ActivePod[]> {
    await this.before('listActivePods', '', signal);
    return this.list();
  }

  async fetchPodStatus(ref: PodRef, { signal }: FetchContext): Promise<PodStatus | undefined> {
    this.asked.push(ref.name);
    // As it is now: an answer is old when it comes late.
    const status = this.statuses.get(ref.uid);
    await this.before('fetchPodStatus', ref.name, signal);
    return status;
  }

  async cleanupPod(ref: PodRef, { signal }: { signal: AbortSignal }): Promise<void> {
    await this.before('cleanupPod', ref.name, signal);
    this.cleaned.push(ref.name);
    this.statuses.delete(ref.uid);
  }
}

export class TrackerScene implements AsyncDisposable {
  readonly clock = new SettableClock();
  readonly node = new NodeInMemory();
  readonly backend = new BackendInMemory();
  readonly logged: string[] = [];
  readonly abort = new AbortController();
  readonly tracker: PodsTracker;

  constructor(options: PodsTrackerOptions = {}) {
    this.tracker = new PodsTracker(this.backend, { clock: this.clock, random: () => 0, ...options });
  }

  /** A pod that the node wants and the backend has. */
  add(name: string, more: Partial<Tracked> = {}): PodRef {
    this.backend.run(name);
    return this.node.add(name, more);
  }

  async start(): Promise<void> {
    const log = (_: object, message: string): void => void this.logged.push(message);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    this.tracker.start(this.node.notify, { signal: this.abort.signal, logger, pods: this.node });
    await this.clock.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracker.close();
  }
}
