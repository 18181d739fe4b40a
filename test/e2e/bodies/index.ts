/** All bodies that need no controllers: they say the same of the fake and of a real control plane. */
import type { TestCluster } from '../../../src/testing/cluster.js';
import { crash } from './crash.js';
import { downtime } from './downtime.js';
import { drain } from './drain.js';
import { nodeIdentity } from './node-identity.js';
import { podLifecycle } from './pod-lifecycle.js';
import { providerFailures } from './provider-failures.js';
import { sameName } from './same-name.js';

export function bodies(cluster: () => TestCluster): void {
  podLifecycle(cluster);
  sameName(cluster);
  downtime(cluster);
  providerFailures(cluster);
  nodeIdentity(cluster);
  drain(cluster);
  crash(cluster);
}
