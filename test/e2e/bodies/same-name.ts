import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually, staysTrue } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Scene } from '../support/scene.js';

export function sameName(cluster: () => TestCluster): void {
  describe('a pod that is made again under its name', () => {
    it('upstream §2: starts only when the old one has left the backend', async () => {
      const scene = await Scene.open(cluster(), 'same-name-order');
      const gate = new Gate('deletePod:before');
      const backend = scene.backend({ at: gate.at });
      await scene.start(backend);
      const old = await scene.create('web');
      await scene.reaches('web', 'Running');
      await scene.delete('web', 0);
      const successor = await scene.create('web');
      expect(await gate.reached).toBe(old.metadata.uid);
      await staysTrue(() => expect(backend.journal('createPod', successor.metadata.uid)).toEqual([]), 300);
      gate.open();
      await scene.reaches('web', 'Running');
      const order = backend.journal().filter(({ call }) => call === 'started' || call === 'ended');
      expect(order.map(({ call, uid }) => [call, uid])).toEqual([
        ['started', old.metadata.uid],
        ['ended', old.metadata.uid],
        ['started', successor.metadata.uid],
      ]);
    });

    it('is the only one left when it was made again many times in a row', async () => {
      const scene = await Scene.open(cluster(), 'same-name-often');
      const backend = scene.backend();
      await scene.start(backend);
      let last = await scene.create('web');
      for (let round = 0; round < 10; round += 1) {
        await scene.delete('web', 0);
        last = await scene.create('web');
      }
      await scene.reaches('web', 'Running');
      await eventually(() => {
        expect(backend.instances().map(({ pod }) => pod.metadata.uid)).toEqual([last.metadata.uid]);
      });
      expect((await scene.get('web')).metadata.uid).toBe(last.metadata.uid);
    });

    it('while the node was down replaces the old one at its return', async () => {
      const scene = await Scene.open(cluster(), 'same-name-down');
      const node = await scene.start(scene.backend());
      const old = await scene.create('web');
      await scene.reaches('web', 'Running');
      await node.close({ graceMs: 0 });
      await scene.delete('web', 0);
      const successor = await scene.create('web');
      const backend = scene.backend();
      await scene.start(backend);
      await scene.reaches('web', 'Running');
      expect(backend.instances().map(({ pod }) => pod.metadata.uid)).toEqual([successor.metadata.uid]);
      const order = backend.journal().filter(({ call }) => call === 'started' || call === 'ended');
      expect(order.map(({ uid }) => uid)).toEqual([old.metadata.uid, old.metadata.uid, successor.metadata.uid]);
    });
  });
}
