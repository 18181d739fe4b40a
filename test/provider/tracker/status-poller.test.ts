import { afterEach, describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import { running } from '../../../src/provider/container-state.js';
import { deepFreeze } from '../../../src/provider/deep-freeze.js';
import { buildPodStatus } from '../../../src/provider/pod-status.js';
import type { PodRef } from '../../../src/provider/provider.js';
import { decideMissing } from '../../../src/provider/tracker/missing-decision.js';
import type { TrackedPod } from '../../../src/provider/tracker/node-pods.js';
import type { StatusPollerOptions } from '../../../src/provider/tracker/status-poller-options.js';
import { StatusPoller, type PodStatusSource } from '../../../src/provider/tracker/status-poller.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const start = Date.UTC(2026, 0, 1);

function podNamed(name: string): Pod {
  const metadata = { namespace: 'default', name, uid: `uid-of-${name}` };
  return deepFreeze({ metadata, spec: { containers: [{ name: 'app' }] } });
}

function runningStatus(pod: Pod): PodStatus {
  const app = { state: running({ startedAt: start }), containerID: 'vk://1' };
  return deepFreeze(buildPodStatus(pod, { now: start, containers: { app } }));
}

function pendingStatus(pod: Pod): PodStatus {
  return deepFreeze(buildPodStatus(pod, { now: start }));
}

/** As the node has it; what a test changes of it the poller sees. */
type PolledPod = { -readonly [Key in keyof TrackedPod]: TrackedPod[Key] };

function polled(name: string, more: Partial<PolledPod> = {}): PolledPod {
  const pod = podNamed(name);
  return { pod, lastStatus: runningStatus(pod), deleted: false, createdAt: start, ...more };
}

describe('decideMissing', () => {
  const [age, now] = [60_000, start + 60_000];

  it('upstream §2: fails a Running pod, its running containers terminated with exit code -137', () => {
    const status = decideMissing(polled('web'), age, now);
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'NotFound',
      message: 'The pod status was not found and may have been deleted from the provider',
    });
    expect(status?.containerStatuses?.[0]).toMatchObject({
      ready: false,
      state: { terminated: { exitCode: -137, startedAt: '2026-01-01T00:00:00Z', containerID: 'vk://1' } },
    });
    expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodFailed',
    });
  });

  it('upstream §2: leaves a pod alone that is not Running and younger than a minute', () => {
    const young = polled('web', { lastStatus: pendingStatus(podNamed('web')) });
    expect(decideMissing(young, age - 1, now)).toBeUndefined();
  });

  it('upstream §5: reports a Pending pod that has vanished, once it is older', () => {
    const old = polled('web', { lastStatus: pendingStatus(podNamed('web')) });
    expect(decideMissing(old, age, now)?.phase).toBe('Failed');
  });

  it('leaves a pod alone that is being deleted, has ended, or whose creation failed and is tried again', () => {
    const web = podNamed('web');
    expect(decideMissing(polled('web', { deleted: true }), age, now)).toBeUndefined();
    const going = { ...web, metadata: { ...web.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(decideMissing(polled('web', { pod: going }), age, now)).toBeUndefined();
    for (const lastStatus of [
      { phase: 'Failed' },
      { phase: 'Succeeded' },
      { phase: 'Pending', reason: 'ProviderFailed' },
    ]) {
      expect(decideMissing(polled('web', { lastStatus }), age, now)).toBeUndefined();
    }
  });
});

interface Hooks {
  readonly notify: (pod: Pod) => void;
  readonly claim: (ref: PodRef) => (() => void) | undefined;
}

/** A backend in memory: what it is asked, and what it answers. */
class Backend implements PodStatusSource {
  readonly statuses = new Map<string, PodStatus>();
  readonly asked: string[] = [];
  answer: (ref: PodRef, signal: AbortSignal) => Promise<PodStatus | undefined> = (ref) =>
    Promise.resolve(this.statuses.get(ref.name));
  listPodStatuses?: NonNullable<PodStatusSource['listPodStatuses']>;

  async fetchPodStatus(ref: PodRef, context: { signal: AbortSignal }): Promise<PodStatus | undefined> {
    this.asked.push(ref.name);
    return this.answer(ref, context.signal);
  }

