/** Many virtual nodes that share a client, a cache of pods and a recorder. */
import { EventRecorder } from '../../src/controller/events/event-recorder.js';
import { nodeNameIndex } from '../../src/controller/pods/pod-controller.js';
import { Reflector } from '../../src/kube/reflector/reflector.js';
import { pods } from '../../src/kube/resources.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { systemClock } from '../../src/runtime/clock.js';
import { clientOf, type Connection } from '../connection.js';
import { InstantProvider } from './instant-provider.js';
import { serve, settings } from './serve.js';

const { connection, count } = settings<{ connection: Connection; count: number }>();
const client = clientOf(connection);
const podSource = new Reflector(client, pods, {
  indexes: { [nodeNameIndex]: ({ spec }) => (spec.nodeName ? [spec.nodeName] : []) },
});
const events = new EventRecorder(client, { host: 'bench', clock: systemClock });
const virtualNodes = Array.from(
  { length: count },
  (_, index) => new VirtualNode(`node-${index}`, new InstantProvider(), client, { podSource, events }),
);
serve({
  start: async () => {
    podSource.start();
    await Promise.all(
      virtualNodes.map(async (node) => {
        await node.start();
        await node.ready();
      }),
    );
  },
});
