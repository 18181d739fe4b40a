import { describe, expect, it } from 'vitest';
import type { Container, ContainerState, ContainerStatus, PodSpec, PodStatus } from '../../src/kube/types.js';
import { terminated, waiting } from '../../src/provider/container-state.js';
import { podPhase } from '../../src/provider/pod-phase.js';
import { container, podWith, sidecar } from './pods.js';

type States = Readonly<Record<string, ContainerState & { readonly last?: number; readonly started?: boolean }>>;

const run = { running: {} };
const wait = waiting('ContainerCreating');
const exit = (exitCode: number): ContainerState => terminated({ exitCode });
/** Waiting to be started again after a run that ended with `last`. */
const backOff = (last: number): ContainerState & { last: number } => ({ ...waiting('CrashLoopBackOff'), last });

function statuses(containers: readonly Container[] | undefined, states: States): ContainerStatus[] {
  return (containers ?? []).flatMap(({ name }) => {
    const found = states[name];
    if (!found) return [];
    const { last, started, ...state } = found;
    const lastState = last === undefined ? {} : exit(last);
    return [{ name, state, lastState, started: started ?? true, ready: true, restartCount: 0, image: '', imageID: '' }];
  });
}

function phaseOf(spec: Partial<PodSpec>, states: States, ended?: boolean): string {
  const pod = podWith(spec);
  const status: PodStatus = {
    containerStatuses: statuses(pod.spec.containers, states),
    initContainerStatuses: statuses(pod.spec.initContainers, states),
  };
  return podPhase(pod, status, ended);
}

const two = [container('a'), container('b')];

