/** A backend in memory that keeps a journal, and can be told to be slow, to fail, or to outlive its controller. */
import type { Pod, PodStatus } from '../../../src/kube/types.js';
import type { CallContext, DeleteContext, PodRef, Provider } from '../../../src/provider/provider.js';
import { running, terminated } from './pod-fixtures.js';

export class MemoryProvider implements Provider {
  /** What runs, by uid. */
  readonly instances = new Map<string, Pod>();
  /** `create default/web u1` and the like, in order. */
  readonly journal: string[] = [];
  /** Awaited by each call before it does anything: reject to fail, wait to be slow. */
  before: (call: string, pod: { name: string; uid: string }, context: CallContext) => Promise<void> | void = () =>
    undefined;
  /** Whether deleting ends a pod at once. Else it runs until `end` is called. */
  endsAtOnce = true;
  #notify: ((pod: Pod) => void) | undefined;

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  async createPod(pod: Pod, context: CallContext): Promise<void> {
    await this.#enter('create', pod, context);
    if (this.instances.has(pod.metadata.uid ?? '')) throw new Error(`second instance of ${pod.metadata.name}`);
    this.instances.set(pod.metadata.uid ?? '', { ...pod, status: running() });
    this.report(pod.metadata.uid ?? '', running());
  }

  async updatePod(pod: Pod, context: CallContext): Promise<void> {
    await this.#enter('update', pod, context);
    const before = this.instances.get(pod.metadata.uid ?? '');
    this.instances.set(pod.metadata.uid ?? '', { ...pod, ...(before?.status ? { status: before.status } : {}) });
  }

  async deletePod(pod: Pod, context: DeleteContext): Promise<void> {
    await this.#enter('delete', pod, context);
    if (this.endsAtOnce) this.end(pod.metadata.uid ?? '');
  }

  getPod(ref: PodRef): Promise<Pod | undefined> {
    return Promise.resolve(this.instances.get(ref.uid));
  }

  async getPodStatus(ref: PodRef, context: CallContext): Promise<PodStatus | undefined> {
    await this.before('status', ref, context);
    return this.instances.get(ref.uid)?.status;
  }

  async getPods(context: CallContext): Promise<Pod[]> {
    await this.before('list', { name: '', uid: '' }, context);
    return [...this.instances.values()];
  }

  /** The instance ends, says so, and is forgotten. */
  end(uid: string, exitCode = 0): void {
    this.report(uid, terminated(exitCode, exitCode === 0 ? 'Succeeded' : 'Failed'));
    this.instances.delete(uid);
  }

  report(uid: string, status: PodStatus): void {
    const pod = this.instances.get(uid);
    if (pod === undefined) return;
    this.instances.set(uid, { ...pod, status });
    this.#notify?.({ ...pod, status });
  }

  evict(uid: string): void {
    const pod = this.instances.get(uid);
    if (pod === undefined) throw new Error(`no instance ${uid}`);
    this.#notify?.({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  }

  async #enter(call: string, pod: Pod, context: CallContext): Promise<void> {
    const { namespace, name = '', uid = '' } = pod.metadata;
    this.journal.push(`${call} ${namespace}/${name}`);
    await this.before(call, { name, uid }, context);
  }
}
