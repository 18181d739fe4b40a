/** Pods for tests, and what a backend says of them. */
import type { Container, Pod, PodStatus } from '../../../src/kube/types.js';

export interface PodShape {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  /** Default: 5. Kubernetes' own default of 30 would only make a failing test slow. */
  readonly gracePeriodSeconds?: number;
  readonly containers?: readonly Container[];
}

/** A pod bound to `nodeName`, of one container unless `shape` says otherwise. */
export function podOn(nodeName: string, name: string, shape: PodShape = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: shape.namespace ?? 'default',
      ...(shape.labels ? { labels: { ...shape.labels } } : {}),
      ...(shape.annotations ? { annotations: { ...shape.annotations } } : {}),
    },
    spec: {
      nodeName,
      restartPolicy: shape.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: shape.gracePeriodSeconds ?? 5,
      tolerations: [{ operator: 'Exists' }],
      containers: [...(shape.containers ?? [{ name: 'main', image: 'example.com/app:1' }])],
    },
  };
}

function conditions(ready: boolean, at: string): PodStatus['conditions'] {
  const condition = (type: string, status: boolean): NonNullable<PodStatus['conditions']>[number] => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: at,
  });
  return [
    condition('PodScheduled', true),
    condition('Initialized', true),
    condition('ContainersReady', ready),
    condition('Ready', ready),
  ];
}

/** Every container of `pod` runs since `startedAt` (RFC 3339). */
export function runningStatus(pod: Pod, startedAt: string): PodStatus {
  return {
    phase: 'Running',
    startTime: startedAt,
    hostIP: '127.0.0.1',
    podIP: '10.1.2.3',
    podIPs: [{ ip: '10.1.2.3' }],
    conditions: conditions(true, startedAt) ?? [],
    containerStatuses: pod.spec.containers.map((container) => ({
      name: container.name,
      image: container.image ?? '',
      imageID: '',
      containerID: `file://${pod.metadata.uid}/${container.name}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt } },
    })),
  };
}

/** Every container of `pod` has ended with `exitCode`. */
export function endedStatus(pod: Pod, startedAt: string, finishedAt: string, exitCode: number): PodStatus {
  const running = runningStatus(pod, startedAt);
  return {
    ...running,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: conditions(false, finishedAt) ?? [],
    containerStatuses: (running.containerStatuses ?? []).map((status) => ({
      ...status,
      ready: false,
      started: false,
      state: {
        terminated: {
          exitCode,
          reason: exitCode === 0 ? 'Completed' : 'Error',
          startedAt,
          finishedAt,
        },
      },
    })),
  };
}
