/** Bodies about the ways into pods: they say the same of the fake and of a real control plane. */
import type { TestCluster } from '../../../src/testing/cluster.js';
import { kubeletProxy } from './kubelet-proxy.js';

export function streamBodies(cluster: () => TestCluster): void {
  kubeletProxy(cluster);
}
