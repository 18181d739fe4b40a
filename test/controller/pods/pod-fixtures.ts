/** Pods and records as the pure tests of the pod controller need them. */
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import { newRecord, type PodRecord } from '../../../src/controller/pods/pod-record.js';
import { podRef } from '../../../src/provider/provider.js';

export const t0 = Date.UTC(2026, 0, 1);

export interface PodOverrides {
  readonly metadata?: Pod['metadata'];
  readonly spec?: Partial<Pod['spec']>;
  readonly status?: PodStatus;
}

export function aPod(overrides: PodOverrides = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name: 'web',
      uid: 'u1',
      resourceVersion: '10',
      generation: 1,
      ...overrides.metadata,
    },
    spec: { nodeName: 'n', restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }], ...overrides.spec },
    status: overrides.status ?? { phase: 'Pending' },
  };
}

export function aLeavingPod(overrides: PodOverrides = {}): Pod {
  return aPod({
    ...overrides,
    metadata: {
      deletionTimestamp: new Date(t0 + 30_000).toISOString(),
      deletionGracePeriodSeconds: 30,
      ...overrides.metadata,
    },
  });
}

export function aRecord(pod: Pod, changes: Partial<PodRecord> = {}): PodRecord {
  return Object.assign(newRecord(podRef(pod), pod, 'absent'), { desired: pod }, changes);
}

export function running(name = 'c'): PodStatus {
  return {
    phase: 'Running',
    containerStatuses: [
      {
        name,
        image: 'i',
        imageID: '',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      },
    ],
  };
}

export function terminated(exitCode: number, phase = 'Running'): PodStatus {
  return {
    phase,
    containerStatuses: [
      { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode } } },
    ],
  };
}
