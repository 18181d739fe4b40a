import { describe, expect, it } from 'vitest';
import { planPod, type ContainerView, type PodView, type Role } from '../../src/decide/pod-plan.js';
import { kubeletBackoff, restartPolicyOf } from '../../src/decide/restart.js';

const now = 1_000_000;

/** `-` has not run, `s` starting, `r` running, `R` running and started, a number: ended with it just now. */
type State = '-' | 's' | 'r' | 'R' | number;

function container(name: string, role: Role, state: State, policy = 'Always'): ContainerView {
  const restart = restartPolicyOf(
    { name, ...(role === 'sidecar' && { restartPolicy: 'Always' }) },
    policy,
    role === 'init',
  );
  const run = { number: 0, backoffMs: 0 };
  if (state === '-') return { name, role, restart, started: false };
  if (state === 's') return { name, role, restart, started: false, run: { ...run, state: { type: 'starting' } } };
  if (typeof state === 'string') {
    return {
      name,
      role,
      restart,
      started: state === 'R',
      run: { ...run, state: { type: 'running', startedAt: now - 1 } },
    };
  }
  const ended = { type: 'ended', exitCode: state, finishedAt: now } as const;
  return { name, role: role, restart, started: false, run: { ...run, state: ended } };
}

/** `init:0 side:R app:-`: the name says the role, by its first letter (e is for ephemeral). */
function pod(text: string, policy = 'Always', more: Partial<PodView> = {}): PodView {
  const roles: Record<string, Role> = { i: 'init', s: 'sidecar', e: 'ephemeral' };
  const containers = text.split(' ').map((entry) => {
    const [name = '', state = '-'] = entry.split(':');
    const parsed = /^\d+$/.test(state) ? Number(state) : (state as State);
    return container(name, roles[name[0] ?? ''] ?? 'main', parsed, policy);
  });
  return { containers, graceMs: 30_000, ...more };
}

/** What is done, in short: `+app` starts, `-app` stops, `end`. */
function plan(view: PodView, at = now): string {
  const { start, stop, ended } = planPod(view, at, kubeletBackoff);
  return [
    ...start.map(({ name }) => `+${name}`),
    ...stop.map(({ name }) => `-${name}`),
    ...(ended ? ['end'] : []),
  ].join(' ');
}

describe('the start of a pod', () => {
  it.each([
    ['app:- web:-', '+app +web'],
    ['app:s web:R', ''],
    ['i1:- i2:- app:-', '+i1'],
    ['i1:R i2:- app:-', ''],
    ['i1:0 i2:- app:-', '+i2'],
    ['i1:0 i2:0 app:-', '+app'],
    ['s1:- i1:- app:-', '+s1'],
    ['s1:r i1:- app:-', ''],
    ['s1:R i1:- app:-', '+i1'],
    ['s1:R i1:0 s2:- app:-', '+s2'],
    ['s1:R i1:0 s2:r app:-', ''],
    ['s1:R i1:0 s2:R app:-', '+app'],
  ])('init containers one by one, sidecars until they have started: %s → %s', (view, expected) => {
    expect(plan(pod(view))).toBe(expected);
  });

  it('restarts a sidecar that ended while an init container runs', () => {
    expect(plan(pod('s1:0 i1:R app:-'))).toBe('+s1');
    expect(plan(pod('i1:1 s2:0 app:-'))).toBe('+i1 +s2');
  });

  it('does not run init containers again once the others have begun', () => {
    expect(plan(pod('i1:1 app:R'))).toBe('');
  });

  it('starts ephemeral containers whenever they come, and once', () => {
    expect(plan(pod('i1:R app:- e1:-'))).toBe('+e1');
    const view = pod('app:R e1:1');
    const once = view.containers.map((each) =>
      each.role === 'ephemeral' ? { ...each, restart: restartPolicyOf({ name: '' }, 'Never') } : each,
    );
    expect(plan({ ...view, containers: once })).toBe('');
  });

  it('waits before it tries again what could not be started', () => {
    const view = pod('app:-');
    const containers = view.containers.map((each) => ({ ...each, notBefore: now + 5 }));
    expect(planPod({ ...view, containers }, now, kubeletBackoff)).toMatchObject({
      start: [],
      lookAgainAt: now + 5,
      ended: false,
    });
    expect(plan({ ...view, containers }, now + 5)).toBe('+app');
  });
});

