/** A provider that does everything at once: what is left is the SDK's own work. */
import type { Pod, PodStatus } from '../../src/kube/types.js';
import type { PodRef, Provider } from '../../src/provider/provider.js';

export class InstantProvider implements Provider {
  readonly #statuses = new Map<string, { pod: Pod; status: PodStatus }>();
  #notify: (pod: Pod) => void = () => undefined;

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  createPod(pod: Pod): Promise<void> {
    const status = runningStatus(pod);
    this.#statuses.set(pod.metadata.uid ?? '', { pod, status });
    this.#notify({ ...pod, status });
    return Promise.resolve();
  }

  updatePod(): Promise<void> {
    return Promise.resolve();
  }

  deletePod(pod: Pod): Promise<void> {
    this.#statuses.delete(pod.metadata.uid ?? '');
    return Promise.resolve();
  }

  getPod(ref: PodRef): Promise<Pod | undefined> {
    const known = this.#statuses.get(ref.uid);
    return Promise.resolve(known && { ...known.pod, status: known.status });
  }

  getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return Promise.resolve(this.#statuses.get(ref.uid)?.status);
  }

  getPods(): Promise<Pod[]> {
    return Promise.resolve([...this.#statuses.values()].map(({ pod, status }) => ({ ...pod, status })));
  }

  /** Tells of another status of each pod, without waiting for the last one to be written. */
  change(uid: string, message: string): void {
    const known = this.#statuses.get(uid);
    if (known) this.#notify({ ...known.pod, status: { ...known.status, message } });
  }
}

export function runningStatus(pod: Pod): PodStatus {
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  return {
    phase: 'Running',
    startTime: at,
    hostIP: '10.0.0.1',
    podIP: '10.1.0.1',
    podIPs: [{ ip: '10.1.0.1' }],
    conditions: ['PodReadyToStartContainers', 'Initialized', 'ContainersReady', 'Ready', 'PodScheduled'].map(
      (type) => ({
        type,
        status: 'True',
        lastTransitionTime: at,
      }),
    ),
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: at } },
    })),
  };
}
