import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Reflector } from '../../../src/kube/reflector/reflector.js';
import { configMaps } from '../../../src/kube/resources.js';
import type { ConfigMap } from '../../../src/kube/types.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { ControlPlane } from '../../../src/testing/control-plane.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { eventually } from '../../e2e/support/eventually.js';

const namespace = 'default';

function configMap(name: string, value: string): ConfigMap {
  return { metadata: { name, namespace }, data: { value } };
}

const clusters: readonly (readonly [string, boolean, () => TestCluster])[] = [
  ['the fake apiserver', true, () => new FakeApiServer()],
  ['a control plane (skipped if KUBEBUILDER_ASSETS names none)', ControlPlane.available(), () => new ControlPlane()],
];

for (const [name, available, create] of clusters) {
  describe.skipIf(!available)(`a reflector on ${name}`, () => {
    const cluster = create();
    beforeAll(() => cluster.start(), 90_000);
    afterAll(() => cluster.stop(), 30_000);

    it.each([
      ['a streaming list', true],
      ['paged lists', false],
    ])('agrees with the server by %s, and goes on to agree', async (_how, streamingList) => {
      const prefix = streamingList ? 'stream' : 'pages';
      for (const each of ['a', 'b', 'c']) await cluster.client.create(configMaps, configMap(`${prefix}-${each}`, '1'));
      const told: string[] = [];
      const ours = ({ metadata }: ConfigMap): boolean => metadata.name?.startsWith(prefix) ?? false;
      await using reflector = new Reflector(cluster.client, configMaps, { namespace, streamingList, pageSize: 2 });
      reflector.addHandler({
        onAdd: (object) => {
          if (ours(object)) told.push(`add ${object.metadata.name} ${object.data?.['value']}`);
        },
        onUpdate: (object) => void told.push(`update ${object.metadata.name} ${object.data?.['value']}`),
        onDelete: (object, missed) => void told.push(`${missed ? 'miss' : 'delete'} ${object.metadata.name}`),
      });
      reflector.start();
      await reflector.waitForSync();
      expect(told).toEqual(['a', 'b', 'c'].map((each) => `add ${prefix}-${each} 1`));
      told.length = 0;

      await cluster.client.patch(configMaps, { namespace, name: `${prefix}-a` }, 'merge', { data: { value: '2' } });
      await cluster.client.delete(configMaps, { namespace, name: `${prefix}-b` });
      await cluster.client.create(configMaps, configMap(`${prefix}-b`, '3'));
      await eventually(() => expect(told).toHaveLength(3));
      expect(told).toEqual([`update ${prefix}-a 2`, `delete ${prefix}-b`, `add ${prefix}-b 3`]);
      expect(reflector.isFresh).toBe(true);
      const listed = await cluster.client.list(configMaps, { namespace });
      const names = (objects: Iterable<ConfigMap>): string[] =>
        [...objects].map(({ metadata }) => metadata.uid ?? '').sort();
      expect(names(reflector.store.values())).toEqual(names(listed.items));
    });
  });
}
