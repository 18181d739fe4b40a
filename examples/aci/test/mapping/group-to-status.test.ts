import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { PodStatus } from 'vk-sdk';
import { describe, expect, it } from 'vitest';
import { groupToStatus } from '../../src/mapping/status/group-to-status.js';
import { answer, finished, podWith, runningView, started } from './answers.js';

const now = Date.parse('2026-03-01T11:00:00Z');

function statusOf(group: ContainerGroup, previous?: PodStatus, spec: object = {}): PodStatus {
  return groupToStatus(group, podWith(spec), previous, now);
}

function appOf(group: ContainerGroup, previous?: PodStatus, spec: object = {}) {
  return statusOf(group, previous, spec).containerStatuses?.[0];
}

const view = (currentState: object, more: object = {}) => ({ restartCount: 0, currentState, ...more });

describe('the phase', () => {
  it.each([
    ['Running', 'Running'],
    ['Succeeded', 'Succeeded'],
    ['Failed', 'Failed'],
    ['Canceled', 'Failed'],
    ['Creating', 'Pending'],
    ['Repairing', 'Pending'],
    ['Pending', 'Pending'],
    ['Accepted', 'Pending'],
  ])('upstream §5: %s is %s', (state, phase) => {
    expect(statusOf(answer(state)).phase).toBe(phase);
    expect(
      statusOf(answer('Running', {}, { provisioningState: state === 'Succeeded' ? 'Running' : state })).phase,
    ).toBe(state === 'Succeeded' ? 'Running' : phase);
  });

  it('upstream §5: is of the provisioning state until that is Succeeded, then of the instance view’s', () => {
    expect(statusOf(answer('Running', runningView, { provisioningState: 'Creating' })).phase).toBe('Pending');
    expect(statusOf(answer('Running', runningView)).phase).toBe('Running');
    expect(statusOf(answer('Failed', runningView, { provisioningState: undefined })).phase).toBe('Failed');
  });

  it('is Running while containers of a group that runs are between two runs', () => {
    const ended = view({ state: 'Terminated', exitCode: 1, startTime: started, finishTime: finished });
    expect(statusOf(answer('Running', ended), undefined, { restartPolicy: 'Always' }).phase).toBe('Running');
  });

  it.each([
    ['Always', 'Running'],
    ['OnFailure', 'Failed'],
    ['Never', 'Failed'],
  ])('of a group that somebody stopped depends on the restart policy: %s', (restartPolicy, phase) => {
    const ended = view({ state: 'Terminated', exitCode: restartPolicy === 'OnFailure' ? 0 : 137 });
    const expected = restartPolicy === 'OnFailure' ? 'Succeeded' : phase;
    expect(statusOf(answer('Stopped', ended), undefined, { restartPolicy }).phase).toBe(expected);
  });

  it.each(['Deleting', 'Unhealthy', 'Stopping', 'something new'])('stays while the state is %s', (state) => {
    const before = statusOf(answer('Running', runningView));
    expect(statusOf(answer(state, runningView), before).phase).toBe('Running');
    expect(statusOf(answer(state)).phase).toBe('Pending');
  });

  it.each(['Succeeded', 'Failed'])('that was %s stays, and the status with it', (phase) => {
    const before = statusOf(answer(phase));
    expect(statusOf(answer('Running', runningView), before)).toEqual(before);
  });
});

