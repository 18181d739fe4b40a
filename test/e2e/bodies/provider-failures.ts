import { describe, expect, it } from 'vitest';
import { events } from '../../../src/kube/resources.js';
import { VkError } from '../../../src/runtime/errors.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { Scene } from '../support/scene.js';

/** Retries come soon, and stay frequent however long the backend fails. */
const impatient = { pods: { retryBaseDelayMs: 50, retryMaxDelayMs: 200 } };

export function providerFailures(cluster: () => TestCluster): void {
  describe('a backend that fails', () => {
    it('for a while: pods wait as Pending with ProviderFailed and the error, and run when it recovers', async () => {
      const scene = await Scene.open(cluster(), 'failing-recovers');
      let broken = true;
      const backend = scene.backend({
        at: (point) => {
          if (broken && point === 'createPod:before') throw new VkError('Unavailable', 'backend: no quota left');
        },
      });
      await scene.start(backend, impatient);
      const { metadata } = await scene.create('web');
      await eventually(async () => {
        const { status } = await scene.get('web');
        expect(status).toMatchObject({ phase: 'Pending', reason: 'ProviderFailed' });
        expect(status?.message).toContain('backend: no quota left');
      });
      await eventually(() => expect(backend.journal('createPod').length).toBeGreaterThan(3));
      broken = false;
      const { status } = await scene.reaches('web', 'Running');
      expect(status?.reason).toBeUndefined();
      expect(status?.message).toBeUndefined();
      expect(backend.journal('started', metadata.uid)).toHaveLength(1);
      await eventually(async () => {
        const reported = (await cluster().client.list(events, { namespace: 'default' })).items
          .filter(({ involvedObject }) => involvedObject.uid === metadata.uid)
          .map(({ type, reason }) => `${type} ${reason}`);
        expect(reported).toContain('Warning ProviderCreateFailed');
        expect(reported).toContain('Normal ProviderCreateSuccess');
      });
    });

    it('after the instance was made: the next try finds it and makes no second one', async () => {
      const scene = await Scene.open(cluster(), 'failing-late');
      let answersLost = 2;
      const backend = scene.backend({
        at: (point) => {
          if (point === 'createPod:after' && answersLost-- > 0) throw new VkError('Timeout', 'backend: answer lost');
        },
      });
      await scene.start(backend, impatient);
      const { metadata } = await scene.create('web');
      await scene.reaches('web', 'Running');
      expect(backend.journal('started', metadata.uid)).toHaveLength(1);
    });

    it('for good: the pod is Failed at once, and not tried again', async () => {
      const scene = await Scene.open(cluster(), 'failing-useless');
      const backend = scene.backend({
        at: (point) => {
          if (point === 'createPod:before') throw new VkError('InvalidInput', 'pod: hostNetwork is not supported');
        },
      });
      await scene.start(backend, impatient);
      const { metadata } = await scene.create('web');
      const { status } = await scene.reaches('web', 'Failed');
      expect(status).toMatchObject({ reason: 'ProviderFailed' });
      expect(status?.message).toContain('hostNetwork is not supported');
      expect(backend.journal('createPod', metadata.uid)).toHaveLength(1);
    });

    it('upstream §2: a pod that is never to be restarted is Failed by the first failure', async () => {
      const scene = await Scene.open(cluster(), 'failing-never');
      const backend = scene.backend({
        at: (point) => {
          if (point === 'createPod:before') throw new Error('backend: broken');
        },
      });
      await scene.start(backend, impatient);
      await scene.create('task', { restartPolicy: 'Never' });
      expect((await scene.reaches('task', 'Failed')).status).toMatchObject({ reason: 'ProviderFailed' });
    });

    it('to delete: the pod stays until a later try succeeds', async () => {
      const scene = await Scene.open(cluster(), 'failing-delete');
      let broken = true;
      const backend = scene.backend({
        at: (point) => {
          if (broken && point === 'deletePod:before') throw new Error('backend: busy');
        },
      });
      await scene.start(backend, impatient);
      await scene.create('web', { gracePeriodSeconds: 0 });
      await scene.reaches('web', 'Running');
      await scene.delete('web', 1);
      await eventually(() => expect(backend.journal('deletePod').length).toBeGreaterThan(2));
      expect(await scene.exists('web')).toBe(true);
      broken = false;
      await scene.vanishes('web');
      expect(backend.instances()).toEqual([]);
    });
  });
}
