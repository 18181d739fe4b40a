/** A virtual node whose backend runs every pod already, and keeps no more of them than it must. */
import { VirtualNode } from '../../src/node/virtual-node.js';
import type { KubeList, Pod, PodStatus } from '../../src/kube/types.js';
import type { PodRef, Provider } from '../../src/provider/provider.js';
import { clientOf, type Connection } from '../connection.js';
import { serve, settings } from './serve.js';

const { connection, name } = settings<{ connection: Connection; name: string }>();

/** Knows a pod by tags, and its status: what a cloud's API says, in pages. */
const provider: Provider = {
  notifyPods: () => undefined,
  createPod: () => Promise.reject(new Error('every pod is there already')),
  updatePod: () => Promise.resolve(),
  deletePod: () => Promise.resolve(),
  getPod: () => Promise.resolve(undefined),
  getPodStatus: (_ref: PodRef): Promise<PodStatus | undefined> => Promise.resolve(undefined),
  getPods: async () => {
    const found: Pod[] = [];
    let from: string | undefined;
    do {
      const query = { limit: 500, continue: from };
      const page = await client.request<KubeList<Pod>>({ method: 'GET', path: '/backend', query });
      for (const { metadata, status } of page.items) {
        const { namespace, name, uid } = metadata as Record<'namespace' | 'name' | 'uid', string>;
        found.push({ metadata: { namespace, name, uid }, spec: { containers: [] }, ...(status && { status }) });
      }
      from = page.metadata.continue;
    } while (from !== undefined);
    return found;
  },
};
const client = clientOf(connection);
const node = new VirtualNode(name, provider, client);
serve({
  start: async () => {
    await node.start();
    await node.ready();
  },
  status: () => ({ pods: node.status.pods?.pods ?? 0 }),
});
