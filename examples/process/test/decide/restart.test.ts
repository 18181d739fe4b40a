import { describe, expect, it } from 'vitest';
import { kubeletBackoff, nextRun, restartPolicyOf, restartsAfter } from '../../src/decide/restart.js';

const container = { name: 'c' };

describe('a container that has ended', () => {
  it.each([
    ['Always', 0, true],
    ['Always', 1, true],
    ['OnFailure', 0, false],
    ['OnFailure', 3, true],
    ['Never', 0, false],
    ['Never', 3, false],
  ])('with policy %s and exit code %i: restarted %s', (policy, exitCode, restarts) => {
    expect(restartsAfter(restartPolicyOf(container, policy), exitCode)).toBe(restarts);
  });

  it('is an init container that succeeded: not restarted, whatever the pod says', () => {
    expect(restartsAfter(restartPolicyOf(container, 'Always', true), 0)).toBe(false);
    expect(restartsAfter(restartPolicyOf(container, 'Always', true), 1)).toBe(true);
    expect(restartsAfter(restartPolicyOf(container, 'Never', true), 1)).toBe(false);
  });

  it('obeys rules of its own before its policy, and its policy before the pod’s', () => {
    const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
    const policy = restartPolicyOf({ ...container, restartPolicy: 'Never', restartPolicyRules: [rule] }, 'Always');
    expect(restartsAfter(policy, 42)).toBe(true);
    expect(restartsAfter(policy, 1)).toBe(false);
  });
});

describe('the delay before a restart', () => {
  it('is none at first, then 10 s, doubled up to 5 min', () => {
    const delays: number[] = [];
    let run = { number: 0, backoffMs: 0, finishedAt: 0, exitCode: 1 };
    for (let restart = 0; restart < 8; restart++) {
      const next = nextRun(run, kubeletBackoff);
      delays.push((next.at - run.finishedAt) / 1_000);
      run = { number: next.number, backoffMs: next.backoffMs, finishedAt: next.at + 1_000, exitCode: 1 };
    }
    expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(run.number).toBe(8);
  });

  it('begins anew after a run of more than 10 min', () => {
    const ended = { number: 5, backoffMs: 160_000, exitCode: 1, startedAt: 0 };
    expect(nextRun({ ...ended, finishedAt: 600_001 }, kubeletBackoff)).toEqual({
      number: 6,
      at: 600_001,
      backoffMs: 10_000,
    });
    expect(nextRun({ ...ended, finishedAt: 600_000 }, kubeletBackoff).at).toBe(760_000);
  });
});
