/** The least code that makes pods Running: a watch and a patch, no cache, no retries, no events. */
import { pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { clientOf, type Connection } from '../connection.js';
import { runningStatus } from './instant-provider.js';
import { serve, settings } from './serve.js';

const { connection, name } = settings<{ connection: Connection; name: string }>();
const client = clientOf(connection);

async function follow(resourceVersion: string): Promise<void> {
  const { body } = await client.stream({
    method: 'GET',
    path: '/api/v1/pods',
    query: { watch: true, fieldSelector: `spec.nodeName=${name}`, resourceVersion },
  });
  let rest = '';
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: Pod };
      if (type !== 'ADDED') continue;
      const { namespace, name: podName = '' } = object.metadata;
      const status = { status: runningStatus(object) };
      void client.patch(pods, { namespace, name: podName }, 'strategic', status, { subresource: 'status' });
    }
  }
}

serve({
  start: async () => {
    const { metadata } = await client.list(pods, { limit: 1 });
    void follow(metadata.resourceVersion ?? '0');
  },
});
