/**
 * Two nodes of shell providers with a pod each, for all tests of a file: one node declares that its kubelet speaks
 * WebSocket, as every VirtualNode with a kubelet does; the other seems to be of an older kind, so that an apiserver
 * translates for it.
 */
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll } from 'vitest';
import { nodes, pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { VirtualNode } from '../../../src/node/virtual-node.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from './eventually.js';
import { podOn } from './pods.js';
import { ShellProvider } from './shell-provider.js';

/** An address of this machine that is not loopback, which a real apiserver refuses to proxy to. */
export const machineAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

export interface ShellWorld {
  readonly declared: ShellProvider;
  readonly undeclared: ShellProvider;
}

export const declaredNode = 'shell-declared';
const undeclaredNode = 'shell-undeclared';

/** The world is made before the first test and removed after the last one. */
export function shellWorld(cluster: () => TestCluster): ShellWorld {
  const declared = new ShellProvider(declaredNode);
  const undeclared = new ShellProvider(undeclaredNode);
  const running: VirtualNode[] = [];

  async function startNode(name: string, provider: ShellProvider): Promise<void> {
    const node = new VirtualNode(name, provider, cluster().client, {
      node: { internalIP: machineAddress ?? '127.0.0.1' },
      kubelet: { port: 0 },
      // What a test writes into the node's status is to stay.
      heartbeat: { statusUpdateIntervalMs: 3_600_000 },
    });
    running.push(node);
    await node.start();
    await node.ready();
  }

  beforeAll(async () => {
    const { client } = cluster();
    await Promise.all([startNode(declaredNode, declared), startNode(undeclaredNode, undeclared)]);
    const none = { status: { declaredFeatures: null } };
    await client.patch(nodes, { name: undeclaredNode }, 'merge', none, { subresource: 'status' });
    await client.create(pods, shellPod(declaredNode, 'declared'));
    await client.create(pods, shellPod(undeclaredNode, 'undeclared'));
    for (const name of ['declared', 'undeclared']) await isRunning(cluster(), name);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(running.map((node) => node.close({ graceMs: 0 })));
  });

  return { declared, undeclared };
}

export function shellPod(nodeName: string, name: string): Pod {
  const containers = ['main', 'side'].map((container) => ({ name: container, image: 'example.com/shell:1' }));
  return podOn(nodeName, name, { containers, labels: { app: 'shell' } });
}

export function isRunning(cluster: TestCluster, name: string): Promise<void> {
  return eventually(async () => {
    const { status } = await cluster.client.get(pods, { namespace: 'default', name });
    if (status?.phase !== 'Running') throw new Error(`pod ${name}: ${status?.phase}`);
  });
}
