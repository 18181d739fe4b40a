import { buildPodStatus, running, terminated, type Pod, type PodRef, type PodStatus, type Provider } from 'vk-sdk';

/** A backend that "runs" pods by remembering them: a whole provider, to be read in a minute. */
export class MemoryProvider implements Provider {
  readonly #pods = new Map<string, Pod>();
  #created = 0;
  #notify: (pod: Pod) => void = () => undefined;

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  async createPod(pod: Pod): Promise<void> {
    const state = running({ startedAt: Date.now() });
    const podIP = `10.0.0.${++this.#created % 256}`;
    const containers = Object.fromEntries(pod.spec.containers.map(({ name }) => [name, { state }]));
    this.#report({ ...pod, status: buildPodStatus(pod, { now: Date.now(), podIP, containers }) });
  }

  async updatePod(pod: Pod): Promise<void> {
    const status = this.#pods.get(pod.metadata.uid ?? '')?.status;
    this.#report({ ...pod, ...(status && { status }) });
  }

  async deletePod(pod: Pod): Promise<void> {
    const state = terminated({ exitCode: 0, finishedAt: Date.now() });
    const containers = Object.fromEntries(pod.spec.containers.map(({ name }) => [name, { state }]));
    this.#report({ ...pod, status: buildPodStatus(pod, { now: Date.now(), containers, ended: true }) });
    this.#pods.delete(pod.metadata.uid ?? '');
  }

  async getPod(ref: PodRef): Promise<Pod | undefined> {
    return this.#pods.get(ref.uid);
  }

  async getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return this.#pods.get(ref.uid)?.status;
  }

  async getPods(): Promise<Pod[]> {
    return [...this.#pods.values()];
  }

  #report(pod: Pod): void {
    this.#pods.set(pod.metadata.uid ?? '', pod);
    this.#notify(pod);
  }
}
