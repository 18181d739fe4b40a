/** What Kubernetes and the cloud have of a node's pods, and what they have ever had. */
import { expect } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { hasCode, nodes, podRef, pods, type Pod, type PodStatus } from 'vk-sdk';
import type { TestCluster } from 'vk-sdk/testing';
import { groupName } from '../../../src/mapping/index.js';
import type { AciEmulator } from '../../emulator/index.js';
import { isRunning, podOf } from '../../scene.js';

/** What a loaded machine needs, not what is usual. */
const patienceMs = 25_000;

export class World {
  readonly #cluster: TestCluster;
  readonly #nodeName: string;
  readonly #cloud: AciEmulator;
  /** Names of the groups of all pods that there ever were. */
  readonly #known = new Set<string>();

  constructor(cluster: TestCluster, nodeName: string, cloud: AciEmulator) {
    this.#cluster = cluster;
    this.#nodeName = nodeName;
    this.#cloud = cloud;
  }

  get groups(): readonly string[] {
    return [...this.#cloud.groups.keys()].sort();
  }

  /** A pod that no node has yet, so that its uid and its group's name are known before anything happens. */
  async declare(name: string): Promise<Pod> {
    const pod = await this.#cluster.client.create(pods, podOf(name));
    this.#known.add(groupName(podRef(pod)));
    return pod;
  }

  /** Gives the pod to the node, as a scheduler does. */
  async bind({ metadata: { name = '', uid } }: Pod): Promise<void> {
    await this.#cluster.client.request({
      method: 'POST',
      path: `/api/v1/namespaces/default/pods/${name}/binding`,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, ...(uid !== undefined && { uid }) },
        target: { apiVersion: 'v1', kind: 'Node', name: this.#nodeName },
      },
    });
  }

  async create(name: string): Promise<Pod> {
    const pod = await this.declare(name);
    await this.bind(pod);
    return pod;
  }

  async find(name: string): Promise<Pod | undefined> {
    try {
      return await this.#cluster.client.get(pods, { namespace: 'default', name });
    } catch (error) {
      if (hasCode(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    await this.#cluster.client.delete(pods, { namespace: 'default', name }, options);
  }

  status(name: string, wanted: (status: PodStatus) => unknown): Promise<Pod> {
    let last: Pod | undefined;
    const probe = async (): Promise<Pod | undefined> => {
      last = await this.find(name);
      return last?.status && wanted(last.status) ? last : undefined;
    };
    return eventually(`status of ${name}: ${String(wanted)}`, probe, patienceMs).catch((error: unknown) => {
      throw new Error(`pod ${name} has ${JSON.stringify(last?.status)}`, { cause: error });
    });
  }

  async runs(name: string): Promise<Pod> {
    const pod = await this.status(name, isRunning);
    expect(this.groups).toContain(groupName(podRef(pod)));
    return pod;
  }

  async isGone(name: string): Promise<void> {
    await eventually(`pod ${name} is gone`, async () => (await this.find(name)) === undefined, patienceMs);
  }

  /**
   * No group is lost or left: there are those of the pods that there are. None was ever doubled: each was made under its
   * pod's one name, and once.
   */
  async expectOneGroupPerPod(): Promise<void> {
    const { items } = await this.#cluster.client.list(pods, { fieldSelector: `spec.nodeName=${this.#nodeName}` });
    expect(this.groups).toEqual(items.map((pod) => groupName(podRef(pod))).sort());
    const made = this.#cloud.requests.of('create').filter(({ status }) => status === 201);
    const names = made.map(({ name = '' }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names.filter((name) => !this.#known.has(name))).toEqual([]);
  }
}

/** Takes a node and its pods out of the cluster. */
export async function clear({ client }: TestCluster, nodeName: string): Promise<void> {
  const { items } = await client.list(pods, { fieldSelector: `spec.nodeName=${nodeName}` });
  const gone = items.map(({ metadata: { namespace = '', name = '' } }) =>
    client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 }),
  );
  await Promise.allSettled([...gone, client.delete(nodes, { name: nodeName })]);
}
