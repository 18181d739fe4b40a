/** What very many pods cost that share what they refer to. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeldInputs, type InputListener } from '../../../src/controller/inputs/held-inputs.js';
import { PodInputSource } from '../../../src/controller/inputs/pod-input-source.js';
import { configMaps } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { eventually } from '../../e2e/support/eventually.js';

const nobody: InputListener = {
  environmentChanged: () => undefined,
  volumesChanged: () => undefined,
  volumesGiven: () => undefined,
  objectsChanged: () => undefined,
  objectsGiven: () => undefined,
};

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('PodInputSource', () => {
  let server: FakeApiServer;
  let source: PodInputSource;
  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
    source = new PodInputSource(server.client);
  });
  afterEach(async () => {
    await source.close();
    await server.stop();
  });

  const podCount = 10_000;
  const objectCount = 100;
  const podOf = (index: number): Pod => ({
    metadata: { namespace: 'default', name: `p${index}`, uid: `u${index}`, generation: 1 },
    spec: {
      containers: [{ name: 'c', envFrom: [{ configMapRef: { name: `settings-${index % objectCount}` } }] }],
      volumes: [{ name: 'v', configMap: { name: `settings-${index % objectCount}` } }],
    },
  });

  it('10,000 pods that share 100 ConfigMaps cost 100 watches of them, and no copy each', async () => {
    for (let index = 0; index < objectCount; index += 1) {
      const metadata = { namespace: 'default', name: `settings-${index}` };
      await server.client.create(configMaps, { metadata, data: { text: `${index} `.repeat(10_000) } });
    }
    const podsOf = Array.from({ length: podCount }, (_, index) => podOf(index));
    const first = podsOf.slice(0, objectCount).map((pod) => new HeldInputs(source, pod, nobody));
    await eventually(() => expect(first.every(({ isRead }) => isRead)).toBe(true));
    const before = usedBytes();
    const others = podsOf.slice(objectCount).map((pod) => new HeldInputs(source, pod, nobody));
    expect(others.every(({ isRead }) => isRead)).toBe(true);
    for (const inputs of others.slice(0, 1_000)) await inputs.volumes();
    expect(others[0]?.environment().problems).toEqual([]);
    const eachBytes = (usedBytes() - before) / others.length;
    // About 1,500 measured, and a copy would be 30,000.
    expect(eachBytes).toBeLessThan(5_000);
    expect(source.configMaps.size).toBe(objectCount);
    await eventually(() => expect(server.watchCount).toBe(objectCount + 1));
    expect(server.requests.count({ verb: 'list', resource: 'configmaps' })).toBe(objectCount);
    expect(server.requests.count({ verb: 'watch', resource: 'configmaps' })).toBe(objectCount);

    for (const inputs of [...first, ...others]) inputs.release();
    expect(source.configMaps.size).toBe(0);
    await expect(others[0]?.volumes()).rejects.toMatchObject({ code: 'Aborted' });
  });
});
