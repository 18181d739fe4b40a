/** Bodies about the ways into pods: they say the same of the fake and of a real control plane. */
import { describe } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { shellWorld } from '../support/shell-world.js';
import { clientNodeStreams } from './client-node.js';
import { kubectlStreams } from './kubectl.js';
import { kubeletProxy } from './kubelet-proxy.js';
import { pythonStreams } from './python.js';

export function streamBodies(cluster: () => TestCluster): void {
  kubeletProxy(cluster);

  describe('a pod of a virtual node', () => {
    const world = shellWorld(cluster);
    kubectlStreams(cluster, world);
    clientNodeStreams(cluster, world);
    pythonStreams(cluster);
  });
}
