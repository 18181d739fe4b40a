import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/kube/reflector/backoff.js';
import { isChatty, longestSilenceMs, watchSeconds } from '../../../src/kube/reflector/liveness.js';
import { firstPlan, nextPlan, type Outcome, type Plan } from '../../../src/kube/reflector/plan.js';
import { type ErrorCode, VkError } from '../../../src/runtime/errors.js';

const codes: ErrorCode[] = [
  'NotFound',
  'InvalidInput',
  'Conflict',
  'Expired',
  'Unauthorized',
  'Forbidden',
  'TooManyRequests',
  'Unavailable',
  'Timeout',
  'NotImplemented',
  'Internal',
];

const idleWatch = { synced: true, progress: false, lastedMs: 0, silenceMs: 0 };

/** Outcomes that the step of `plan` can have. */
function outcomeFor(plan: Plan, code: ErrorCode, kind: number): Outcome {
  const error = new VkError(code, 'planned');
  if (plan.step.type === 'page') {
    if (kind % 3 === 0) return { type: 'page', token: kind % 2 === 0 ? 'next' : undefined };
    return { type: 'failed', error, ...idleWatch, synced: false };
  }
  const record = { ...idleWatch, synced: plan.step.type === 'watch' || kind % 2 === 0, lastedMs: kind * 400 };
  if (kind % 3 === 0) return { type: 'ended', ...record };
  return { type: 'failed', error, ...record, progress: record.synced && kind % 5 === 0 };
}

describe('the plan of a reflector', () => {
  it('never asks in a loop: whatever fails, three steps without a wait hold one that worked', () => {
    const script = fc.array(fc.tuple(fc.constantFrom(...codes), fc.nat(10)), { maxLength: 60 });
    fc.assert(
      fc.property(script, fc.boolean(), (steps, streaming) => {
        let plan = firstPlan(streaming);
        let fruitless = 0;
        for (const [code, kind] of steps) {
          const outcome = outcomeFor(plan, code, kind);
          plan = nextPlan(plan, outcome, Math.random);
          const worked =
            outcome.type === 'page' || ('progress' in outcome && (outcome.progress || outcome.lastedMs >= 1_000));
          fruitless = worked || plan.delayMs > 0 ? 0 : fruitless + 1;
          expect(fruitless).toBeLessThan(3);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('opens a watch only after a list that was read to its end', () => {
    const script = fc.array(fc.tuple(fc.constantFrom(...codes), fc.nat(10)), { maxLength: 60 });
    fc.assert(
      fc.property(script, fc.boolean(), (steps, streaming) => {
        let plan = firstPlan(streaming);
        let complete = false;
        for (const [code, kind] of steps) {
          if (plan.step.type !== 'watch') complete = false;
          const outcome = outcomeFor(plan, code, kind);
          if (outcome.type === 'page') complete = outcome.token === undefined;
          else if ('synced' in outcome) complete ||= outcome.synced;
          plan = nextPlan(plan, outcome, Math.random);
          if (plan.step.type === 'watch') expect(complete).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('goes back to pages where a list without them fails', () => {
    const whole: Plan = { step: { type: 'page', whole: true }, delayMs: 0, attempt: 1, streaming: false };
    const error = new VkError('Timeout', 'too large');
    const next = nextPlan(whole, { type: 'failed', error, ...idleWatch, synced: false }, () => 0);
    expect(next.step).toEqual({ type: 'page' });
    expect(next.delayMs).toBeGreaterThan(0);
  });
});

describe('waits', () => {
  it('double up to a ceiling, in their upper half', () => {
    expect([0, 1, 2, 3, 10, 1_000].map((attempt) => backoffMs(attempt, undefined, () => 0))).toEqual([
      400, 800, 1_600, 3_200, 15_000, 15_000,
    ]);
    expect(backoffMs(1_000, undefined, () => 0.999_999)).toBe(30_000);
  });

  it('are not shorter than Retry-After', () => {
    const error = new VkError('TooManyRequests', 'later', { retry: { afterMs: 60_000 } });
    expect(backoffMs(0, error, () => 0)).toBe(60_000);
    expect(backoffMs(0, error, () => 0.999_999)).toBe(66_000);
  });
});

describe('the length of a watch', () => {
  it('lets a quiet watch end before its silence would be taken for death', () => {
    for (const drawn of [0, 0.5, 0.999]) {
      const ms = watchSeconds(false, 1_800_000, () => drawn) * 1_000;
      expect(ms).toBeGreaterThanOrEqual(40_000);
      expect(ms).toBeLessThanOrEqual(longestSilenceMs - 5_000);
    }
  });

  it('never exceeds the longest that was asked for', () => {
    expect(watchSeconds(false, 10_000, () => 0.9)).toBe(10);
    expect(watchSeconds(true, 600_000, () => 0)).toBe(300);
    expect(watchSeconds(true, 600_000, () => 1)).toBe(600);
  });

  it('is learnt from silences, and from nothing that was too short to have one', () => {
    expect(isChatty(false, { lastedMs: 10_000, silenceMs: 1_000 })).toBe(false);
    expect(isChatty(true, { lastedMs: 0, silenceMs: 0 })).toBe(true);
    expect(isChatty(false, { lastedMs: 45_000, silenceMs: 20_000 })).toBe(true);
    expect(isChatty(true, { lastedMs: 600_000, silenceMs: 55_000 })).toBe(false);
  });
});
