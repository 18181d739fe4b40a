import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { Scene } from '../support/scene.js';

/** Dangling pods are given up only after a while; tests do not wait that long. */
const impatient = { pods: { danglingIntervalMs: 100, danglingSightings: 2, danglingMinAgeMs: 100 } };

export function downtime(cluster: () => TestCluster): void {
  describe('a node that returns', () => {
    it('ends the pods that were deleted while it was down, and finalises them', async () => {
      const scene = await Scene.open(cluster(), 'downtime-delete');
      const node = await scene.start(scene.backend());
      await scene.create('goes');
      await scene.create('stays');
      await scene.reaches('goes', 'Running');
      await scene.reaches('stays', 'Running');
      await node.close({ graceMs: 0 });
      await scene.delete('goes');
      expect((await scene.get('goes')).metadata.deletionTimestamp).toBeDefined();
      const backend = scene.backend();
      await scene.start(backend);
      await scene.vanishes('goes');
      expect(backend.instances().map(({ pod }) => pod.metadata.name)).toEqual(['stays']);
      expect(backend.journal('deletePod').map(({ name }) => name)).toEqual(['goes']);
    });

    it('ends pods whose API object vanished while it was down', async () => {
      const scene = await Scene.open(cluster(), 'downtime-dangling');
      const node = await scene.start(scene.backend());
      await scene.create('vanished');
      await scene.create('stays');
      await scene.reaches('vanished', 'Running');
      await scene.reaches('stays', 'Running');
      await node.close({ graceMs: 0 });
      await scene.delete('vanished', 0);
      const backend = scene.backend();
      await scene.start(backend, impatient);
      await eventually(() => expect(backend.instances().map(({ pod }) => pod.metadata.name)).toEqual(['stays']));
    });

    it('adopts what runs and changes nothing', async () => {
      const scene = await Scene.open(cluster(), 'downtime-adopt');
      const names = ['a', 'b', 'c'];
      const node = await scene.start(scene.backend());
      for (const name of names) await scene.create(name);
      const before = await Promise.all(names.map((name) => scene.reaches(name, 'Running')));
      await node.close({ graceMs: 0 });
      const backend = scene.backend();
      await scene.start(backend);
      // A pod that is made after the return: once it runs, the others have had their turn.
      await scene.create('marker');
      await scene.reaches('marker', 'Running');
      expect(await Promise.all(names.map((name) => scene.get(name)))).toEqual(before);
      expect(
        backend
          .journal('createPod')
          .map(({ name }) => name)
          .sort(),
      ).toEqual([...names, 'marker']);
      expect(backend.journal('updatePod')).toEqual([]);
      expect(backend.journal('deletePod')).toEqual([]);
    });

    it('tells what happened to its pods while it was down', async () => {
      const scene = await Scene.open(cluster(), 'downtime-ended');
      const node = await scene.start(scene.backend());
      const { metadata } = await scene.create('task', { restartPolicy: 'Never' });
      await scene.reaches('task', 'Running');
      await node.close({ graceMs: 0 });
      const backend = scene.backend();
      backend.end(metadata.uid ?? '', 3);
      await scene.start(backend);
      const { status } = await scene.reaches('task', 'Failed');
      expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(3);
      expect(backend.journal('started', metadata.uid)).toHaveLength(1);
    });
  });
}
