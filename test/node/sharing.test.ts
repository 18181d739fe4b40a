/** Several nodes in one process, on parts that they share. */
import { expect, it } from 'vitest';
import { nodeNameIndex } from '../../src/controller/pods/pod-controller.js';
import { Reflector } from '../../src/kube/reflector/reflector.js';
import { pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { MemoryProvider } from '../controller/pods/memory-provider.js';
import { eventually } from '../e2e/support/eventually.js';

it('upstream §6: nodes of one process share a client and one watch of pods, and each has its own pods', async () => {
  await using server = new FakeApiServer({ tls: false });
  await server.start();
  await using source = new Reflector<Pod>(server.client, pods, {
    indexes: { [nodeNameIndex]: (pod) => [pod.spec.nodeName ?? ''] },
  });
  source.start();
  const first = new MemoryProvider();
  const second = new MemoryProvider();
  await using left = new VirtualNode('left', first, server.client, { podSource: source });
  await using right = new VirtualNode('right', second, server.client, { podSource: source });
  await Promise.all([left.start(), right.start()]);
  await Promise.all([left.ready(), right.ready()]);

  for (const nodeName of ['left', 'right']) {
    await server.client.create(pods, {
      metadata: { namespace: 'default', name: `on-${nodeName}` },
      spec: { nodeName, containers: [{ name: 'c', image: 'i' }] },
    });
  }
  await eventually(() => {
    expect(server.objects(pods).map((pod) => pod.status?.phase)).toEqual(['Running', 'Running']);
  });
  expect(first.journal).toEqual(['create default/on-left']);
  expect(second.journal).toEqual(['create default/on-right']);
  expect(server.requests.count({ verb: 'watch', resource: 'pods' })).toBe(1);

  await left.close();
  await server.client.delete(pods, { namespace: 'default', name: 'on-right' });
  await eventually(() => expect(second.instances.size).toBe(0));
  expect(first.instances.size).toBe(1);
});
