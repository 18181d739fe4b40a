import { describe, expect, it } from 'vitest';
import { decideCall } from '../../../src/controller/pods/pod-call-decision.js';
import { takeAbsence, takeObject, takeReport } from '../../../src/controller/pods/pod-observation.js';
import { aLeavingPod, aPod, aRecord, running, t0, terminated } from './pod-fixtures.js';

describe('which provider call a pod needs', () => {
  it('creates a pod that the backend does not have', () => {
    const pod = aPod();
    expect(decideCall(aRecord(pod), false, t0)).toEqual({ type: 'create', pod });
  });

  it('upstream §2: a pod waits while another uid of its name is in the backend', () => {
    expect(decideCall(aRecord(aPod()), true, t0).type).toBe('none');
  });

  it('asks the backend first for a pod that it did not list at start', () => {
    expect(decideCall(aRecord(aPod(), { backend: 'unknown' }), false, t0).type).toBe('verify');
  });

  it('asks the backend before it repeats a create that failed', () => {
    const failure = { message: 'm', attempts: 1, retryAt: t0 + 500, isMissingInputs: false };
    const record = aRecord(aPod(), { backend: 'uncertain', failures: { create: failure } });
    expect(decideCall(record, false, t0).type).toBe('verify');
    takeAbsence(record, t0);
    expect(decideCall(record, false, t0)).toEqual({ type: 'wait', until: t0 + 500 });
    expect(decideCall(record, false, t0 + 500).type).toBe('create');
  });

  it('takes a report that says the same again for the same, whatever the server made of it', () => {
    const record = aRecord(aPod(), { backend: 'present' });
    takeReport(record, running());
    const { reported } = record;
    takeReport(record, running());
    expect(record.reported).toBe(reported);
  });

  it('asks for a pod whose create was called useless, and does not repeat it', () => {
    const failure = { message: 'm', attempts: 1, retryAt: undefined, isMissingInputs: false };
    const record = aRecord(aPod(), { backend: 'uncertain', failures: { create: failure } });
    expect(decideCall(record, false, t0).type).toBe('verify');
    takeAbsence(record, t0);
    expect(decideCall(record, false, t0).type).toBe('none');
  });

  it.each([
    ['containers', aPod({ spec: { containers: [{ name: 'c', image: 'new' }] } })],
    ['initContainers', aPod({ spec: { initContainers: [{ name: 'i', image: 'i' }] } })],
    ['ephemeralContainers', aPod({ spec: { ephemeralContainers: [{ name: 'debug', image: 'i' }] } })],
    ['activeDeadlineSeconds', aPod({ spec: { activeDeadlineSeconds: 5 } })],
    ['tolerations', aPod({ spec: { tolerations: [{ operator: 'Exists' }] } })],
    ['labels', aPod({ metadata: { namespace: 'default', name: 'web', uid: 'u1', labels: { a: 'b' } } })],
    ['annotations', aPod({ metadata: { namespace: 'default', name: 'web', uid: 'u1', annotations: { a: 'b' } } })],
  ])('upstream §2: updates when %s differ', (_, changed) => {
    const desired = { ...changed, metadata: { ...changed.metadata, resourceVersion: '11' } };
    const record = aRecord(desired, { backend: 'present', applied: aPod() });
    expect(decideCall(record, false, t0)).toEqual({ type: 'update', pod: desired });
  });

  it('upstream §2: does nothing when only the status changed', () => {
    const desired = aPod({ metadata: { uid: 'u1', resourceVersion: '12' }, status: running() });
    expect(decideCall(aRecord(desired, { backend: 'present', applied: aPod() }), false, t0).type).toBe('none');
  });

  it('upstream §2: leaves a pod alone that has ended', () => {
    const pod = aPod({ status: { phase: 'Succeeded' } });
    expect(decideCall(aRecord(pod, { backend: 'ended', reported: terminated(0, 'Succeeded') }), false, t0).type).toBe(
      'none',
    );
  });

  it('stops what still runs of a pod that somebody else ended in Kubernetes', () => {
    const pod = aPod({ status: { phase: 'Failed', reason: 'Evicted' } });
    expect(decideCall(aRecord(pod, { backend: 'present', reported: running() }), false, t0).type).toBe('delete');
  });
});

