import { describe, expect, it } from 'vitest';
import type { ContainerStatus, KubeObject, Pod } from '../../../../src/kube/types.js';
import { humanDuration } from '../../../../src/testing/apiserver/http/tables/format.js';
import { eventTable } from '../../../../src/testing/apiserver/http/tables/event.js';
import { nodeTable } from '../../../../src/testing/apiserver/http/tables/node.js';
import { serviceTable, signingRequestTable } from '../../../../src/testing/apiserver/http/tables/others.js';
import { podTable } from '../../../../src/testing/apiserver/http/tables/pod.js';
import { readyNode, simplePod } from '../../support/objects.js';

const nowMs = Date.UTC(2026, 0, 1, 12);

function container(state: ContainerStatus['state'], changes: Partial<ContainerStatus> = {}): ContainerStatus {
  const ready = state?.running !== undefined;
  return { name: 'main', image: 'x', imageID: '', ready, restartCount: 0, state: state ?? {}, ...changes };
}

const running = { running: { startedAt: '2026-01-01T11:00:00Z' } };
const exited = (exitCode: number, reason?: string, signal?: number): ContainerStatus['state'] => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }), ...(signal === undefined ? {} : { signal }) },
});

function row(status: Partial<NonNullable<Pod['status']>>, changes: Partial<Pod> = {}): readonly (string | number)[] {
  const pod = simplePod('web');
  return podTable.cells({ ...pod, ...changes, status: { phase: 'Running', ...status } }, nowMs).slice(1, 4);
}

describe('the row of a pod', () => {
  it.each([
    ['is its phase at first', { phase: 'Pending' }, ['0/1', 'Pending', '0']],
    ['says Running', { containerStatuses: [container(running)] }, ['1/1', 'Running', '0']],
    [
      'prefers what a container waits for',
      { containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } }, { restartCount: 2 })] },
      ['0/1', 'CrashLoopBackOff', '2'],
    ],
    [
      'says Completed',
      { phase: 'Succeeded', containerStatuses: [container(exited(0, 'Completed'))] },
      ['0/1', 'Completed', '0'],
    ],
    ['says Error', { phase: 'Failed', containerStatuses: [container(exited(1, 'Error'))] }, ['0/1', 'Error', '0']],
    ['tells a signal', { containerStatuses: [container(exited(137, undefined, 9))] }, ['0/1', 'Signal:9', '0']],
    ['tells an exit code', { containerStatuses: [container(exited(3))] }, ['0/1', 'ExitCode:3', '0']],
    ['tells why it was evicted', { phase: 'Failed', reason: 'Evicted' }, ['0/1', 'Evicted', '0']],
    [
      'says when it restarted last',
      {
        containerStatuses: [
          container(running, {
            restartCount: 3,
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:55:00Z' } },
          }),
        ],
      },
      ['1/1', 'Running', '3 (5m ago)'],
    ],
    [
      'waits for its scheduling gates',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      ['0/1', 'SchedulingGated', '0'],
    ],
  ])('%s', (_name, status, expected) => {
    expect(row(status)).toEqual(expected);
  });

  it('counts init containers until they are through, and sidecars from then on', () => {
    const pod = simplePod('web', {
      initContainers: [
        { name: 'one', image: 'x' },
        { name: 'side', image: 'x', restartPolicy: 'Always' },
      ],
    });
    const status = (...initContainerStatuses: ContainerStatus[]): readonly (string | number)[] =>
      row({ phase: 'Pending', initContainerStatuses }, { spec: pod.spec });
    const one = (state: ContainerStatus['state']): ContainerStatus => container(state, { name: 'one' });
    expect(status(one({ waiting: { reason: 'PodInitializing' } }))).toEqual(['0/2', 'Init:0/2', '0']);
    expect(status(one({ waiting: { reason: 'ErrImagePull' } }))).toEqual(['0/2', 'Init:ErrImagePull', '0']);
    expect(status(one(exited(2, 'Error')))).toEqual(['0/2', 'Init:Error', '0']);
    const side = container(running, { name: 'side', started: true });
    expect(
      row(
        { initContainerStatuses: [one(exited(0)), side], containerStatuses: [container(running)] },
        { spec: pod.spec },
      ),
    ).toEqual(['2/2', 'Running', '0']);
  });

  it('says Terminating while it is being deleted, unless it is over', () => {
    const deleted = { metadata: { name: 'web', deletionTimestamp: '2026-01-01T11:59:00Z' } };
    expect(row({ containerStatuses: [container(running)] }, deleted)[1]).toBe('Terminating');
    expect(row({ phase: 'Succeeded', containerStatuses: [container(exited(0, 'Completed'))] }, deleted)[1]).toBe(
      'Completed',
    );
    expect(row({ reason: 'NodeLost' }, deleted)[1]).toBe('Unknown');
  });

  it('says NotReady where one container has completed and another runs without being ready to all', () => {
    const containerStatuses = [container(exited(0, 'Completed')), container(running)];
    expect(row({ containerStatuses })[1]).toBe('NotReady');
    expect(row({ containerStatuses, conditions: [{ type: 'Ready', status: 'True' }] })[1]).toBe('Running');
  });
});

