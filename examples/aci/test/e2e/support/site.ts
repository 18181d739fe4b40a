/** An emulated cloud, and nodes on it: in the test's process, or processes of their own. */
import { onTestFinished } from 'vitest';
import { VirtualNode } from 'vk-sdk';
import type { TestCluster } from 'vk-sdk/testing';
import { AciProvider } from '../../../src/aci-provider.js';
import { emulatedSettings } from '../../../src/emulated-cloud.js';
import { AciEmulator, type AciEmulatorOptions } from '../../emulator/index.js';
import { lively } from './lively.js';
import { NodeProcess } from './node-process.js';
import { clear, World } from './world.js';

export class Site {
  readonly cloud: AciEmulator;
  readonly world: World;
  readonly #cluster: TestCluster;
  readonly #nodeName: string;
  #stop: () => Promise<void> = async () => undefined;

  private constructor(cluster: TestCluster, nodeName: string, options: AciEmulatorOptions) {
    this.cloud = new AciEmulator(options);
    this.world = new World(cluster, nodeName, this.cloud);
    this.#cluster = cluster;
    this.#nodeName = nodeName;
  }

  /** Starts the cloud alone. All of it goes when the test ends, with the node's pods. */
  static async open(cluster: TestCluster, nodeName: string, options: AciEmulatorOptions = {}): Promise<Site> {
    const opened = new Site(cluster, nodeName, options);
    onTestFinished(async () => {
      await opened.stop();
      await opened.cloud.close();
      await clear(cluster, nodeName);
    });
    await opened.cloud.start();
    return opened;
  }

  /** Starts the node here, and waits until it is ready. */
  async start(): Promise<void> {
    const { tracker, node: options } = lively;
    const provider = new AciProvider(emulatedSettings(this.cloud, this.#nodeName), { hostIP: '10.9.8.7', tracker });
    const node = new VirtualNode(this.#nodeName, provider, this.#cluster.client, options);
    this.#stop = async () => {
      await node.close({ graceMs: 0 });
      await provider.close();
    };
    await node.start();
    await node.ready();
  }

  /** Ends the node that was started here, and leaves everything as it is. Idempotent. */
  async stop(): Promise<void> {
    const stop = this.#stop;
    this.#stop = async () => undefined;
    await stop();
  }

  /** Starts the node as a process of its own, and waits until it is ready. */
  spawn(): Promise<NodeProcess> {
    return NodeProcess.start({
      nodeName: this.#nodeName,
      kubeconfig: this.#cluster.kubeconfig,
      aci: emulatedSettings(this.cloud, this.#nodeName),
    });
  }
}
