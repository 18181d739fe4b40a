import { describe, expect, it } from 'vitest';
import { EventRecorder, type EventRecorderOptions } from '../../../src/controller/events/event-recorder.js';
import type { KubeApi } from '../../../src/kube/api.js';
import { KubeClient } from '../../../src/kube/client.js';
import { staticConnection } from '../../../src/kube/connection.js';
import { events } from '../../../src/kube/resources.js';
import type { KubeEvent, Pod } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const refused = (): Promise<never> => Promise.reject(new VkError('NotImplemented', 'not in this stub'));

/** An API that holds Events and can be told to fail. */
function setup(options: Partial<EventRecorderOptions> = {}) {
  const clock = new ManualClock();
  const stored = new Map<string, KubeEvent>();
  const failures: ((commit: () => void) => Promise<void>)[] = [];
  const warnings: string[] = [];
  let writing = 0;
  let most = 0;
  let writes = 0;
  const step = async (commit: () => void): Promise<void> => {
    writes += 1;
    writing += 1;
    most = Math.max(most, writing);
    try {
      const failure = failures.shift();
      await Promise.resolve();
      if (failure === undefined) commit();
      else await failure(commit);
    } finally {
      writing -= 1;
    }
  };
  const api = {
    get: refused,
    list: refused,
    replace: refused,
    delete: refused,
    request: refused,
    stream: refused,
    async create(_: unknown, object: KubeEvent) {
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      await step(() => {
        if (stored.has(key)) throw new VkError('AlreadyExists', `event ${key} exists`);
        stored.set(key, object);
      });
      return object;
    },
    async patch(_: unknown, at: { namespace: string; name: string }, __: unknown, patch: Partial<KubeEvent>) {
      const key = `${at.namespace}/${at.name}`;
      await step(() => {
        const before = stored.get(key);
        if (before === undefined) throw new VkError('NotFound', `event ${key} not found`);
        stored.set(key, { ...before, ...patch });
      });
      return stored.get(key);
    },
  } as unknown as KubeApi;
  const nothing = (): void => undefined;
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_: object, text: string) => warnings.push(text),
  };
  const recorder = new EventRecorder(api, { clock, random: () => 0.5, host: 'vk', logger, ...options });
  const failWith = (code: 'Unavailable' | 'Forbidden' | 'TooManyRequests', times = 1): void => {
    for (let count = 0; count < times; count += 1) failures.push(() => Promise.reject(new VkError(code, code)));
  };
  const all = (): KubeEvent[] => [...stored.values()];
  return { clock, stored, failures, warnings, recorder, failWith, all, most: () => most, writes: () => writes };
}

const pod: Pod = {
  metadata: { namespace: 'shop', name: 'web', uid: 'u-1', resourceVersion: '42' },
  spec: { containers: [] },
};

const about: Pod = { ...pod, metadata: { ...pod.metadata, namespace: 'default' } };

