/** Bodies about the ways into pods: they say the same of the fake and of a real control plane. */
import { describe } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { shellWorld } from '../support/shell-world.js';
import type { StreamKubectl } from '../support/stream-kubectl.js';
import { clientNodeStreams } from './client-node.js';
import { kubectlStreams } from './kubectl.js';
import { pythonStreams } from './python.js';
import { stats } from './stats.js';

/** `more`: what else a kubectl is to do on this cluster. */
export function podStreams(
  cluster: () => TestCluster,
  more: (at: { readonly kubectl: StreamKubectl }) => void = () => {},
): void {
  describe('a pod of a virtual node', () => {
    const world = shellWorld(cluster);
    kubectlStreams(cluster, world, more);
    clientNodeStreams(cluster, world);
    pythonStreams(cluster);
    stats(cluster);
  });
}