describe('containers that end', () => {
  it.each([
    ['Always', 'app:0', '+app'],
    ['OnFailure', 'app:1 web:0', '+app'],
    ['OnFailure', 'app:0 web:0', 'end'],
    ['Never', 'app:1', 'end'],
    ['Never', 'app:1 web:R', ''],
    ['Never', 'i1:1 app:-', 'end'],
    ['OnFailure', 'i1:1 app:-', '+i1'],
    ['Never', 's1:R i1:1 app:-', '-s1'],
    ['Never', 's1:1 app:R', '+s1'],
    ['Never', 's1:R s2:R app:0', '-s2'],
    ['Never', 's1:R s2:0 app:0', '-s1'],
    ['Never', 's1:0 s2:0 app:0', 'end'],
    ['Never', 'app:0 e1:R', '-e1'],
  ])('with policy %s: %s → %s', (policy, view, expected) => {
    expect(plan(pod(view, policy))).toBe(expected);
  });

  it('back off, and look again when the time has come', () => {
    const view = pod('app:1');
    const containers = view.containers.map((each) => ({
      ...each,
      run: { ...each.run!, number: 3, backoffMs: 40_000 },
    }));
    const waiting = planPod({ ...view, containers }, now + 39_999, kubeletBackoff);
    expect(waiting).toMatchObject({ start: [], lookAgainAt: now + 40_000, ended: false });
    expect(waiting.backingOff).toEqual([{ name: 'app', number: 4, at: now + 40_000, backoffMs: 80_000 }]);
    expect(plan({ ...view, containers }, now + 40_000)).toBe('+app');
  });

  it('are stopped for their health while the pod goes on, with the time they have', () => {
    const view = pod('app:R web:R');
    const containers = view.containers.map((each) =>
      each.name === 'app' ? { ...each, unhealthy: { since: now - 5, graceMs: 10 } } : each,
    );
    expect(planPod({ ...view, containers }, now, kubeletBackoff).stop).toEqual([{ name: 'app', killAt: now + 5 }]);
  });
});

describe('the end of a pod', () => {
  const stop = { since: now, graceMs: 10_000 };

  it.each([
    ['app:R web:s', '-app -web'],
    ['app:0 web:-', 'end'],
    ['i1:R app:-', '-i1'],
    ['s1:R s2:R app:R e1:R', '-app -e1'],
    ['s1:R s2:R app:0', '-s2'],
    ['s1:R s2:0 app:0', '-s1'],
    ['s1:0 s2:0 app:0', 'end'],
  ])('starts nothing, and stops sidecars last, in reverse: %s → %s', (view, expected) => {
    expect(plan(pod(view, 'Always', { stop }))).toBe(expected);
  });

  it('stops all sidecars at once when the time is over, which still get two seconds', () => {
    const view = pod('s1:R s2:R app:R', 'Always', { stop });
    expect(planPod(view, now, kubeletBackoff).lookAgainAt).toBe(now + 10_000);
    expect(planPod(view, now + 10_000, kubeletBackoff).stop).toEqual([
      { name: 'app', killAt: now + 10_000 },
      { name: 's2', killAt: now + 12_000 },
      { name: 's1', killAt: now + 12_000 },
    ]);
  });

  it('kills all at once without a grace', () => {
    const view = pod('s1:R app:R', 'Always', { stop: { since: now, graceMs: 0 } });
    expect(planPod(view, now, kubeletBackoff).stop.map(({ killAt }) => killAt)).toEqual([now, now]);
  });

  it('comes when the pod has been active for too long', () => {
    const view = pod('app:R', 'Always', { activeUntil: now + 5 });
    expect(planPod(view, now, kubeletBackoff)).toMatchObject({
      stop: [],
      lookAgainAt: now + 5,
      deadlineExceeded: false,
    });
    expect(planPod(view, now + 5, kubeletBackoff)).toMatchObject({
      stop: [{ name: 'app', killAt: now + 30_005 }],
      deadlineExceeded: true,
    });
  });
});
