/** A provider of few lines: a cloud in memory, followed by a PodsTracker. */
import type { Node, Pod, PodStatus } from '../../../src/kube/types.js';
import { running } from '../../../src/provider/container-state.js';
import { buildPodStatus } from '../../../src/provider/pod-status.js';
import { podRef, type PodRef, type Provider } from '../../../src/provider/provider.js';
import type { NotifierContext } from '../../../src/provider/tracker/node-pods.js';
import type {
  ActivePod,
  BackendEvent,
  PodsTrackerHandler,
} from '../../../src/provider/tracker/pods-tracker-handler.js';
import type { PodsTrackerOptions } from '../../../src/provider/tracker/pods-tracker-options.js';
import { PodsTracker } from '../../../src/provider/tracker/pods-tracker.js';

/** What a cloud has, whoever asks it. Tells nobody of anything. */
export class Cloud implements PodsTrackerHandler {
  readonly groups = new Map<string, { readonly pod: Pod; status: PodStatus }>();
  readonly events = new Map<string, BackendEvent[]>();
  readonly removed: string[] = [];

  listActivePods(): Promise<readonly ActivePod[]> {
    return Promise.resolve([...this.groups.values()].map(({ pod }) => ({ ref: podRef(pod) })));
  }

  fetchPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return Promise.resolve(this.groups.get(ref.uid)?.status);
  }

  fetchPodEvents(ref: PodRef): Promise<readonly BackendEvent[]> {
    return Promise.resolve(this.events.get(ref.uid) ?? []);
  }

  cleanupPod(ref: PodRef): Promise<void> {
    this.removed.push(ref.name);
    this.groups.delete(ref.uid);
    return Promise.resolve();
  }

  run(pod: Pod, now: number): void {
    const containers = { c: { state: running({ startedAt: now }) } };
    const status = buildPodStatus(pod, { now, containers, podIP: '10.1.2.3' });
    this.groups.set(pod.metadata.uid ?? '', { pod, status });
  }
}

export class CloudProvider implements Provider {
  readonly tracker: PodsTracker;
  readonly #cloud: Cloud;
  readonly #now: () => number;

  constructor(cloud: Cloud, now: () => number, options: PodsTrackerOptions) {
    this.tracker = new PodsTracker(cloud, options);
    this.#cloud = cloud;
    this.#now = now;
  }

  notifyPods(notify: (pod: Pod) => void, context: NotifierContext): void {
    this.tracker.start(notify, context);
  }

  createPod(pod: Pod): Promise<void> {
    this.#cloud.run(pod, this.#now());
    return Promise.resolve();
  }

  updatePod(): Promise<void> {
    return Promise.resolve();
  }

  deletePod(pod: Pod): Promise<void> {
    this.#cloud.groups.delete(pod.metadata.uid ?? '');
    return Promise.resolve();
  }

  getPod(ref: PodRef): Promise<Pod | undefined> {
    return Promise.resolve(this.#cloud.groups.get(ref.uid)?.pod);
  }

  getPodStatus(ref: PodRef): Promise<PodStatus | undefined> {
    return this.#cloud.fetchPodStatus(ref);
  }

  getPods(): Promise<Pod[]> {
    return Promise.resolve([...this.#cloud.groups.values()].map(({ pod, status }) => ({ ...pod, status })));
  }

  configureNode(node: Node): void {
    node.metadata.labels = { ...node.metadata.labels, cloud: 'in-memory' };
  }
}