describe('EventRecorder', () => {
  it('writes what kubectl describe looks for', async () => {
    const { recorder, clock, all } = setup({ component: 'demo' });
    recorder.event(pod, 'Normal', 'ProviderCreateSuccess', 'Create pod in provider successfully');
    await clock.settle();
    const [event] = all();
    expect(event).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]+$/) as string },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'shop',
        name: 'web',
        uid: 'u-1',
        resourceVersion: '42',
      },
      type: 'Normal',
      reason: 'ProviderCreateSuccess',
      message: 'Create pod in provider successfully',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      source: { component: 'demo', host: 'vk' },
      reportingComponent: 'demo',
      reportingInstance: 'vk',
    });
    await recorder.close();
  });

  it('keeps events about nodes in the namespace default', async () => {
    const { recorder, clock, all } = setup();
    recorder.event({ metadata: { name: 'vk', uid: 'n-1' } }, 'Warning', 'NodeNotReady', 'the backend is out of reach');
    await clock.settle();
    expect(all()[0]).toMatchObject({
      metadata: { namespace: 'default' },
      involvedObject: { kind: 'Node', name: 'vk', uid: 'n-1' },
    });
    expect(all()[0]?.involvedObject).not.toHaveProperty('namespace');
    await recorder.close();
  });

  it('counts the same event up instead of writing another', async () => {
    const { recorder, clock, all } = setup();
    for (let count = 0; count < 3; count += 1) {
      recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
      await clock.advance(10_000);
    }
    expect(all()).toHaveLength(1);
    expect(all()[0]).toMatchObject({
      count: 3,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:20Z',
    });
    await recorder.close();
  });

  it('writes occurrences that come while a write is under way as one', async () => {
    const { recorder, clock, all, writes } = setup();
    for (let count = 0; count < 20; count += 1) recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.settle();
    expect(all()[0]?.count).toBe(20);
    expect(writes()).toBe(1);
    await recorder.close();
  });

  it('makes an event anew that has expired', async () => {
    const { recorder, clock, stored, all } = setup();
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.settle();
    stored.clear();
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.settle();
    expect(all()[0]?.count).toBe(2);
    await recorder.close();
  });

  it('takes an event for its own whose create arrived though its answer did not', async () => {
    const { recorder, clock, failures, all } = setup();
    failures.push((commit) => {
      commit();
      return Promise.reject(new VkError('Unavailable', 'connection lost'));
    });
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(1_000);
    expect(all()).toHaveLength(1);
    expect(all()[0]?.count).toBe(1);
    expect(recorder.dropped).toBe(0);
    await recorder.close();
  });

  it('carries the newest count when a retry goes through at last', async () => {
    const { recorder, clock, failWith, all } = setup();
    failWith('Unavailable', 2);
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(100);
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(10_000);
    expect(all()[0]?.count).toBe(2);
    await recorder.close();
  });

  it('writes what happened again while a retry was under way', async () => {
    const { recorder, clock, failures, failWith, all } = setup();
    failWith('Unavailable');
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    failures.push((commit) => gate.then(commit));
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(1_000);
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
    release();
    await clock.settle();
    expect(all()[0]?.count).toBe(2);
    await recorder.close();
  });

  it('does not ask a server more often that does not answer because the event happens again', async () => {
    const { recorder, clock, failWith, writes } = setup();
    failWith('Unavailable', 3);
    for (let count = 0; count < 20; count += 1) {
      recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'no room');
      await clock.advance(50);
    }
    expect(writes()).toBe(2);
    await recorder.close();
  });

  it('gives up after a number of tries, and says so once', async () => {
    const { recorder, clock, failWith, all, warnings, writes } = setup();
    failWith('Unavailable', 16);
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'one');
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'two');
    await clock.advance(600_000);
    expect(writes()).toBe(16);
    expect(all()).toEqual([]);
    expect(recorder.dropped).toBe(2);
    expect(warnings).toEqual(['event given up: the server does not take it']);
    recorder.event(pod, 'Warning', 'ProviderCreateFailed', 'three');
    await clock.settle();
    expect(all()).toHaveLength(1);
    await recorder.close();
  });

  it('does not repeat what the server refuses, as in a namespace that is going away', async () => {
    const { recorder, clock, failWith, writes } = setup();
    failWith('Forbidden');
    recorder.event(pod, 'Normal', 'ProviderDeleteSuccess', 'gone');
    await clock.advance(600_000);
    expect(writes()).toBe(1);
    expect(recorder.dropped).toBe(1);
    await recorder.close();
  });

  it('drops beyond its backlog, says so once, and goes on', async () => {
    const { recorder, clock, failures, all, warnings, most } = setup({ maxBacklog: 10 });
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    failures.push(
      (commit) => gate.then(commit),
      (commit) => gate.then(commit),
    );
    for (let index = 0; index < 30; index += 1) {
      recorder.event({ ...pod, metadata: { ...pod.metadata, name: `web-${index}` } }, 'Normal', 'Started', 'up');
    }
    await clock.settle();
    expect(recorder.dropped).toBe(20);
    expect(warnings).toHaveLength(1);
    release();
    await clock.settle();
    expect(all()).toHaveLength(10);
    expect(most()).toBe(2);
    await recorder.close();
  });

  it('close writes what waits', async () => {
    const { recorder, all, clock } = setup();
    for (let index = 0; index < 30; index += 1) {
      recorder.event({ ...pod, metadata: { ...pod.metadata, name: `web-${index}` } }, 'Normal', 'Started', 'up');
    }
    await recorder.close();
    recorder.event(pod, 'Normal', 'Started', 'too late');
    expect(all()).toHaveLength(30);
    expect(clock.pending).toBe(0);
  });

  it('close ends within its grace when the server does not answer', async () => {
    const { recorder, failures, clock } = setup();
    failures.push(() => new Promise(() => undefined));
    recorder.event(pod, 'Normal', 'Started', 'up');
    await clock.settle();
    const closed = recorder.close({ graceMs: 500 });
    await clock.advance(1_500);
    await closed;
    expect(clock.pending).toBe(0);
  });

  it('tells kubectl what happened, through a server that loses answers and forgets events', async () => {
    const clock = new ManualClock();
    await using server = new FakeApiServer({ tls: false, clock });
    await server.start();
    await using client = new KubeClient(staticConnection(server.url), { clock });
    const recorder = new EventRecorder(client, { clock, host: 'vk' });
    const count = (): (number | undefined)[] => server.objects(events).map((event) => event.count);
    const on = { verb: 'create', resource: 'events' } as const;
    server.faults.add({ on, fault: { type: 'status', code: 500, when: 'after' } });
    recorder.event(about, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(1_000);
    recorder.event(about, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(1_000);
    expect(count()).toEqual([2]);
    const [event] = server.objects(events);
    await client.delete(events, { namespace: 'default', name: event?.metadata.name ?? '' });
    recorder.event(about, 'Warning', 'ProviderCreateFailed', 'no room');
    await clock.advance(1_000);
    expect(count()).toEqual([3]);
    await recorder.close();
  });
});
