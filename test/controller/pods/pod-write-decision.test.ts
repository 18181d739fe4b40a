import { describe, expect, it } from 'vitest';
import { decideWrite } from '../../../src/controller/pods/pod-write-decision.js';
import { aLeavingPod, aPod, aRecord, running, t0, terminated } from './pod-fixtures.js';

const rules = { forceFinaliseAfterMs: undefined };

describe('which API write a pod needs', () => {
  it('none while there is nothing to tell', () => {
    expect(decideWrite(aRecord(aPod()), rules, t0).type).toBe('none');
  });

  it('upstream §2: the status, with what differs alone and the uid', () => {
    const record = aRecord(aPod({ status: running() }), {
      backend: 'present',
      reported: { ...running(), message: 'nearly full' },
    });
    expect(decideWrite(record, rules, t0)).toMatchObject({ type: 'status' });
    const { patch } = decideWrite(record, rules, t0) as { patch: unknown };
    expect(patch).toEqual({ metadata: { uid: 'u1' }, status: { message: 'nearly full' } });
  });

  it('invariant 6: none when the object holds what is reported, whatever the server made of its form', () => {
    const held = running();
    const record = aRecord(aPod({ status: { ...held, qosClass: 'BestEffort', hostIP: '10.0.0.1' } }), {
      backend: 'present',
      reported: { ...held, message: '' },
    });
    expect(decideWrite(record, rules, t0).type).toBe('none');
  });

  it('upstream §2: none once the phase is terminal', () => {
    const record = aRecord(aPod({ status: { phase: 'Failed' } }), { backend: 'present', reported: running() });
    expect(decideWrite(record, rules, t0).type).toBe('none');
  });

  it('upstream §2: ProviderFailed while a create fails, Failed when it is not tried again', () => {
    const failing = { message: 'quota (attempt 2)', attempts: 2, retryAt: t0 + 1, isMissingInputs: false };
    const waiting = decideWrite(aRecord(aPod(), { backend: 'uncertain', failures: { create: failing } }), rules, t0);
    expect(waiting).toMatchObject({
      patch: { status: { reason: 'ProviderFailed', message: 'quota (attempt 2)' } },
    });
    const final = { ...failing, retryAt: undefined, isMissingInputs: false };
    const record = aRecord(aPod(), { backend: 'uncertain', failures: { create: final } });
    expect(decideWrite(record, rules, t0).type).toBe('none');
    const failed = decideWrite({ ...record, backend: 'absent' }, rules, t0);
    expect(failed).toMatchObject({ patch: { status: { phase: 'Failed', reason: 'ProviderFailed' } } });
  });

  it('takes a pod out of service that had run and cannot be made anew', () => {
    const failing = { message: 'quota (attempt 2)', attempts: 2, retryAt: t0 + 1, isMissingInputs: false };
    const record = aRecord(aPod({ status: running() }), { backend: 'absent', failures: { create: failing } });
    expect(decideWrite(record, rules, t0)).toMatchObject({
      patch: {
        status: {
          phase: 'Pending',
          reason: 'ProviderFailed',
          conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'False' })]) as unknown,
          containerStatuses: [{ ready: false, state: { waiting: {} } }],
        },
      },
    });
  });

  it('upstream §2: keeps the phase of a running pod whose update fails', () => {
    const record = aRecord(aPod({ status: running() }), {
      backend: 'present',
      reported: running(),
      failures: { update: { message: 'no', attempts: 1, retryAt: t0, isMissingInputs: false } },
    });
    expect(decideWrite(record, rules, t0)).toMatchObject({
      patch: { status: { reason: 'ProviderFailed', message: 'no' } },
    });
  });

  it('takes ProviderFailed back when the create has succeeded', () => {
    const pod = aPod({ status: { phase: 'Pending', reason: 'ProviderFailed', message: 'quota' } });
    expect(decideWrite(aRecord(pod, { backend: 'present' }), rules, t0)).toMatchObject({
      patch: { status: { reason: null, message: null } },
    });
  });

  it('repairs at once what others overwrote, and after a pause if they go on', () => {
    const reported = running();
    const overwritten = aPod({ status: { ...reported, phase: 'Unknown' } });
    const once = aRecord(overwritten, {
      backend: 'present',
      reported,
      sent: { cause: reported, generation: undefined, result: reported, repairs: 0, at: t0 },
    });
    expect(decideWrite(once, rules, t0)).toMatchObject({ type: 'status', repair: true });
    const often = aRecord(overwritten, {
      backend: 'present',
      reported,
      sent: { cause: reported, generation: undefined, result: reported, repairs: 3, at: t0 },
    });
    expect(decideWrite(often, rules, t0)).toEqual({ type: 'wait', until: t0 + 4_000 });
  });

  it('upstream §2: the last delete as soon as the backend confirms the end, after the status that tells of it', () => {
    const deleted = { gracePeriodSeconds: 30, at: t0, checks: 0 };
    const reported = terminated(0, 'Succeeded');
    const told = aRecord(aLeavingPod(), { backend: 'ended', reported, deleted });
    expect(decideWrite(told, rules, t0)).toMatchObject({ type: 'status', patch: { status: { phase: 'Succeeded' } } });
    const written = aRecord(aLeavingPod({ status: reported }), { backend: 'ended', reported, deleted });
    expect(decideWrite(written, rules, t0).type).toBe('finalise');
    expect(decideWrite(aRecord(aLeavingPod(), { backend: 'gone' }), rules, t0).type).toBe('finalise');
  });

  it('upstream §2, invariant 5: never while the backend says that the pod runs, unless the user set a deadline', () => {
    const record = aRecord(aLeavingPod(), {
      backend: 'present',
      deleted: { gracePeriodSeconds: 30, at: t0, checks: 5 },
    });
    expect(decideWrite(record, rules, t0 + 86_400_000).type).toBe('none');
    const deadline = { forceFinaliseAfterMs: 60_000 };
    expect(decideWrite(record, deadline, t0)).toEqual({ type: 'wait', until: t0 + 90_000 });
    expect(decideWrite(record, deadline, t0 + 90_000).type).toBe('finalise');
  });

  it('no delete that was sent before: somebody else keeps the object', () => {
    const pod = aLeavingPod({ metadata: { uid: 'u1', deletionGracePeriodSeconds: 0, finalizers: ['example.com/x'] } });
    expect(decideWrite(aRecord(pod, { backend: 'gone' }), rules, t0).type).toBe('none');
  });

  it('upstream §2: the delete of a pod that the backend evicted, once', () => {
    const evicted = { gracePeriodSeconds: 5, sent: false };
    const record = aRecord(aPod(), { backend: 'present', evicted });
    expect(decideWrite(record, rules, t0)).toEqual({ type: 'evict', gracePeriodSeconds: 5 });
    record.evicted = { ...evicted, sent: true };
    expect(decideWrite(record, rules, t0).type).toBe('none');
  });
});
