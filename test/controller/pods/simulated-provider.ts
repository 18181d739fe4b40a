/** A backend for random histories: slow, failing before or after it has done the work, and strict about what it is asked. */
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import type { CallContext, DeleteContext, PodRef, Provider } from '../../../src/provider/provider.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { running, terminated } from './pod-fixtures.js';

interface Instance {
  pod: Pod;
  status: PodStatus;
  isLive: boolean;
}

export class SimulatedProvider implements Provider {
  /** Chance in percent that a call fails. */
  trouble = 0;
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  readonly journal: string[] = [];
  readonly #instances = new Map<string, Instance>();
  readonly #calls = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #clock: Clock;
  readonly #chance: (below: number) => number;
  #life = 0;
  #notify: ((pod: Pod) => void) | undefined;

  constructor(clock: Clock, chance: (below: number) => number) {
    this.#clock = clock;
    this.#chance = chance;
  }

  /** The same backend, as one that tells nothing by itself. */
  polled(): Provider {
    this.#notify = undefined;
    return {
      createPod: (pod, context) => this.createPod(pod, context),
      updatePod: (pod, context) => this.updatePod(pod, context),
      deletePod: (pod, context) => this.deletePod(pod, context),
      getPod: (ref) => this.getPod(ref),
      getPodStatus: (ref, context) => this.getPodStatus(ref, context),
      getPods: (context) => this.getPods(context),
    };
  }

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  createPod(pod: Pod, context: CallContext): Promise<void> {
    const { namespace, name, uid = '' } = pod.metadata;
    return this.#call('create', pod.metadata, context, () => {
      const existing = this.#instances.get(uid);
      if (this.#ended.has(uid)) this.violations.push(`${name} ${uid} is created again after its end`);
      if (existing?.isLive) return;
      for (const other of this.#instances.values()) {
        const { metadata } = other.pod;
        if (other.isLive && metadata.namespace === namespace && metadata.name === name) {
          this.violations.push(`${name} ${uid} is created while ${metadata.uid} lives`);
        }
      }
      this.#instances.set(uid, { pod, status: running(), isLive: true });
      this.report(uid, running());
    });
  }

  updatePod(pod: Pod, context: CallContext): Promise<void> {
    return this.#call('update', pod.metadata, context, () => {
      const instance = this.#instances.get(pod.metadata.uid ?? '');
      if (instance !== undefined) instance.pod = pod;
    });
  }

  deletePod(pod: Pod, context: DeleteContext): Promise<void> {
    const { uid = '' } = pod.metadata;
    return this.#call('delete', pod.metadata, context, () => {
      const after = this.#chance(Math.min(context.gracePeriodSeconds, 5) + 1) * 1_000;
      const end = (): void => {
        this.end(uid, terminated(0, 'Succeeded'));
        this.#instances.delete(uid);
      };
      if (after === 0) end();
      else this.#clock.setTimer(after, end);
    });
  }

  getPod(ref: PodRef): Promise<Pod | undefined> {
    return Promise.resolve(this.#instances.get(ref.uid)?.pod);
  }

  async getPodStatus(ref: PodRef, context: CallContext): Promise<PodStatus | undefined> {
    await this.#call('status', ref, context, () => undefined);
    return this.#instances.get(ref.uid)?.status;
  }

  async getPods(context: CallContext): Promise<Pod[]> {
    await this.#pause(context);
    this.#mayFail('list');
    return [...this.#instances.values()].map(({ pod, status }) => ({ ...pod, status }));
  }

  /** Uids of what runs. */
  live(): string[] {
    return [...this.#instances].filter(([, { isLive }]) => isLive).map(([uid]) => uid);
  }

  status(uid: string): PodStatus | undefined {
    return this.#instances.get(uid)?.status;
  }

  labels(uid: string): Readonly<Record<string, string>> {
    return this.#instances.get(uid)?.pod.metadata.labels ?? {};
  }

  report(uid: string, status: PodStatus): void {
    const instance = this.#instances.get(uid);
    if (!instance?.isLive) return;
    instance.status = status;
    this.#notify?.({ ...instance.pod, status });
  }

  end(uid: string, status: PodStatus): void {
    const instance = this.#instances.get(uid);
    if (!instance?.isLive) return;
    this.#ended.add(uid);
    this.journal.push(`${uid} ends`);
    this.report(uid, status);
    instance.isLive = false;
  }

  /** As if the machine under the pod had gone, and what was known of its end with it. */
  lose(uid: string): void {
    this.#instances.delete(uid);
    this.#ended.delete(uid);
  }

  evict(uid: string): void {
    const instance = this.#instances.get(uid);
    if (!instance?.isLive) return;
    const { pod, status } = instance;
    this.#notify?.({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }, status });
  }

  /** The process died: whoever waited for an answer does so no more. */
  forgetCalls(): void {
    this.#calls.clear();
    this.#life += 1;
  }

  async #call(
    call: string,
    about: { name?: string; uid?: string },
    context: CallContext,
    work: () => void,
  ): Promise<void> {
    const { name, uid = '' } = about;
    const other = this.#calls.get(uid);
    if (other !== undefined) this.violations.push(`${call} of ${name} ${uid} overlaps ${other}`);
    const life = this.#life;
    this.#calls.set(uid, call);
    try {
      await this.#pause(context);
      // A dead process sends nothing: what it was about to ask for is not done.
      if (life !== this.#life) return;
      if (call !== 'status') this.journal.push(`${this.#clock.now() % 86_400_000} ms: ${call} ${name} ${uid}`);
      this.#mayFail(`${call} before`);
      work();
      this.#mayFail(`${call} after`);
    } finally {
      if (life === this.#life) this.#calls.delete(uid);
    }
  }

  async #pause({ signal }: CallContext): Promise<void> {
    const ms = [0, 0, 5, 400, 4_000][this.#chance(5)] ?? 0;
    if (ms > 0) await this.#clock.sleep(ms, signal);
  }

  #mayFail(where: string): void {
    if (this.#chance(100) < this.trouble) throw new Error(`${where}: trouble`);
  }
}