describe('podPhase of regular containers', () => {
  it.each<[string, Partial<PodSpec>, States, string]>([
    ['none has a status', { containers: two }, {}, 'Pending'],
    ['all are waiting', { containers: two }, { a: wait, b: wait }, 'Pending'],
    ['one has yet to begin', { containers: two }, { a: run, b: wait }, 'Pending'],
    ['one has no status', { containers: two }, { a: run }, 'Pending'],
    ['all run', { containers: two }, { a: run, b: run }, 'Running'],
    ['one runs and one has ended', { containers: two, restartPolicy: 'Never' }, { a: run, b: exit(1) }, 'Running'],
    ['one runs and one backs off', { containers: two }, { a: run, b: backOff(1) }, 'Running'],
    ['all ended well, to be restarted always', { containers: two }, { a: exit(0), b: exit(0) }, 'Running'],
    ['all back off', { containers: two, restartPolicy: 'OnFailure' }, { a: backOff(1), b: backOff(0) }, 'Running'],
    [
      'one waits to be run again after it ended well',
      { containers: [container('a')], restartPolicy: 'OnFailure' },
      { a: backOff(0) },
      'Running',
    ],
    [
      'one failed, on OnFailure',
      { containers: two, restartPolicy: 'OnFailure' },
      { a: exit(0), b: exit(3) },
      'Running',
    ],
    [
      'all ended well, on OnFailure',
      { containers: two, restartPolicy: 'OnFailure' },
      { a: exit(0), b: exit(0) },
      'Succeeded',
    ],
    ['all ended well, on Never', { containers: two, restartPolicy: 'Never' }, { a: exit(0), b: exit(0) }, 'Succeeded'],
    ['one failed, on Never', { containers: two, restartPolicy: 'Never' }, { a: exit(0), b: exit(3) }, 'Failed'],
    ['one was lost, on Never', { containers: two, restartPolicy: 'Never' }, { a: exit(0), b: exit(-137) }, 'Failed'],
  ])('where %s: %#', (_, spec, states, phase) => {
    expect(phaseOf(spec, states)).toBe(phase);
  });

  it('goes by a container’s own restart policy and rules before the pod’s', () => {
    const always = [container('a', { restartPolicy: 'OnFailure' })];
    expect(phaseOf({ containers: always }, { a: exit(0) })).toBe('Succeeded');
    const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
    const ruled = [container('a', { restartPolicy: 'Never', restartPolicyRules: [rule] })];
    expect(phaseOf({ containers: ruled, restartPolicy: 'Never' }, { a: exit(42) })).toBe('Running');
    expect(phaseOf({ containers: ruled, restartPolicy: 'Never' }, { a: exit(1) })).toBe('Failed');
    const notIn = [
      container('a', { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'NotIn', values: [42] } }] }),
    ];
    expect(phaseOf({ containers: notIn, restartPolicy: 'Never' }, { a: exit(1) })).toBe('Running');
    expect(phaseOf({ containers: notIn, restartPolicy: 'Never' }, { a: exit(42) })).toBe('Failed');
  });

  it('restarts nothing in a pod that has ended, and calls nothing over that still runs', () => {
    expect(phaseOf({ containers: two }, { a: exit(0), b: exit(0) }, true)).toBe('Succeeded');
    expect(phaseOf({ containers: two }, { a: exit(0), b: exit(137) }, true)).toBe('Failed');
    expect(phaseOf({ containers: two }, { a: exit(0), b: backOff(1) }, true)).toBe('Failed');
    expect(phaseOf({ containers: two }, { a: exit(0), b: run }, true)).toBe('Running');
    expect(phaseOf({ containers: two }, { a: exit(0), b: wait }, true)).toBe('Pending');
    const spec = { initContainers: [container('init')], containers: [container('a')] };
    expect(phaseOf(spec, { init: exit(137), a: exit(137) }, true)).toBe('Failed');
  });

  it('takes a pod that is being deleted for one in which nothing is restarted', () => {
    const pod = podWith({}, { metadata: { name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const containerStatuses = statuses(pod.spec.containers, { app: exit(0) });
    expect(podPhase(pod, { containerStatuses })).toBe('Succeeded');
  });
});

describe('podPhase with init containers', () => {
  const spec = { initContainers: [container('init')], containers: [container('app')] };

  it.each<[string, Partial<PodSpec>, States, string]>([
    ['it runs', spec, { init: run, app: wait }, 'Pending'],
    ['it has no status', spec, { app: run }, 'Pending'],
    ['it succeeded and the rest has yet to begin', spec, { init: exit(0), app: wait }, 'Pending'],
    ['it succeeded and the rest runs', spec, { init: exit(0), app: run }, 'Running'],
    ['it failed and is tried again', spec, { init: exit(1), app: wait }, 'Pending'],
    ['it backs off', { ...spec, restartPolicy: 'OnFailure' }, { init: backOff(1), app: wait }, 'Pending'],
    ['it failed for good', { ...spec, restartPolicy: 'Never' }, { init: exit(1), app: wait }, 'Failed'],
  ])('where %s', (_, podSpec, states, phase) => {
    expect(phaseOf(podSpec, states)).toBe(phase);
  });
});

describe('podPhase with native sidecars', () => {
  const spec: Partial<PodSpec> = {
    initContainers: [sidecar('proxy')],
    containers: [container('app')],
    restartPolicy: 'Never',
  };

  it.each<[string, States, string]>([
    ['it has yet to pass its startup probe', { proxy: { ...run, started: false }, app: wait }, 'Pending'],
    ['both run', { proxy: run, app: run }, 'Running'],
    ['the rest succeeded and it still runs', { proxy: run, app: exit(0) }, 'Running'],
    ['the rest succeeded and it ended badly', { proxy: exit(137), app: exit(0) }, 'Succeeded'],
    ['the rest failed and it ended well', { proxy: exit(0), app: exit(1) }, 'Failed'],
    ['it is restarted after the start of the rest', { proxy: { ...run, started: false }, app: run }, 'Running'],
    ['it backs off beside the rest', { proxy: backOff(1), app: run }, 'Running'],
  ])('where %s', (_, states, phase) => {
    expect(phaseOf(spec, states)).toBe(phase);
  });
});
