import { describe, expect, it } from 'vitest';
import { silentLogger, type Pod, type PodStatus } from 'vk-sdk';
import { ManualClock } from 'vk-sdk/testing';
import { NotifyingMockProvider, type MockProviderOptions } from '../src/mock-provider.js';

const node = { cpu: '1', memory: '1Gi', pods: '10', others: {}, labels: {} };

function podWith(spec: Partial<Pod['spec']> = {}, annotations: Record<string, string> = {}): Pod {
  return {
    metadata: { namespace: 'default', name: 'web', uid: 'uid-1', annotations },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

function setUp(options: Partial<MockProviderOptions> = {}) {
  const clock = new ManualClock();
  const provider = new NotifyingMockProvider({ node, clock, ...options });
  const told: PodStatus[] = [];
  provider.notifyPods((pod) => pod.status && told.push(pod.status));
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return { clock, provider, told, context, deletion: { ...context, gracePeriodSeconds: 30 } };
}

describe('the mock provider', () => {
  it('takes a pod that it has already for its own', async () => {
    const { provider, context } = setUp();
    await provider.createPod(podWith(), context);
    const before = await provider.getPods();
    await provider.createPod(podWith(), context);
    expect(await provider.getPods()).toEqual(before);
  });

  it('tells of the pod’s end, and forgets it', async () => {
    const { provider, told, context, deletion } = setUp();
    await provider.createPod(podWith(), context);
    await provider.deletePod({ ...podWith() }, deletion);
    expect(told.at(-1)).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
    expect(await provider.getPods()).toEqual([]);
    await provider.deletePod(podWith(), deletion);
  });

  it('restarts a container that ends, later each time, and counts', async () => {
    const { provider, clock, context, told } = setUp();
    await provider.createPod(podWith({}, { 'mock.vk-sdk.io/complete-after': '10s' }), context);
    await clock.advance(10_000);
    expect(told.at(-1)).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 0, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    });
    await clock.advance(1_000);
    expect(told.at(-1)?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 0 } },
    });
    await clock.advance(11_999);
    expect(told.at(-1)?.containerStatuses?.[0]?.restartCount).toBe(1);
    await clock.advance(1);
    expect(told.at(-1)?.containerStatuses?.[0]?.restartCount).toBe(2);
    provider.close();
    expect(clock.pending).toBe(0);
  });

  it('restarts on OnFailure only what failed, and ends sidecars with the last container', async () => {
    const { provider, clock, context, told } = setUp();
    const spec = {
      restartPolicy: 'OnFailure',
      initContainers: [{ name: 'init' }, { name: 'proxy', restartPolicy: 'Always' }],
    };
    await provider.createPod(podWith(spec, { 'mock.vk-sdk.io/complete-after': '1s' }), context);
    expect(told.at(-1)?.phase).toBe('Running');
    await clock.advance(1_000);
    expect(told.at(-1)?.phase).toBe('Succeeded');
    expect(told.at(-1)?.initContainerStatuses?.every(({ state }) => state?.terminated?.exitCode === 0)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('has containers waiting for as long as it is told to', async () => {
    const { provider, clock, context, told } = setUp({ startDelayMs: 5_000 });
    await provider.createPod(podWith(), context);
    expect(told.at(-1)).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: {} } }] });
    await clock.advance(5_000);
    expect(told.at(-1)?.phase).toBe('Running');
  });

  it('starts nothing for a creation that is aborted while it takes its time', async () => {
    const { provider, clock, context } = setUp({ createDelayMs: 5_000 });
    const aborting = new AbortController();
    const creation = provider.createPod(podWith(), { ...context, signal: aborting.signal });
    aborting.abort(new Error('deleted'));
    await expect(creation).rejects.toThrow('deleted');
    await clock.advance(10_000);
    expect(await provider.getPods()).toEqual([]);
  });

  it('starts ephemeral containers, and takes over resized resources, on an update', async () => {
    const { provider, context, told } = setUp();
    await provider.createPod(podWith(), context);
    const resources = { requests: { cpu: '2' } };
    await provider.updatePod(
      podWith({ containers: [{ name: 'app', image: 'app:2', resources }], ephemeralContainers: [{ name: 'debug' }] }),
    );
    expect(told.at(-1)).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ image: 'app:2', resources, restartCount: 0 }],
      ephemeralContainerStatuses: [{ state: { running: {} } }],
    });
  });
});
