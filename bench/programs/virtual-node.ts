/** One virtual node with a provider that takes no time. */
import { VirtualNode } from '../../src/node/virtual-node.js';
import { clientOf, type Connection } from '../connection.js';
import { InstantProvider } from './instant-provider.js';
import { serve, settings } from './serve.js';

const { connection, name } = settings<{ connection: Connection; name: string }>();
const node = new VirtualNode(name, new InstantProvider(), clientOf(connection));
serve({
  start: async () => {
    await node.start();
    await node.ready();
  },
});
