/** A virtual node whose backend runs every pod already, and keeps no more of them than it must. */
import { VirtualNode } from '../../src/node/virtual-node.js';
import type { Pod, PodStatus } from '../../src/kube/types.js';
import type { PodRef, Provider } from '../../src/provider/provider.js';
import { clientOf, type Connection } from '../connection.js';
import { serve, settings } from './serve.js';

const { connection, name } = settings<{ connection: Connection; name: string }>();

/** Says of each pod what the API says: it asks the server, as a backend with tags would. */
const provider: Provider = {
  notifyPods: () => undefined,
  createPod: () => Promise.reject(new Error('every pod is there already')),
  updatePod: () => Promise.resolve(),
  deletePod: () => Promise.resolve(),
  getPod: () => Promise.resolve(undefined),
  getPodStatus: (_ref: PodRef): Promise<PodStatus | undefined> => Promise.resolve(undefined),
  getPods: async () => (await client.request<{ items: Pod[] }>({ method: 'GET', path: '/backend' })).items,
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