describe('a container', () => {
  it('upstream §5: runs since then', () => {
    expect(appOf(answer('Running', runningView))).toMatchObject({
      name: 'app',
      state: { running: { startedAt: started } },
      ready: true,
      started: true,
      restartCount: 0,
      image: 'nginx:1.27',
    });
  });

  it.each([
    ['Succeeded', { state: 'Succeeded' }, { exitCode: 0, reason: 'Completed' }],
    ['Terminated', { state: 'Terminated', exitCode: 0 }, { exitCode: 0, reason: 'Completed' }],
    ['Terminated without an exit code', { state: 'Terminated' }, { exitCode: 0, reason: 'Completed' }],
    [
      'Terminated with another exit code, which azure-aci calls completed',
      { state: 'Terminated', exitCode: 3, detailStatus: 'Error' },
      { exitCode: 3, reason: 'Error' },
    ],
    [
      'Terminated for a reason that Kubernetes knows',
      { state: 'Terminated', exitCode: 137, detailStatus: 'OOMKilled' },
      { exitCode: 137, reason: 'OOMKilled' },
    ],
    [
      'Terminated with a longer explanation',
      { state: 'Terminated', exitCode: 1, detailStatus: 'it went wrong' },
      { exitCode: 1, reason: 'Error', message: 'it went wrong' },
    ],
    [
      'Failed, with exit code and detail',
      { state: 'Failed', exitCode: 2, detailStatus: 'no such file' },
      { exitCode: 2, reason: 'Failed', message: 'no such file' },
    ],
    [
      'Canceled, with exit code and detail',
      { state: 'Canceled', exitCode: 143, detailStatus: 'stopped' },
      { exitCode: 143, reason: 'Canceled', message: 'stopped' },
    ],
    ['Failed without an exit code', { state: 'Failed' }, { exitCode: 137, reason: 'Failed' }],
  ])('upstream §5: has terminated: %s', (_, state, terminated) => {
    const times = { startTime: new Date(started), finishTime: finished };
    expect(appOf(answer('Running', view({ ...state, ...times })))?.state).toEqual({
      terminated: { ...terminated, startedAt: started, finishedAt: finished },
    });
  });

  it('whose end nobody knows in a group that failed is said to be unknown', () => {
    expect(appOf(answer('Failed', view({ state: 'Terminated' })))?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    });
    expect(appOf(answer('Failed'))?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    });
  });

  it('of which a group that succeeded says nothing has completed', () => {
    const before = statusOf(answer('Running', runningView));
    expect(appOf(answer('Succeeded'), before)?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      startedAt: started,
    });
  });

  it.each([
    ['any other state', { state: 'Waiting' }, { reason: 'ContainerCreating' }],
    [
      'the reason in its detail',
      { state: 'Waiting', detailStatus: 'CrashLoopBackOff: Back-off 10s restarting' },
      { reason: 'CrashLoopBackOff', message: 'Back-off 10s restarting' },
    ],
    ['a reason alone', { state: 'Waiting', detailStatus: 'ImagePullBackOff' }, { reason: 'ImagePullBackOff' }],
    ['a text', { state: 'Pending', detailStatus: 'soon' }, { reason: 'ContainerCreating', message: 'soon' }],
    ['a state of its own', { state: 'Repairing' }, { reason: 'Repairing' }],
  ])('upstream §5: waits: %s', (_, state, waiting) => {
    expect(appOf(answer('Pending', view(state)))?.state).toEqual({ waiting });
  });

  it('waits for init containers where there are some', () => {
    const spec = { initContainers: [{ name: 'first' }] };
    expect(appOf(answer('Pending', view({ state: 'Waiting' })), undefined, spec)?.state).toEqual({
      waiting: { reason: 'PodInitializing' },
    });
  });

  it('upstream §5: has the cloud’s restart count, and the end of the run before', () => {
    const previousState = {
      state: 'Terminated',
      exitCode: 9,
      detailStatus: 'Error',
      startTime: started,
      finishTime: finished,
    };
    expect(appOf(answer('Running', { ...runningView, restartCount: 4, previousState }))).toMatchObject({
      restartCount: 4,
      lastState: { terminated: { exitCode: 9, reason: 'Error', startedAt: started, finishedAt: finished } },
    });
  });

  it('has no run before where the cloud says that it waited', () => {
    expect(appOf(answer('Running', { ...runningView, previousState: { state: 'Pending' } }))?.lastState).toEqual({});
  });

  it('keeps a restart count that the cloud has forgotten', () => {
    const before = statusOf(answer('Running', { ...runningView, restartCount: 4 }));
    expect(appOf(answer('Running', runningView), before)?.restartCount).toBe(4);
  });

  it('is not ready in a group that does not run', () => {
    expect(appOf(answer('Pending', runningView))).toMatchObject({ ready: false });
  });

  it('has the id that azure-aci would give it', () => {
    expect(appOf(answer('Running', runningView))?.containerID).toMatch(/^aci:\/\/[0-9a-f]{64}$/);
  });

  it('is an init container, too', () => {
    const group = answer('Running', runningView, {
      initContainers: [{ name: 'first', instanceView: view({ state: 'Terminated', exitCode: 0 }) }],
    });
    const status = statusOf(group, undefined, { initContainers: [{ name: 'first' }] });
    expect(status.initContainerStatuses?.[0]).toMatchObject({
      name: 'first',
      ready: true,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
  });
});

