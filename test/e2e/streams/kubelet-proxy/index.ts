/** How an apiserver reaches a kubelet: what arrives there, and what the client hears. Literal, for the fake and a real one. */
import { describe } from 'vitest';
import type { TestCluster } from '../../../../src/testing/cluster.js';
import { proxyLogs } from './logs.js';
import { proxyScene } from './scene.js';
import { proxySessions } from './sessions.js';
import { proxyTranslation } from './translation.js';

export function kubeletProxy(cluster: () => TestCluster): void {
  describe('an apiserver on its way to a kubelet', () => {
    const scene = proxyScene(cluster);
    proxyLogs(scene);
    proxySessions(scene);
    proxyTranslation(scene);
  });
}
