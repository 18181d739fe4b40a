import { describe, expect, it } from 'vitest';
import { statusPatch } from '../../../src/controller/pods/pod-status-patch.js';
import type { PodCondition, PodStatus } from '../../../src/kube/types.js';
import { aPod, running, t0 } from './pod-fixtures.js';

const ready = (status: string, at = '2025-12-31T00:00:00Z'): PodCondition => ({
  type: 'Ready',
  status,
  lastTransitionTime: at,
});

function patched(held: PodStatus, report: PodStatus, spec = {}): Readonly<Record<string, unknown>> | undefined {
  return statusPatch(aPod({ status: held, spec }), report, undefined, t0)?.status;
}

describe('status patch', () => {
  it('upstream §2: keeps the conditions of others by not naming them', () => {
    const foreign = { type: 'example.com/gate', status: 'True' };
    const patch = patched(
      { conditions: [foreign, ready('False')] },
      { conditions: [ready('True', '2026-01-01T00:00:00Z')] },
    );
    expect(patch).toEqual({ conditions: [ready('True', '2026-01-01T00:00:00Z')] });
  });

  it('keeps the transition time of a condition whose status stays', () => {
    const report = { conditions: [{ ...ready('True', '2026-01-01T00:00:00Z'), message: 'new' }] };
    expect(patched({ conditions: [ready('True')] }, report)).toEqual({
      conditions: [{ ...ready('True'), message: 'new' }],
    });
    expect(
      patched({ conditions: [ready('True')] }, { conditions: [ready('True', '2026-01-01T00:00:00Z')] }),
    ).toBeUndefined();
  });

  it('takes back the reason and message of a condition that no longer has them', () => {
    const held = { ...ready('False'), reason: 'ContainersNotReady', message: 'containers with unready status: [app]' };
    expect(patched({ conditions: [held] }, { conditions: [ready('True', '2026-01-01T00:00:00Z')] })).toEqual({
      conditions: [{ ...ready('True', '2026-01-01T00:00:00Z'), reason: null, message: null }],
    });
  });

  it('upstream §2: holds Ready back while a readiness gate is not True, and ignores the provider’s copy of the gate', () => {
    const spec = { readinessGates: [{ conditionType: 'gate' }] };
    const report = { conditions: [ready('True'), { type: 'gate', status: 'True' }] };
    expect(patched({}, report, spec)).toMatchObject({
      conditions: [{ type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' }],
    });
    const open = { conditions: [{ type: 'gate', status: 'True' }] };
    expect(patched(open, report, spec)).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
  });

  it('replaces lists that the server would otherwise merge, and fills the plural addresses in', () => {
    expect(patched({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] }, { podIP: '10.0.0.2' })).toEqual({
      podIP: '10.0.0.2',
      podIPs: [{ $patch: 'replace' }, { ip: '10.0.0.2' }],
    });
  });

  it('never sends what the control plane owns', () => {
    expect(patched({ qosClass: 'Burstable' }, { qosClass: 'Guaranteed', nominatedNodeName: 'x' })).toBeUndefined();
  });

  it('takes reason and message back when the report has none', () => {
    expect(patched({ phase: 'Pending', reason: 'ProviderFailed', message: 'm' }, { phase: 'Pending' })).toEqual({
      reason: null,
      message: null,
    });
  });

  it('sees no change in times of another precision, and in empty values left out or filled in', () => {
    const held = running();
    const report = running();
    report.startTime = '2026-01-01T00:00:00.750Z';
    held.startTime = '2026-01-01T00:00:00Z';
    held.containerStatuses![0]!.lastState = {};
    report.initContainerStatuses = [];
    expect(patched(held, report)).toBeUndefined();
  });

  it('kubelet-protocol §8: tells the generation that was acted on', () => {
    const pod = aPod({ metadata: { uid: 'u1', generation: 3 }, status: { ...running(), observedGeneration: 2 } });
    expect(statusPatch(pod, running(), 3, t0)?.status).toEqual({ observedGeneration: 3 });
  });
});
