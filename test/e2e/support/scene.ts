/**
 * What every body needs: a node of its own name on the cluster, a backend in a folder of its own, and their removal when
 * the test is over.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { VirtualNodeOptions } from '../../../src/node/virtual-node-options.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import { nodes, pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import type { Provider } from '../../../src/provider/provider.js';
import { hasCode } from '../../../src/runtime/errors.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from './eventually.js';
import { FileBackend, type FileBackendOptions } from './file-backend.js';
import { podOn, type PodShape } from './pods.js';

export class Scene {
  readonly cluster: TestCluster;
  readonly nodeName: string;
  readonly folder: string;

  private constructor(cluster: TestCluster, nodeName: string, folder: string) {
    this.cluster = cluster;
    this.nodeName = nodeName;
    this.folder = folder;
  }

  /** A scene that is cleared when the test ends: its pods and its node go from the cluster, its folder from the disk. */
  static async open(cluster: TestCluster, nodeName: string): Promise<Scene> {
    const scene = new Scene(cluster, nodeName, await mkdtemp(join(tmpdir(), 'e2e-')));
    onTestFinished(() => scene.#clear());
    return scene;
  }

  /** Another view of the backend in this scene's folder, as a process that starts again has it. */
  backend(options: FileBackendOptions = {}): FileBackend {
    return new FileBackend(this.folder, options);
  }

  /** Starts the node and waits until it is ready. It is closed when the test ends, unless that was done before. */
  async start(provider: Provider, options: VirtualNodeOptions = {}): Promise<VirtualNode> {
    const node = new VirtualNode(this.nodeName, provider, this.cluster.client, options);
    onTestFinished(() => node.close({ graceMs: 0 }));
    await node.start();
    await node.ready();
    return node;
  }

  async create(name: string, shape: PodShape = {}): Promise<Pod> {
    return this.cluster.client.create(pods, podOn(this.nodeName, name, shape));
  }

  get(name: string): Promise<Pod> {
    return this.cluster.client.get(pods, { namespace: 'default', name });
  }

  async exists(name: string): Promise<boolean> {
    try {
      await this.get(name);
      return true;
    } catch (error) {
      if (hasCode(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Waits until the pod is in `phase`. */
  reaches(name: string, phase: string, withinMs?: number): Promise<Pod> {
    return eventually(async () => {
      const pod = await this.get(name);
      if (pod.status?.phase !== phase) throw new Error(`pod ${name}: ${JSON.stringify(pod.status)}, not ${phase}`);
      return pod;
    }, withinMs);
  }

  /** Waits until the API object is gone. */
  vanishes(name: string): Promise<void> {
    return eventually(async () => {
      if (await this.exists(name)) throw new Error(`pod ${name}: ${JSON.stringify((await this.get(name)).metadata)}`);
    });
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.cluster.client.delete(
      pods,
      { namespace: 'default', name },
      gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds },
    );
  }

  async #clear(): Promise<void> {
    const { client } = this.cluster;
    const fieldSelector = `spec.nodeName=${this.nodeName}`;
    for (const pod of (await client.list(pods, { fieldSelector })).items) {
      await ignoreAbsence(this.delete(pod.metadata.name ?? '', 0));
    }
    await ignoreAbsence(client.delete(nodes, { name: this.nodeName }));
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function ignoreAbsence(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasCode(error, 'NotFound')) throw error;
  }
}