describe('the pod', () => {
  it('has its addresses, and is Ready once it runs', () => {
    const status = groupToStatus(answer('Running', runningView), podWith(), undefined, now, { hostIP: '10.1.0.4' });
    expect(status).toMatchObject({
      podIP: '20.1.2.3',
      podIPs: [{ ip: '20.1.2.3' }],
      hostIP: '10.1.0.4',
      observedGeneration: 3,
      startTime: '2026-03-01T11:00:00Z',
    });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });

  it('keeps its addresses and the start of its containers where an answer leaves them out', () => {
    const before = groupToStatus(answer('Running', runningView), podWith(), undefined, now, { hostIP: '10.1.0.4' });
    const partial = answer('Running', view({ state: 'Running' }), { ipAddress: undefined });
    expect(groupToStatus(partial, podWith(), before, now + 60_000)).toEqual(before);
  });

  it('upstream §5: stays as it was where the answer has no instance view, as of a list', () => {
    const before = statusOf(answer('Running', { ...runningView, restartCount: 2 }));
    expect(statusOf(answer('', {}, { instanceView: undefined }), before)).toEqual(before);
    expect(statusOf(answer('', {}, { instanceView: undefined })).phase).toBe('Pending');
  });

  it('goes by what Kubernetes has where nothing was reported before', () => {
    const before = statusOf(answer('Running', { ...runningView, restartCount: 2 }));
    const group = answer('', {}, { instanceView: undefined });
    expect(groupToStatus(group, { ...podWith(), status: before }, undefined, now)).toEqual(before);
  });

  it.each([
    [
      'the latest warning',
      {
        provisioningState: 'Failed',
        instanceView: {
          events: [
            { type: 'Warning', name: 'FailedMount', message: 'no share', lastTimestamp: new Date(finished) },
            { type: 'Warning', name: 'Old', message: 'older', lastTimestamp: started },
            { type: 'Normal', name: 'Pulled', message: 'pulled', lastTimestamp: new Date(now) },
          ],
        },
      },
      { reason: 'FailedMount', message: 'no share' },
    ],
    [
      'the failure of a container’s image',
      {
        provisioningState: 'Failed',
        containers: [
          {
            name: 'app',
            instanceView: {
              events: [{ type: 'Warning', name: 'Failed', message: 'Failed to pull image', lastTimestamp: started }],
            },
          },
        ],
      },
      { reason: 'ProvisioningFailed', message: 'Failed to pull image' },
    ],
    ['that it failed, where nobody says why', { provisioningState: 'Failed' }, { reason: 'ProvisioningFailed' }],
    ['that it was canceled', { provisioningState: 'Canceled' }, { reason: 'ProvisioningCanceled' }],
  ])('that could not be made tells why: %s', (_, group, expected) => {
    const { phase, reason, message } = statusOf(answer('Pending', {}, group));
    expect({ phase, reason, ...(message !== undefined && { message }) }).toEqual({ phase: 'Failed', ...expected });
  });

  it('whose containers failed says so in them alone', () => {
    const group = answer('Failed', view({ state: 'Terminated', exitCode: 1, detailStatus: 'Error' }));
    expect(statusOf(group).reason).toBeUndefined();
  });

  it('that Kubernetes does not know is what its group says', () => {
    const status = groupToStatus(answer('Running', runningView), undefined, undefined, now);
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ name: 'app', ready: true }] });
  });

  it('is never changed by it', () => {
    const pod = Object.freeze(podWith());
    const before = structuredClone(pod);
    statusOf(answer('Running', runningView));
    expect(pod).toEqual(before);
  });
});
