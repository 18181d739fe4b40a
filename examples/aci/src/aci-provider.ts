/**
 * A provider whose backend is a cloud: pods are container groups of Azure Container Instances.
 *
 * Neighbours: `aci-pods.ts` (pods as groups), `mapping/` (what of a pod becomes what of a group, and back), `cloud/` (how the
 * cloud is asked), `streams/` (logs and exec), `aci-node.ts`, `config/` (azure-aci's settings).
 *
 * Invariants
 * 1. Nothing is remembered that is lost with the process: what there is, is in the cloud, under names and tags that tell.
 * 2. All that is asked of the cloud goes through the throttle of its class.
 */
import type { Readable } from 'node:stream';
import {
  PodsTracker,
  podRef,
  silentLogger,
  systemClock,
  VkError,
  type AttachIO,
  type CallContext,
  type Clock,
  type ContainerLogOptions,
  type ContainerRef,
  type DeleteContext,
  type Logger,
  type Node,
  type NodePods,
  type NotifierContext,
  type Pod,
  type PodContext,
  type PodRef,
  type PodsTrackerOptions,
  type PodStatus,
  type Provider,
} from 'vk-sdk';
import { configureAciNode } from './aci-node.js';
import { AciPods } from './aci-pods.js';
import { AzureContainerGroups } from './cloud/azure-container-groups.js';
import { afterCall, needsProbe, outage, type CloudHealth } from './cloud/cloud-health.js';
import type { ContainerGroupsApi } from './cloud/container-groups-api.js';
import { cloudThrottles, type CloudThrottles } from './cloud/cloud-throttles.js';
import { withHealth } from './cloud/with-health.js';
import type { AciSettings } from './config/aci-settings.js';
import { checkUpdate, groupName } from './mapping/index.js';
import { patientRefusal } from './patient-refusal.js';
import { execInGroup } from './streams/exec.js';
import { logsOfGroup } from './streams/logs.js';

export interface AciProviderOptions {
  /** The node's address, which its pods tell as their host's. Default: none. */
  readonly hostIP?: string | undefined;
  /** How often pods are looked at, and what becomes of those that Kubernetes does not know. Default: `PodsTracker`'s. */
  readonly tracker?: Omit<PodsTrackerOptions, 'clock' | 'logger' | 'throttle'>;
  /** Time between two readings of a log that is followed. Default: 2,000. */
  readonly rereadIntervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Azure lets 25 reads a second through. With this, quiet pods take 17 of them at most: up to a thousand are looked at every
 * minute, five thousand every five.
 */
const slowestPerPodMs = 60;

/** No pod's: pods' names are in front of a hash. */
const probeName = 'vk-probe';

export class AciProvider implements Provider, AsyncDisposable {
  readonly tracker: PodsTracker;
  readonly #settings: AciSettings;
  readonly #options: AciProviderOptions;
  readonly #clock: Clock;
  readonly #throttles: CloudThrottles;
  readonly #api: ContainerGroupsApi;
  readonly #groups: AciPods;
  #nodePods: NodePods | undefined;
  #health: CloudHealth = {};

  constructor(settings: AciSettings, options: AciProviderOptions = {}) {
    const { clock = systemClock, logger = silentLogger, hostIP } = options;
    this.#settings = settings;
    this.#options = options;
    this.#clock = clock;
    this.#throttles = cloudThrottles({ clock, logger });
    this.#api = withHealth(new AzureContainerGroups(settings.cloud, { throttles: this.#throttles, clock }), (error) => {
      this.#health = afterCall(this.#health, error, clock.now());
    });
    const find = (ref: PodRef) => this.#nodePods?.find(ref);
    this.#groups = new AciPods(this.#api, { settings: settings.groups, hostIP, find, clock });
    this.tracker = new PodsTracker(this.#groups, {
      ...options.tracker,
      pace: { slowestPerPodMs, ...options.tracker?.pace },
      clock,
      logger,
      throttle: this.#throttles.reads,
    });
  }

  notifyPods(notify: (pod: Pod) => void, context: NotifierContext): void {
    this.#nodePods = context.pods;
    this.tracker.start(notify, context);
  }

  async createPod(pod: Pod, context: PodContext): Promise<void> {
    try {
      this.#throttles.creates.throwIfRefusing();
      await this.#groups.create(pod, context);
    } catch (error) {
      throw patientRefusal(error, pod);
    }
  }

  /** The cloud changes nothing of a group that runs: what that leaves undone is refused, so that it is seen. */
  async updatePod(pod: Pod): Promise<void> {
    checkUpdate(pod, this.#nodePods?.find(podRef(pod))?.lastStatus);
  }

  /**
   * Ends with `NotFound` when the group has gone: the node then knows that without another look, whose turn would come after
   * the deletions of all other pods.
   */
  async deletePod(pod: Pod, context: DeleteContext): Promise<void> {
    this.#throttles.deletes.throwIfRefusing();
    await this.#groups.remove(podRef(pod), context);
    const { namespace, name } = podRef(pod);
    throw new VkError('NotFound', `pod ${namespace}/${name}: its container group has gone`);
  }

  getPod(ref: PodRef, context: CallContext): Promise<Pod | undefined> {
    return this.#groups.fetchPod(ref, context);
  }

  async getPodStatus(ref: PodRef, context: CallContext): Promise<PodStatus | undefined> {
    return (await this.#groups.fetchPod(ref, context))?.status;
  }

  getPods(context: CallContext): Promise<Pod[]> {
    return this.#groups.listPods(context);
  }

  async getContainerLogs(ref: ContainerRef, options: ContainerLogOptions, context: CallContext): Promise<Readable> {
    if (options.previous) {
      throw new VkError('NotFound', `pod ${ref.namespace}/${ref.name}: the cloud keeps no logs of earlier runs`);
    }
    return logsOfGroup(this.#api, groupName(ref), ref.container, options, context, {
      isRunning: (signal) => this.#isRunning(ref, { ...context, signal }),
      rereadIntervalMs: this.#options.rereadIntervalMs,
      clock: this.#clock,
    });
  }

  async runInContainer(
    ref: ContainerRef,
    command: string[],
    io: AttachIO,
    context: CallContext,
  ): Promise<number | undefined> {
    const { ca } = this.#settings.cloud.endpoints;
    const options = { ca, operatingSystem: this.#settings.groups.operatingSystem, clock: this.#clock };
    return execInGroup(this.#api, groupName(ref), ref.container, command, io, context, options);
  }

  configureNode(node: Node): void {
    configureAciNode(node, this.#settings.capacity, this.#settings.groups.operatingSystem);
  }

  /** Asks the cloud only if nobody has had an answer of it lately. While it throttles it is in reach. */
  async ping({ signal }: CallContext): Promise<void> {
    const isPaused = this.#throttles.reads.pausedUntil !== undefined;
    if (!isPaused && needsProbe(this.#health, this.#clock.now())) {
      // What comes of it is in the health.
      await this.#api.get(probeName, signal).catch(() => undefined);
    }
    const problem = outage(this.#health, this.#clock.now());
    if (problem !== undefined) throw problem;
  }

  /** Leaves the pods to the next provider. */
  async close(): Promise<void> {
    await this.tracker.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** By what the tracker last saw, which costs no request. */
  async #isRunning(ref: ContainerRef, context: CallContext): Promise<boolean> {
    const status = this.#nodePods?.find(ref)?.lastStatus ?? (await this.getPodStatus(ref, context));
    if (status === undefined || status.phase === 'Succeeded' || status.phase === 'Failed') return false;
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const container = containers.find(({ name }) => name === ref.container);
    return container?.state?.terminated === undefined;
  }
}
