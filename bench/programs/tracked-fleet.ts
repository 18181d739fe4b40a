/**
 * A fleet of pods that have run for a day, in a backend that answers at once, on a simulated clock: what following it
 * costs, by a `PodsTracker` or by a sweep of all every 5 s.
 */
import type { Pod, PodStatus } from '../../src/kube/types.js';
import { jsonEqual } from '../../src/provider/json-equal.js';
import { podRef, type PodRef } from '../../src/provider/provider.js';
import type { NodePods, TrackedPod } from '../../src/provider/tracker/node-pods.js';
import type { PodsTrackerHandler } from '../../src/provider/tracker/pods-tracker-handler.js';
import { PodsTracker } from '../../src/provider/tracker/pods-tracker.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { ManualClock } from '../../src/testing/manual-clock.js';
import { randomOf } from '../soak/seeded.js';
import { serve, settings } from './serve.js';

const {
  pods: count,
  way,
  bulk,
  slowestMs,
} = settings<{
  readonly pods: number;
  readonly way: 'tracker' | 'sweep';
  readonly bulk: boolean;
  readonly slowestMs: number;
}>();

const minuteMs = 60_000;
const changeEveryMs = 6_000;
const start = Date.UTC(2026, 0, 2);

const properties = JSON.stringify(
  Array.from({ length: 24 }, (_, index) => ({
    name: `container-${index}`,
    properties: { image: 'registry/i', ports: [80, 443], cpu: 1.5 },
  })),
);

const clock = new ManualClock({ nowMs: start, turns: 1 });
const random = randomOf(1);
const fleet = new Map<
  string,
  { readonly pod: Pod; lastStatus: PodStatus; readonly deleted: false; readonly createdAt: 0 }
>();
const backend = new Map<string, PodStatus>();
const changedAt = new Map<string, number>();
let calls = 0;
let latenciesMs: number[] = [];

for (let index = 0; index < count; index += 1) {
  const pod: Pod = {
    metadata: { namespace: 'default', name: `pod-${index}`, uid: `uid-${index}` },
    spec: { containers: [] },
  };
  const status = statusOf(0);
  backend.set(`uid-${index}`, status);
  fleet.set(`uid-${index}`, { pod, lastStatus: status, deleted: false, createdAt: 0 });
}

function statusOf(version: number): PodStatus {
  return {
    phase: 'Running',
    podIP: '10.0.0.1',
    message: String(version),
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0 }],
  };
}

const node: NodePods = {
  tracked: () => fleet.values(),
  find: (ref): TrackedPod | undefined => fleet.get(ref.uid),
  isWanted: (ref) => fleet.has(ref.uid),
  existsInKubernetes: () => Promise.resolve(true),
  claim: () => () => undefined,
  event: () => undefined,
};

function notify({ metadata, status = {} }: Pod): void {
  const tracked = fleet.get(metadata.uid ?? '');
  const at = changedAt.get(metadata.uid ?? '');
  if (tracked) tracked.lastStatus = status;
  if (at !== undefined) latenciesMs.push(clock.now() - at);
  changedAt.delete(metadata.uid ?? '');
}

function all(): Promise<{ ref: PodRef; status: PodStatus }[]> {
  calls += 1;
  return Promise.resolve([...fleet.values()].map(({ pod }) => ({ ref: podRef(pod), status: answer(podRef(pod)) })));
}

function one(ref: PodRef): Promise<PodStatus> {
  calls += 1;
  return Promise.resolve(answer(ref));
}

/** Parsed anew out of 3 KB that describe much else, as what comes from a cloud is. */
function answer(ref: PodRef): PodStatus {
  const status = JSON.stringify(backend.get(ref.uid));
  return (JSON.parse(`{"status":${status},"properties":${properties}}`) as { status: PodStatus }).status;
}

const handler: PodsTrackerHandler = {
  listActivePods: () => Promise.resolve([...fleet.values()].map(({ pod }) => ({ ref: podRef(pod) }))),
  fetchPodStatus: one,
  cleanupPod: () => Promise.resolve(),
  ...(bulk ? { listPodStatuses: all } : {}),
};

/** What a provider does that looks at everything again and again. */
async function sweep(): Promise<void> {
  const statuses = bulk ? new Map((await all()).map(({ ref, status }) => [ref.uid, status])) : undefined;
  for (const { pod, lastStatus } of fleet.values()) {
    const status = statuses ? statuses.get(podRef(pod).uid) : await one(podRef(pod));
    if (status && !jsonEqual(status, lastStatus)) notify({ ...pod, status });
  }
  clock.setTimer(5_000, () => void sweep());
}

function change(): void {
  const uid = `uid-${Math.floor(random() * count)}`;
  backend.set(uid, statusOf(clock.now()));
  if (!changedAt.has(uid)) changedAt.set(uid, clock.now());
  clock.setTimer(changeEveryMs, change);
}

serve({
  /** Follows the fleet for so many simulated minutes, and says what that cost. */
  follow: async (minutes: number) => {
    [calls, latenciesMs] = [0, []];
    const before = process.cpuUsage();
    await clock.advance(minutes * minuteMs);
    const { user, system } = process.cpuUsage(before);
    return { calls: calls / minutes, cpuMs: (user + system) / 1000 / minutes, latenciesMs };
  },
  start: () => {
    change();
    if (way === 'sweep') return sweep();
    const tracker = new PodsTracker(handler, { clock, random, pace: { slowestMs } });
    tracker.start(notify, { signal: new AbortController().signal, logger: silentLogger, pods: node });
    return Promise.resolve();
  },
});
