/** What only a real control plane can do to a node: freeze, die and come back. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { leases } from '../../../src/kube/resources.js';
import type { ControlPlane } from '../../../src/testing/control-plane.js';
import { eventually, staysTrue } from '../support/eventually.js';
import { Scene } from '../support/scene.js';

/** Heartbeats come often, so that their return is seen soon. */
const lively = { heartbeat: { leaseRenewIntervalMs: 300 } };

/** The longer an apiserver takes to start, the longer are the pauses after which a node looks whether it is there. */
const backMs = 60_000;

export function outage(plane: () => ControlPlane): void {
  describe('an apiserver', () => {
    it('that is killed and started again finds the node at work: nothing ends, and what was missed is made up', async () => {
      const scene = await Scene.open(plane(), 'outage-killed');
      const backend = scene.backend();
      await scene.start(backend, lively);
      const kept = await scene.create('kept');
      const ends = await scene.create('ends', { restartPolicy: 'Never' });
      await scene.reaches('kept', 'Running');
      await scene.reaches('ends', 'Running');
      await plane().stopApiserver();
      backend.end(ends.metadata.uid ?? '', 4);
      await staysTrue(() => expect(backend.instances()).toHaveLength(2), 300);
      await plane().startApiserver();
      const { status } = await scene.reaches('ends', 'Failed', backMs);
      expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(4);
      await scene.create('later');
      await scene.reaches('later', 'Running', backMs);
      expect(backend.journal('started', kept.metadata.uid)).toHaveLength(1);
      expect(backend.journal('deletePod')).toEqual([]);
    }, 180_000);

    it('that answers nothing for a while is waited for, and renewals go on when it does', async () => {
      const scene = await Scene.open(plane(), 'outage-frozen');
      const backend = scene.backend();
      await scene.start(backend, lively);
      await scene.create('kept');
      await scene.reaches('kept', 'Running');
      plane().pause();
      onTestFinished(() => plane().resume());
      await staysTrue(() => expect(backend.instances()).toHaveLength(1), 1_500);
      plane().resume();
      const at = { namespace: 'kube-node-lease', name: scene.nodeName };
      const before = (await plane().client.get(leases, at)).spec?.renewTime;
      await eventually(async () => {
        expect((await plane().client.get(leases, at)).spec?.renewTime).not.toBe(before);
      });
      await scene.create('later');
      await scene.reaches('later', 'Running');
      expect(backend.journal('deletePod')).toEqual([]);
    }, 60_000);
  });
}
