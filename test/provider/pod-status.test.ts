import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod, PodCondition, PodStatus } from '../../src/kube/types.js';
import { running, terminated, waiting } from '../../src/provider/container-state.js';
import { deepFreeze } from '../../src/provider/deep-freeze.js';
import { buildPodStatus, type PodStatusOptions } from '../../src/provider/pod-status.js';
import { container, podWith, sidecar } from './pods.js';

const t0 = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => t0 + seconds * 1000;
const stamp = (seconds: number): string => new Date(at(seconds)).toISOString().replace('.000Z', 'Z');
const up = { app: { state: running({ startedAt: at(1) }) } };

function build(pod: Pod, options: Partial<PodStatusOptions> = {}): PodStatus {
  return buildPodStatus(deepFreeze(pod), deepFreeze({ now: t0, ...options }));
}

function condition(status: PodStatus, type: string): PodCondition {
  const found = status.conditions?.find((entry) => entry.type === type);
  if (!found) throw new Error(`no condition ${type}`);
  return found;
}

describe('buildPodStatus', () => {
  it('is what a kubelet says of a pod whose container runs', () => {
    const pod = podWith({}, { metadata: { name: 'web', uid: 'u', generation: 3 } });
    const options = {
      now: at(2),
      containers: up,
      hostIP: '192.0.2.1',
      podIP: '10.0.0.1',
      podIPs: ['10.0.0.1', 'fd00::1'],
    };
    const yes = { status: 'True', lastTransitionTime: stamp(2), observedGeneration: 3 };
    expect(build(pod, options)).toEqual({
      phase: 'Running',
      observedGeneration: 3,
      startTime: stamp(2),
      qosClass: 'BestEffort',
      hostIP: '192.0.2.1',
      hostIPs: [{ ip: '192.0.2.1' }],
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
      containerStatuses: [
        {
          name: 'app',
          state: { running: { startedAt: stamp(1) } },
          lastState: {},
          ready: true,
          started: true,
          restartCount: 0,
          image: 'app:1',
          imageID: '',
        },
      ],
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({
          type,
          ...yes,
        }),
      ),
    });
  });

  it('has every container waiting where the backend knows nothing yet', () => {
    const status = build(podWith({ containers: [container('a'), container('b')] }));
    expect(status.phase).toBe('Pending');
    expect(status.containerStatuses?.map(({ state }) => state?.waiting?.reason)).toEqual([
      'ContainerCreating',
      'ContainerCreating',
    ]);
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [a b]',
    });
    expect(condition(status, 'ContainersReady').reason).toBe('ContainersNotReady');
    expect(condition(status, 'PodReadyToStartContainers').status).toBe('False');
    expect(condition(status, 'Initialized').status).toBe('True');
    expect(condition(status, 'PodScheduled').status).toBe('True');
  });

  it('lists containers in the order of the spec, whatever order they are reported in, and no others', () => {
    const pod = podWith({
      containers: [container('b'), container('a')],
      initContainers: [container('z'), container('y')],
      ephemeralContainers: [{ name: 'debug-2' }, { name: 'debug-1' }],
    });
    const containers = Object.fromEntries(
      ['a', 'debug-1', 'y', 'b', 'z', 'debug-2', 'stranger'].map((name) => [name, { state: running() }]),
    );
    const status = build(pod, { containers });
    const names = (list: PodStatus['containerStatuses']): string[] | undefined => list?.map(({ name }) => name);
    expect(names(status.containerStatuses)).toEqual(['b', 'a']);
    expect(names(status.initContainerStatuses)).toEqual(['z', 'y']);
    expect(names(status.ephemeralContainerStatuses)).toEqual(['debug-2', 'debug-1']);
  });

  it('takes a container that is named like a property of every object for what it is', () => {
    const status = build(podWith({ containers: [container('constructor')] }));
    expect(status.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
  });

  it('has init containers to wait for, until they are done', () => {
    const pod = podWith({ initContainers: [container('one'), sidecar('proxy')], containers: [container('app')] });
    const first = build(pod, { containers: { one: { state: running({ startedAt: t0 }) } } });
    expect(first.phase).toBe('Pending');
    expect(first.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(condition(first, 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [one proxy]',
    });
    const done = build(pod, {
      containers: {
        one: { state: terminated({ exitCode: 0 }) },
        proxy: { state: running() },
        app: { state: running() },
      },
    });
    expect(done.phase).toBe('Running');
    expect(done.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
    expect(condition(done, 'Ready').status).toBe('True');
  });

  it('counts a sidecar that is not ready against the pod, and an init container that has ended not', () => {
    const pod = podWith({ initContainers: [sidecar('proxy')], containers: [container('app')] });
    const status = build(pod, { containers: { proxy: { state: running(), ready: false }, ...up } });
    expect(condition(status, 'ContainersReady').message).toBe('containers with unready status: [proxy]');
  });

  it('takes an init container that the backend has forgotten for done, once the pod runs', () => {
    const pod = podWith({ initContainers: [container('one')], containers: [container('app')] });
    const status = build(pod, { containers: up });
    expect(status.phase).toBe('Running');
    expect(status.initContainerStatuses?.[0]).toMatchObject({
      ready: true,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
  });

  it('completes: Succeeded, Initialized for being completed, not Ready for the same', () => {
    const status = build(podWith({ restartPolicy: 'Never' }), {
      podIP: '10.0.0.1',
      containers: { app: { state: terminated({ exitCode: 0, startedAt: t0, finishedAt: at(5) }) } },
    });
    expect(status.phase).toBe('Succeeded');
    expect(condition(status, 'Initialized')).toMatchObject({ status: 'True', reason: 'PodCompleted' });
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(condition(status, 'ContainersReady')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(condition(status, 'PodReadyToStartContainers').status).toBe('False');
    expect(status.containerStatuses?.[0]).toMatchObject({ ready: false, started: false });
  });

  it('fails: Ready is False with reason PodFailed', () => {
    const status = build(podWith({ restartPolicy: 'Never' }), {
      containers: { app: { state: terminated({ exitCode: 2 }) } },
    });
    expect(status.phase).toBe('Failed');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' });
    expect(status.containerStatuses?.[0]?.state?.terminated).toEqual({ exitCode: 2, reason: 'Error' });
  });

  it('is Ready once the readiness gates are met that others set', () => {
    const spec = { readinessGates: [{ conditionType: 'lb/ready' }, { conditionType: 'dns/ready' }] };
    const gate = (status: string): PodCondition => ({ type: 'lb/ready', status });
    const notMet = build(podWith(spec, { metadata: {}, status: { conditions: [gate('False')] } }), { containers: up });
    expect(condition(notMet, 'ContainersReady').status).toBe('True');
    expect(condition(notMet, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message:
        'the status of pod readiness gate "lb/ready" is not "True", but False, ' +
        'corresponding condition of pod readiness gate "dns/ready" does not exist.',
    });
    const conditions = [gate('True'), { type: 'dns/ready', status: 'True' }];
    const met = build(podWith(spec, { metadata: {}, status: { conditions } }), { containers: up });
    expect(condition(met, 'Ready').status).toBe('True');
    expect(met.conditions?.map(({ type }) => type)).not.toContain('lb/ready');
  });

  it('moves a transition time when the condition turns, and at no other time', () => {
    const pod = podWith();
    const first = build(pod);
    const second = build(pod, { now: at(10), containers: up, previous: first });
    expect(condition(second, 'Ready').lastTransitionTime).toBe(stamp(10));
    expect(condition(second, 'PodScheduled').lastTransitionTime).toBe(stamp(0));
    const third = build(pod, { now: at(20), containers: up, previous: second });
    expect(third).toEqual(second);
    expect(third.startTime).toBe(stamp(0));
  });

  it('keeps what the API object already says: start time, class, when the pod was scheduled', () => {
    const status: PodStatus = {
      startTime: stamp(-60),
      qosClass: 'Guaranteed',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: stamp(-90) }],
    };
    const built = build(podWith({}, { metadata: {}, status }), { containers: up });
    expect(built).toMatchObject({ startTime: stamp(-60), qosClass: 'Guaranteed' });
    expect(condition(built, 'PodScheduled').lastTransitionTime).toBe(stamp(-90));
  });

  it('counts restarts, and remembers how the last run ended', () => {
    const pod = podWith();
    const ran = { app: { state: running({ startedAt: at(1) }), containerID: 'vk://1' } };
    const crash = terminated({ exitCode: 1, startedAt: at(1), finishedAt: at(2) });
    let status = build(pod, { containers: ran });
    status = build(pod, { containers: { app: { state: crash } }, previous: status });
    expect(status.containerStatuses?.[0]).toMatchObject({ restartCount: 0, state: crash, containerID: 'vk://1' });
    status = build(pod, { containers: { app: { state: waiting('CrashLoopBackOff') } }, previous: status });
    expect(status.containerStatuses?.[0]).toMatchObject({ restartCount: 0, lastState: crash });
    expect(status.phase).toBe('Running');
    status = build(pod, { containers: { app: { state: running({ startedAt: at(9) }) } }, previous: status });
    expect(status.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: crash });
    expect(status.containerStatuses?.[0]?.containerID).toBeUndefined();
    const same = build(pod, { containers: { app: { state: running({ startedAt: at(9) }) } }, previous: status });
    expect(same).toEqual(status);
  });

  it('takes a run that vanished for one whose end nobody saw', () => {
    const pod = podWith();
    const before = build(pod, { containers: up });
    const after = build(pod, { previous: before });
    expect(after.phase).toBe('Running');
    expect(after.containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: stamp(1) } },
    });
  });

  it('keeps a container terminated that the backend no longer lists', () => {
    const pod = podWith({ containers: [container('app'), container('job')], restartPolicy: 'Never' });
    const before = build(pod, { containers: { ...up, job: { state: terminated({ exitCode: 0 }) } } });
    const after = build(pod, { containers: up, previous: before });
    expect(after.containerStatuses).toEqual(before.containerStatuses);
  });

  it('ends as a whole: what did not terminate in sight did so unseen, and nothing is restarted', () => {
    const pod = podWith({ containers: [container('app'), container('late'), container('done')] });
    const containers = { ...up, done: { state: terminated({ exitCode: 0 }) } };
    const status = build(pod, { containers, ended: true });
    expect(status.phase).toBe('Failed');
    expect(status.containerStatuses?.map(({ state }) => state?.terminated)).toMatchObject([
      { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: stamp(1) },
      { exitCode: 137, reason: 'ContainerStatusUnknown' },
      { exitCode: 0 },
    ]);
  });

  it('invariant 6: a terminal phase, with its reason, never goes back', () => {
    const pod = podWith();
    const evicted = build(pod, { containers: up, phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
    const later = build(pod, { containers: up, previous: evicted });
    expect(later).toMatchObject({ phase: 'Failed', reason: 'Evicted', message: 'low on memory' });
    expect(condition(later, 'Ready').reason).toBe('PodFailed');
  });

  it('has the first of the addresses in the singular field, each once, and keeps them', () => {
    const pod = podWith();
    const first = build(pod, { podIP: '10.0.0.1', podIPs: ['fd00::1', '10.0.0.1'], hostIPs: ['192.0.2.1', 'fd00::2'] });
    expect(first).toMatchObject({
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
      hostIP: '192.0.2.1',
      hostIPs: [{ ip: '192.0.2.1' }, { ip: 'fd00::2' }],
    });
    const kept = build(pod, { previous: first });
    expect(kept).toMatchObject({ podIP: first.podIP, podIPs: first.podIPs, hostIPs: first.hostIPs });
    const none = build(pod, { previous: first, podIPs: [] });
    expect(none.podIP).toBeUndefined();
    expect(none.podIPs).toBeUndefined();
    expect(build(podWith({ hostNetwork: true }), { hostIP: '192.0.2.1' }).podIP).toBe('192.0.2.1');
  });

  it('says the same again for any states, given what it said before', () => {
    const state = fc.oneof(
      fc
        .record({ startedAt: fc.integer({ min: 0, max: 9 }) })
        .map(({ startedAt }) => running({ startedAt: at(startedAt) })),
      fc.constant(waiting('CrashLoopBackOff')),
      fc
        .record({ exitCode: fc.integer({ min: 0, max: 2 }), startedAt: fc.integer({ min: 0, max: 9 }) })
        .map(({ exitCode, startedAt }) =>
          terminated({ exitCode, startedAt: at(startedAt), finishedAt: at(startedAt + 1) }),
        ),
    );
    const reports = fc.dictionary(fc.constantFrom('init', 'proxy', 'app', 'b'), fc.record({ state }));
    const spec = fc.record({
      restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
      initContainers: fc.subarray([container('init'), sidecar('proxy')]),
      containers: fc.subarray([container('app'), container('b')], { minLength: 1 }),
    });
    fc.assert(
      fc.property(spec, fc.array(reports, { minLength: 1, maxLength: 5 }), (podSpec, history) => {
        const pod = podWith(podSpec);
        let previous: PodStatus | undefined;
        for (const [index, containers] of history.entries()) {
          const status = build(pod, { now: at(index), containers, previous });
          const again = build(pod, { now: at(index + 100), containers, previous: status });
          expect(again).toEqual(status);
          const before = previous?.phase;
          if (before === 'Succeeded' || before === 'Failed') expect(status.phase).toBe(before);
          if (condition(status, 'Ready').status === 'True') expect(status.phase).toMatch(/Running|Pending/);
          previous = status;
        }
      }),
    );
  });
});
