/**
 * A backend in memory. It forgets everything when the process ends, as a machine that loses power would. Neighbours:
 * `pod-life.ts` (one pod), `config.ts` (the node), `failures.ts` and the delays below (what goes wrong, and slowly).
 */
import { VkError, objectKey, systemClock } from 'vk-sdk';
import type { CallContext, Clock, Node, Pod, PodNotifier, PodRef, PodStatus, Provider } from 'vk-sdk';
import { applyMockConfig, type MockNodeConfig } from './config.js';
import type { Failures } from './failures.js';
import { IpPool } from './ip-pool.js';
import { PodLife } from './pod-life.js';

export interface MockProviderOptions {
  readonly node: MockNodeConfig;
  /** Default: `127.0.0.1`. */
  readonly hostIP?: string;
  /** How long a creation takes. Default: 0. */
  readonly createDelayMs?: number;
  /** How long a deletion takes. Default: 0. */
  readonly deleteDelayMs?: number;
  /** From a pod's creation to its containers' start. Default: 0. */
  readonly startDelayMs?: number;
  /** Which creations, and deletions, fail. Default: none. */
  readonly failCreate?: Failures;
  readonly failDelete?: Failures;
  readonly clock?: Clock;
}

/** The synchronous mode: it tells of nothing by itself, the SDK asks. */
export class MockProvider implements Provider {
  readonly #options: MockProviderOptions;
  readonly #clock: Clock;
  readonly #lives = new Map<string, PodLife>();
  readonly #addresses = new IpPool();

  constructor(options: MockProviderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  configureNode(node: Node): void {
    applyMockConfig(node, this.#options.node);
  }

  async createPod(pod: Pod, { signal }: CallContext): Promise<void> {
    const { createDelayMs = 0, startDelayMs = 0, hostIP = '127.0.0.1', failCreate } = this.#options;
    if (createDelayMs > 0) await this.#clock.sleep(createDelayMs, signal);
    if (failCreate?.strikes()) {
      throw new VkError('Unavailable', `pod ${objectKey(pod)}: creation fails, as --fail-create asks`);
    }
    const uid = pod.metadata.uid ?? '';
    const life = this.#lives.get(uid);
    if (life) {
      life.update(pod);
      return;
    }
    const podIP = this.#addresses.take();
    const onChange = (changed: PodLife): void => this.onChange(changed.pod);
    this.#lives.set(uid, new PodLife(pod, { clock: this.#clock, hostIP, podIP, startDelayMs, onChange }));
  }

  async updatePod(pod: Pod): Promise<void> {
    this.#lives.get(pod.metadata.uid ?? '')?.update(pod);
  }

  async deletePod(pod: Pod, { signal }: CallContext): Promise<void> {
    const { deleteDelayMs = 0, failDelete } = this.#options;
    const uid = pod.metadata.uid ?? '';
    const life = this.#lives.get(uid);
    if (!life) return;
    if (deleteDelayMs > 0) await this.#clock.sleep(deleteDelayMs, signal);
    if (failDelete?.strikes()) {
      throw new VkError('Unavailable', `pod ${objectKey(pod)}: deletion fails, as --fail-delete asks`);
    }
    life.end();
    this.#lives.delete(uid);
    this.#addresses.release(life.podIP);
  }

  async getPod(ref: PodRef): Promise<Pod | undefined> {
    return this.#lives.get(ref.uid)?.pod;
  }

  async getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return this.#lives.get(ref.uid)?.status;
  }

  async getPods(): Promise<Pod[]> {
    return [...this.#lives.values()].map(({ pod }) => pod);
  }

  /** Stops all pods' clocks. Call it once the node is closed. */
  close(): void {
    for (const life of this.#lives.values()) life.forget();
  }

  protected onChange(_pod: Pod): void {
    // Whoever wants to know asks.
  }
}

/** The asynchronous mode: every change is told at once. */
export class NotifyingMockProvider extends MockProvider implements PodNotifier {
  #notify: (pod: Pod) => void = () => undefined;

  notifyPods(notify: (pod: Pod) => void): void {
    this.#notify = notify;
  }

  protected override onChange(pod: Pod): void {
    this.#notify(pod);
  }
}