describe('the rows of others', () => {
  it('show readiness, cordon and roles of a node', () => {
    const labels = { 'node-role.kubernetes.io/agent': '', 'kubernetes.io/role': 'virtual' };
    const node = readyNode('n1', { metadata: { name: 'n1', labels }, spec: { unschedulable: true } });
    expect(nodeTable.cells(node, nowMs).slice(1, 3)).toEqual(['Ready,SchedulingDisabled', 'agent,virtual']);
    const silent = readyNode('n1', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    expect(nodeTable.cells(silent, nowMs)[1]).toBe('NotReady');
    expect(nodeTable.cells({ metadata: { name: 'n1' } }, nowMs)[1]).toBe('Unknown');
  });

  it('show events of either group alike', () => {
    const old = {
      metadata: { name: 'e' },
      type: 'Normal',
      reason: 'Started',
      message: 'fine\n',
      involvedObject: { kind: 'Pod', name: 'web', fieldPath: 'spec' },
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2026-01-01T11:58:00Z',
      lastTimestamp: '2026-01-01T11:59:30Z',
      count: 4,
    } satisfies KubeObject & Record<string, unknown>;
    const cells = ['30s', 'Normal', 'Started', 'pod/web', 'spec', 'kubelet, n1', 'fine', '2m', 4, 'e'];
    expect(eventTable.cells(old, nowMs)).toEqual(cells);
    const recent = {
      metadata: { name: 'e' },
      type: 'Normal',
      reason: 'Started',
      note: 'fine',
      regarding: old.involvedObject,
      reportingController: 'kubelet',
      reportingInstance: 'n1',
      eventTime: '2026-01-01T11:58:00.000000Z',
      series: { count: 4, lastObservedTime: '2026-01-01T11:59:30.000000Z' },
    };
    expect(eventTable.cells(recent, nowMs)).toEqual(cells);
  });

  it('show ports of services and conditions of certificate requests', () => {
    const ports = [{ port: 443 }, { port: 53, nodePort: 30_053, protocol: 'UDP' }];
    expect(serviceTable.cells({ metadata: { name: 's' }, spec: { ports } }, nowMs)[4]).toBe('443/TCP,53:30053/UDP');
    const request = (status: object): unknown =>
      signingRequestTable.cells({ metadata: { name: 'c' }, status }, nowMs)[5];
    expect(request({})).toBe('Pending');
    expect(request({ conditions: [{ type: 'Approved' }], certificate: 'x' })).toBe('Approved,Issued');
  });
});

it('durations have as many figures as are of use', () => {
  const minute = 60_000;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [-5_000, '<invalid>'],
    [-500, '0s'],
    [119_000, '119s'],
    [2 * minute, '2m'],
    [5 * minute + 3_000, '5m3s'],
    [45 * minute + 3_000, '45m'],
    [3 * hour, '3h'],
    [3 * hour + 20 * minute, '3h20m'],
    [30 * hour, '30h'],
    [3 * day + 4 * hour, '3d4h'],
    [100 * day, '100d'],
    [800 * day, '2y70d'],
    [9 * 365 * day, '9y'],
  ];
  expect(cases.map(([ms]) => humanDuration(ms))).toEqual(cases.map(([, text]) => text));
});
