/**
 * Pods as container groups of the cloud: making them, looking at them, taking them away. What a `PodsTracker` works with.
 * Neighbours: `mapping/` (all that is decided), `cloud/` (how the cloud is asked), `read-material.ts`.
 *
 * Invariants
 * 1. A group's name follows from its pod's uid, and its tags say whose it is: nothing has to be remembered here, and whoever
 *    starts with an empty memory finds everything again.
 * 2. A group that is not this node's pod is neither shown nor touched.
 * 3. A pod is gone when the cloud has no such group, not when it has accepted that there is to be none.
 */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import {
  awaitOperation,
  createIdempotently,
  hasCode,
  podRef,
  VkError,
  type ActivePod,
  type CallContext,
  type Clock,
  type FetchContext,
  type Logger,
  type Pod,
  type PodContext,
  type PodRef,
  type PodsTrackerHandler,
  type PodStatus,
  type TrackedPod,
} from 'vk-sdk';
import type { ContainerGroupsApi } from './cloud/container-groups-api.js';
import {
  groupEvents,
  groupName,
  groupToPod,
  groupToStatus,
  isGroupOf,
  podToGroup,
  type GroupSettings,
} from './mapping/index.js';
import { readMaterial } from './read-material.js';

export interface AciPodsOptions {
  readonly settings: GroupSettings;
  /** The node's address, which its pods tell as their host's. */
  readonly hostIP?: string | undefined;
  /** What the node knows of a pod, if anything. */
  readonly find: (ref: PodRef) => TrackedPod | undefined;
  readonly clock: Clock;
}

/** A cloud that says "deleted" of a group that is still there is not believed, but not asked for ever in one go either. */
const mostDeletions = 3;
/** Deleting takes seconds. */
const firstPollMs = 1_000;
/** What takes longer is told of on the pod, and asked for again. */
const longestDeletionMs = 120_000;

export class AciPods implements PodsTrackerHandler {
  readonly #api: ContainerGroupsApi;
  readonly #options: AciPodsOptions;

  constructor(api: ContainerGroupsApi, options: AciPodsOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** Resolves when the cloud has taken the group on. One that is there for the pod is left as it is: it may run already. */
  async create(pod: Pod, { inputs, signal }: PodContext): Promise<void> {
    const ref = podRef(pod);
    const name = groupName(ref);
    const { settings, hostIP } = this.#options;
    const group = podToGroup(pod, await readMaterial(pod, inputs, hostIP), settings);
    await createIdempotently<ContainerGroup>({
      object: `container group ${name}`,
      get: () => this.#api.get(name, signal),
      create: async () => {
        await this.#api.beginCreate(name, group, signal);
        return group;
      },
      isOurs: (found) => this.#isOf(found, ref),
    });
  }

  /**
   * Resolves when the cloud has no such group any more. It is told to delete one that it does not show, too: a new group may
   * not be seen for a while, and a name that belongs to one pod deletes nobody else's.
   */
  async remove(ref: PodRef, { signal, logger }: CallContext): Promise<void> {
    const name = groupName(ref);
    for (let count = 1; count <= mostDeletions; count += 1) {
      const found = await this.#api.get(name, signal);
      if (found === undefined ? count > 1 : !this.#isOf(found, ref)) return;
      await this.#delete(name, signal, logger);
    }
    if ((await this.#api.get(name, signal)) === undefined) return;
    throw new VkError(
      'Conflict',
      `container group ${name}: is still there, though the cloud has said ${mostDeletions} times that it is deleted`,
      { retry: { afterMs: 10_000 } },
    );
  }

  async fetch(ref: PodRef, { signal }: CallContext): Promise<ContainerGroup | undefined> {
    const group = await this.#api.get(groupName(ref), signal);
    return group !== undefined && this.#isOf(group, ref) ? group : undefined;
  }

  /** As the cloud has it: what the node knows better (labels, the spec) is not in it. */
  async fetchPod(ref: PodRef, context: CallContext): Promise<Pod | undefined> {
    const group = await this.fetch(ref, context);
    if (group === undefined) return undefined;
    const pod = groupToPod(group) ?? { metadata: { ...ref }, spec: { containers: [] } };
    return { ...pod, status: this.#statusOf(group, ref) };
  }

  /** The pods of this node. Without statuses, which the list of groups has not got. */
  async listPods({ signal }: CallContext): Promise<Pod[]> {
    const groups = await this.#api.list(signal);
    return groups.flatMap((group) => groupToPod(group, this.#options.settings.nodeName) ?? []);
  }

  async listActivePods(context: CallContext): Promise<readonly ActivePod[]> {
    const pods = await this.listPods(context);
    return pods.map((pod) => ({ ref: podRef(pod) }));
  }

  /** One look at the cloud for both, the status and what happened. */
  async fetchPodStatus(ref: PodRef, context: FetchContext): Promise<PodStatus | undefined> {
    const group = await this.fetch(ref, context);
    if (group === undefined) return undefined;
    context.reportEvents(groupEvents(group));
    return this.#statusOf(group, ref);
  }

  /** That the cloud limits deletions is not for the tracker to hear, which would leave off looking at pods. */
  async cleanupPod(ref: PodRef, context: CallContext): Promise<void> {
    try {
      await this.remove(ref, context);
    } catch (error) {
      if (!hasCode(error, 'TooManyRequests')) throw error;
      throw new VkError('Unavailable', VkError.from(error).message);
    }
  }

  #statusOf(group: ContainerGroup, ref: PodRef): PodStatus {
    const { find, clock, hostIP } = this.#options;
    const known = find(ref);
    return groupToStatus(group, known?.pod, known?.lastStatus ?? known?.pod.status, clock.now(), {
      ...(hostIP !== undefined && { hostIP }),
    });
  }

  async #delete(name: string, signal: AbortSignal, logger: Logger): Promise<void> {
    const { clock } = this.#options;
    const begun = await this.#api.beginDelete(name, signal);
    if (begun.done || begun.token === undefined) return;
    const late = new AbortController();
    const timer = clock.setTimer(longestDeletionMs, () => {
      late.abort(
        new VkError('Timeout', `container group ${name}: is not deleted after ${longestDeletionMs / 1_000} s`),
      );
    });
    try {
      const waiting = AbortSignal.any([signal, late.signal]);
      await clock.sleep(firstPollMs, waiting);
      const poll = (token: string, context: CallContext) => this.#api.pollDelete(name, token, context.signal);
      await awaitOperation<void>(begun.token, poll, { signal: waiting, intervalMs: firstPollMs, clock, logger });
    } finally {
      timer.cancel();
    }
  }

  #isOf(group: ContainerGroup, ref: PodRef): boolean {
    return isGroupOf(group, ref, this.#options.settings.nodeName);
  }
}