  /** Gives the backend the bulk call, which lists `names`. */
  listing(list: () => readonly string[]): void {
    this.listPodStatuses = async () =>
      list().map((name) => ({ ref: refOf(name), status: this.statuses.get(name) ?? {} }));
  }
}

function refOf(name: string): PodRef {
  return { namespace: 'default', name, uid: `uid-of-${name}` };
}

describe('StatusPoller', () => {
  const closing: StatusPoller[] = [];

  afterEach(async () => {
    await Promise.all(closing.splice(0).map((poller) => poller.close()));
  });

  function setUp(polledPods: readonly PolledPod[], options: StatusPollerOptions & Partial<Hooks> = {}) {
    const clock = new ManualClock();
    const backend = new Backend();
    const notified: Pod[] = [];
    const logged: string[] = [];
    const log = (_: object, message: string): void => void logged.push(message);
    const find = (ref: PodRef) => polledPods.find(({ pod }) => pod.metadata.uid === ref.uid);
    const notify = (pod: Pod): void => {
      notified.push(pod);
      const tracked = polledPods.find((each) => each.pod.metadata.uid === pod.metadata.uid);
      if (tracked) tracked.lastStatus = pod.status;
    };
    const poller = new StatusPoller(
      backend,
      { tracked: () => polledPods, find, claim: options.claim ?? (() => () => undefined) },
      options.notify ?? notify,
      {
        pace: { fastestMs: 5_000, slowestMs: 5_000, growth: 0 },
        clock,
        random: () => 0.5,
        logger: { debug: log, info: log, warn: log, error: log },
        ...options,
      },
    );
    closing.push(poller);
    /** Each pod is looked at once, and everything answered. */
    const once = async (): Promise<void> => {
      poller.start();
      await clock.settle();
    };
    return { backend, clock, poller, notified, logged, once };
  }

  it('tells of a status that differs from the last one, with the pod it is of', async () => {
    const web = polled('web', { lastStatus: pendingStatus(podNamed('web')) });
    const { backend, once, notified } = setUp([web]);
    backend.statuses.set('web', runningStatus(web.pod));
    await once();
    expect(notified).toEqual([{ ...web.pod, status: runningStatus(web.pod) }]);
  });

  it('tells nothing of a status that is as it was', async () => {
    const web = polled('web');
    const { backend, once, notified } = setUp([web]);
    backend.statuses.set('web', JSON.parse(JSON.stringify(web.lastStatus)) as PodStatus);
    await once();
    expect(notified).toEqual([]);
  });

  it('does not ask for pods that have ended', async () => {
    const { backend, once } = setUp([polled('done', { lastStatus: { phase: 'Succeeded' } }), polled('web')]);
    await once();
    expect(backend.asked).toEqual(['web']);
  });

  it('upstream §2: fails a pod that the provider does not know, whichever way it says so', async () => {
    const { backend, once, notified } = setUp([polled('a'), polled('b')]);
    backend.answer = (ref) =>
      ref.name === 'a' ? Promise.resolve(undefined) : Promise.reject(new VkError('NotFound', 'pod b: gone'));
    await once();
    expect(notified.map(({ metadata, status }) => [metadata.name, status?.reason])).toEqual([
      ['a', 'NotFound'],
      ['b', 'NotFound'],
    ]);
  });

  it('invariant 4: changes nothing for a call that failed, and logs it', async () => {
    const { backend, once, notified, logged } = setUp([polled('a'), polled('b')]);
    backend.answer = (ref) => {
      if (ref.name === 'a') throw new Error('thrown at once');
      return Promise.reject(new Error('backend is down'));
    };
    await once();
    expect(notified).toEqual([]);
    expect(logged).toEqual(['pod status not fetched', 'pod status not fetched']);
  });

  it('concludes nothing about a pod that was deleted while it was asked for', async () => {
    const web = polled('web');
    const { backend, once, notified } = setUp([web]);
    backend.answer = () => {
      web.deleted = true;
      return Promise.resolve(undefined);
    };
    await once();
    expect(notified).toEqual([]);
  });

  it('upstream §2 do better: asks for several pods at a time, and no more than it may', async () => {
    const pods = Array.from({ length: 10 }, (_, index) => polled(`pod-${index}`));
    const { backend, once } = setUp(pods, { concurrency: 3 });
    let atOnce = 0;
    let most = 0;
    backend.answer = async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return undefined;
    };
    await once();
    expect(most).toBe(3);
    expect(backend.asked).toHaveLength(10);
  });

  it('upstream §2 do better: asks for all at once where the provider can answer that', async () => {
    const pods = [polled('a', { lastStatus: undefined }), polled('b', { lastStatus: undefined })];
    const { backend, once, notified } = setUp(pods);
    for (const { pod } of pods) backend.statuses.set(pod.metadata.name ?? '', runningStatus(pod));
    backend.listing(() => ['a', 'b']);
    await once();
    expect(notified.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(backend.asked).toEqual([]);
  });

  it('asks by itself for a pod that the list lacks, and believes that answer', async () => {
    const { backend, once, notified } = setUp([polled('listed'), polled('unlisted'), polled('gone')]);
    for (const name of ['listed', 'unlisted']) backend.statuses.set(name, runningStatus(podNamed(name)));
    backend.listing(() => ['listed']);
    await once();
    expect(backend.asked).toEqual(['unlisted', 'gone']);
    expect(notified.map(({ metadata }) => metadata.name)).toEqual(['gone']);
  });

  it('invariant 4: changes nothing and asks for nothing where the list failed', async () => {
    const { backend, once, notified, logged } = setUp([polled('a')]);
    backend.listPodStatuses = () => Promise.reject(new Error('backend is down'));
    await once();
    expect([notified, backend.asked]).toEqual([[], []]);
    expect(logged).toEqual(['pod statuses not listed']);
  });

  it('upstream §2: pauses 5 s from the end of a sweep to the next, and at most a tenth more', async () => {
    const { backend, clock, poller } = setUp([polled('web')]);
    let finish = (): void => undefined;
    const same = runningStatus(podNamed('web'));
    backend.answer = () => new Promise((resolve) => (finish = () => resolve(same)));
    poller.start();
    poller.start();
    await clock.advance(20_000);
    expect(backend.asked).toHaveLength(1);
    finish();
    await clock.advance(5_249);
    expect(backend.asked).toHaveLength(1);
    await clock.advance(1);
    expect(backend.asked).toHaveLength(2);
    finish();
  });

  it('goes on without a call that never comes back, and does not ask for that pod again until it does', async () => {
    const { backend, clock, poller, notified, logged } = setUp(
      [polled('stuck'), polled('web', { lastStatus: undefined })],
      { concurrency: 1 },
    );
    let finish = (): void => undefined;
    let aborted = false;
    backend.answer = (ref, signal) => {
      if (ref.name === 'web') return Promise.resolve(runningStatus(podNamed('web')));
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise((resolve) => (finish = () => resolve(undefined)));
    };
    poller.start();
    await clock.advance(30_000);
    expect(aborted).toBe(true);
    expect(notified.map(({ metadata }) => metadata.name)).toEqual(['web']);
    expect(logged).toEqual(['pod status not fetched']);
    await clock.advance(6_000);
    expect(backend.asked).toEqual(['stuck', 'web', 'web']);
    finish();
    await clock.advance(6_000);
    expect(backend.asked.at(-1)).toBe('stuck');
    finish();
  });

  it('goes on after a notification that throws', async () => {
    const { clock, poller, backend, logged } = setUp([polled('web')], {
      notify: () => {
        throw new Error('not expected');
      },
    });
    poller.start();
    await clock.advance(6_000);
    expect(backend.asked).toHaveLength(2);
    expect(logged).toEqual(['look at a pod failed', 'look at a pod failed']);
  });

  it('ends at once when closed, with a call under way that heeds no signal, and tells nothing more', async () => {
    const { backend, clock, poller, notified } = setUp([polled('web')]);
    let finish = (): void => undefined;
    backend.answer = () => new Promise((resolve) => (finish = () => resolve(undefined)));
    poller.start();
    await clock.settle();
    await poller.close();
    await poller.close();
    finish();
    await clock.advance(60_000);
    expect(notified).toEqual([]);
    expect(backend.asked).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});