describe('deletion', () => {
  it('is told to the provider with its grace, once, and looked after with growing pauses', () => {
    const pod = aLeavingPod();
    const record = aRecord(pod, { backend: 'present', reported: running() });
    expect(decideCall(record, false, t0)).toEqual({ type: 'delete', pod, gracePeriodSeconds: 30 });
    record.deleted = { gracePeriodSeconds: 30, at: t0, checks: 0 };
    expect(decideCall(record, false, t0).type).toBe('verify');
    record.deleted = { gracePeriodSeconds: 30, at: t0, checks: 1 };
    expect(decideCall(record, false, t0)).toEqual({ type: 'wait', until: t0 + 500 });
    record.deleted = { gracePeriodSeconds: 30, at: t0, checks: 3 };
    expect(decideCall(record, false, t0)).toEqual({ type: 'wait', until: t0 + 3_500 });
  });

  it('upstream §1: is told again when its grace is shortened, or when the pod outlives it by far', () => {
    const record = aRecord(aLeavingPod({ metadata: { uid: 'u1', deletionGracePeriodSeconds: 1 } }), {
      backend: 'present',
      deleted: { gracePeriodSeconds: 30, at: t0, checks: 2 },
    });
    expect(decideCall(record, false, t0)).toMatchObject({ type: 'delete', gracePeriodSeconds: 1 });
    const late = aRecord(aLeavingPod(), { backend: 'present', deleted: { gracePeriodSeconds: 30, at: t0, checks: 8 } });
    expect(decideCall(late, false, t0 + 60_000).type).toBe('delete');
  });

  it('upstream §2: needs no call for a pod that never reached the backend', () => {
    expect(decideCall(aRecord(aLeavingPod()), false, t0).type).toBe('none');
  });

  it('reaches a backend whose create failed, as something may be there', () => {
    const record = aRecord(aLeavingPod(), {
      failures: { create: { message: 'm', attempts: 1, retryAt: t0, isMissingInputs: false } },
    });
    expect(decideCall(record, false, t0).type).toBe('delete');
  });

  it('upstream §2: every disappearance reaches the provider, an inferred one after the server was asked', () => {
    const gone = { desired: undefined, backend: 'present' } as const;
    expect(decideCall(aRecord(aPod(), { ...gone, disappearance: 'certain' }), false, t0).type).toBe('delete');
    expect(decideCall(aRecord(aPod(), { ...gone, disappearance: 'inferred' }), false, t0).type).toBe('confirm');
  });

  it('forgets a pod that neither side has', () => {
    expect(decideCall(aRecord(aPod(), { desired: undefined, backend: 'gone' }), false, t0).type).toBe('forget');
    expect(decideCall(aRecord(aPod(), { desired: undefined, backend: 'absent' }), false, t0).type).toBe('forget');
  });
});

describe('what a record takes', () => {
  it('invariant 6: a report after the end does not bring the pod back', () => {
    const record = aRecord(aPod(), { backend: 'present' });
    takeReport(record, terminated(0, 'Succeeded'));
    expect(takeReport(record, running())).toBe(false);
    expect(record.backend).toBe('ended');
  });

  it('takes all containers terminated for the end only of a pod that is being deleted', () => {
    const restarting = aRecord(aPod(), { backend: 'present' });
    takeReport(restarting, terminated(1));
    expect(restarting.backend).toBe('present');
    const deleted = aRecord(aLeavingPod(), {
      backend: 'present',
      deleted: { gracePeriodSeconds: 30, at: t0, checks: 0 },
    });
    takeReport(deleted, terminated(1));
    expect(deleted).toMatchObject({ backend: 'ended', reported: { phase: 'Failed' } });
  });

  it('ignores an older view of the object', () => {
    const record = aRecord(aPod({ metadata: { uid: 'u1', resourceVersion: '100' } }));
    takeObject(record, aPod({ metadata: { uid: 'u1', resourceVersion: '99' } }));
    expect(record.desired?.metadata.resourceVersion).toBe('100');
  });

  it('fails a pod that is never to be restarted and was lost while nobody looked', () => {
    const pod = aPod({ spec: { restartPolicy: 'Never' }, status: running() });
    const record = aRecord(pod, { backend: 'unknown' });
    takeAbsence(record, t0);
    expect(record.reported).toMatchObject({ phase: 'Failed', reason: 'NotFound' });
    expect(decideCall(record, false, t0).type).toBe('none');
  });

  it('creates a pod again that was lost while nobody looked, if it is to be restarted', () => {
    const record = aRecord(aPod({ status: running() }), { backend: 'unknown' });
    takeAbsence(record, t0);
    expect(decideCall(record, false, t0).type).toBe('create');
  });
});
