/** A virtual node whose provider tells of the next change of a pod as soon as the last one has been written. */
import type { KubeApi } from '../../src/kube/api.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { clientOf, type Connection } from '../connection.js';
import { InstantProvider } from './instant-provider.js';
import { serve, settings } from './serve.js';

const { connection, name } = settings<{ connection: Connection; name: string }>();
const client = clientOf(connection);
const provider = new InstantProvider();
let patches = 0;
let running = false;
let lastPatch: unknown;

const watched: KubeApi = new Proxy(client, {
  get(target, property) {
    if (property === 'patch') {
      return async (...args: Parameters<KubeApi['patch']>) => {
        const answer = await target.patch(...args);
        if (args[0].plural === 'pods') {
          patches += 1;
          lastPatch = args[3];
          const { uid = '' } = answer.metadata;
          if (running) setImmediate(() => provider.change(uid, `number ${patches}`));
        }
        return answer;
      };
    }
    const value: unknown = Reflect.get(target, property);
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
  },
});

const node = new VirtualNode(name, provider, watched);
serve({
  start: async () => {
    await node.start();
    await node.ready();
  },
  /** Changes the pods for `ms`; answers how many patches were done in a second, and what one looked like. */
  run: async ({ uids, ms }: { uids: string[]; ms: number }) => {
    running = true;
    const before = patches;
    const begin = performance.now();
    for (const uid of uids) provider.change(uid, 'number 0');
    await new Promise((resolve) => setTimeout(resolve, ms));
    const perSecond = (patches - before) / ((performance.now() - begin) / 1000);
    running = false;
    return { perSecond, patch: JSON.stringify(lastPatch) };
  },
});
