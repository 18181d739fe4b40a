import { describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { kubectl, kubectlPath } from '../support/kubectl.js';
import { Scene } from '../support/scene.js';

function conditionsOf(pod: Pod): Record<string, string> {
  return Object.fromEntries((pod.status?.conditions ?? []).map(({ type, status }) => [type, status]));
}

export function podLifecycle(cluster: () => TestCluster): void {
  describe('a pod', () => {
    it('goes from created to Running, and says since when and at which address', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-run');
      await scene.start(scene.backend());
      await scene.create('web');
      const pod = await scene.reaches('web', 'Running');
      expect(conditionsOf(pod)).toMatchObject({ PodScheduled: 'True', Initialized: 'True', Ready: 'True' });
      expect(pod.status).toMatchObject({ podIP: '10.1.2.3', hostIP: '127.0.0.1' });
      expect(Date.parse(pod.status?.startTime ?? '')).toBeGreaterThan(0);
      expect(pod.status?.containerStatuses?.[0]).toMatchObject({ name: 'main', ready: true, restartCount: 0 });
    });

    it('hands changed labels and annotations to the backend', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-update');
      const backend = scene.backend();
      await scene.start(backend);
      const { metadata } = await scene.create('web', { labels: { stage: 'blue' } });
      await scene.reaches('web', 'Running');
      await cluster().client.patch(pods, { namespace: 'default', name: 'web' }, 'merge', {
        metadata: { labels: { stage: 'green' }, annotations: { note: 'changed' } },
      });
      await eventually(() => {
        expect(backend.instanceOf(metadata.uid ?? '')?.pod.metadata).toMatchObject({
          labels: { stage: 'green' },
          annotations: { note: 'changed' },
        });
      });
      expect(backend.journal('started')).toHaveLength(1);
    });

    it('is ended with its grace, and stays until the backend has ended it', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-grace');
      const gate = new Gate('deletePod:before');
      const backend = scene.backend({ at: gate.at });
      await scene.start(backend);
      const { metadata } = await scene.create('web', { gracePeriodSeconds: 1 });
      await scene.reaches('web', 'Running');
      await scene.delete('web');
      expect(await gate.reached).toBe(metadata.uid);
      const leaving = await scene.get('web');
      expect(leaving.metadata.deletionGracePeriodSeconds).toBe(1);
      // Invariant 5: a timer that ran out is no reason to finalise.
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      expect(await scene.exists('web')).toBe(true);
      gate.open();
      await scene.vanishes('web');
      expect(backend.instances()).toEqual([]);
      expect(backend.journal('deletePod')[0]).toMatchObject({ name: 'web', gracePeriodSeconds: 1 });
    });

    it('upstream §2: is finalised as soon as the backend has ended it, not when its grace is over', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-early');
      const backend = scene.backend();
      await scene.start(backend);
      await scene.create('web', { gracePeriodSeconds: 300 });
      await scene.reaches('web', 'Running');
      await scene.delete('web');
      await scene.vanishes('web');
      expect(backend.journal('deletePod')[0]).toMatchObject({ gracePeriodSeconds: 300 });
    });

    it('that is deleted by force leaves nothing in the backend', async ({ skip }) => {
      if (kubectlPath() === undefined) skip('KUBEBUILDER_ASSETS names no folder with kubectl');
      const scene = await Scene.open(cluster(), 'lifecycle-force');
      const backend = scene.backend();
      await scene.start(backend);
      await scene.create('web', { gracePeriodSeconds: 300 });
      await scene.reaches('web', 'Running');
      const { code, stdout, stderr } = await kubectl(cluster(), ['delete', 'pod', 'web', '--force', '--wait=false']);
      expect(stderr + stdout).toContain('force deleted');
      expect(code).toBe(0);
      await eventually(() => expect(backend.instances()).toEqual([]));
      expect(await scene.exists('web')).toBe(false);
    });

    it('that is never to be restarted stays Succeeded, also after a restart of the node', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-never');
      const backend = scene.backend();
      const node = await scene.start(backend);
      const { metadata } = await scene.create('task', { restartPolicy: 'Never' });
      await scene.reaches('task', 'Running');
      backend.end(metadata.uid ?? '', 0);
      const ended = await scene.reaches('task', 'Succeeded');
      expect(ended.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0 });
      await node.close({ graceMs: 0 });
      const again = scene.backend();
      await scene.start(again);
      await scene.create('marker');
      await scene.reaches('marker', 'Running');
      expect((await scene.get('task')).status).toEqual(ended.status);
      expect(again.journal('started', metadata.uid)).toHaveLength(1);
    });

    it('that ended with another exit code than 0 is Failed, with that code', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-failed');
      const backend = scene.backend();
      await scene.start(backend);
      const { metadata } = await scene.create('task', { restartPolicy: 'Never' });
      await scene.reaches('task', 'Running');
      backend.end(metadata.uid ?? '', 7);
      const { status } = await scene.reaches('task', 'Failed');
      expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(7);
    });

    it('upstream §2: has its status put right when somebody else overwrites it', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-repair');
      await scene.start(scene.backend());
      await scene.create('web');
      await scene.reaches('web', 'Running');
      await cluster().client.patch(
        pods,
        { namespace: 'default', name: 'web' },
        'strategic',
        { status: { conditions: [{ type: 'Ready', status: 'False', reason: 'NodeNotReady' }] } },
        { subresource: 'status' },
      );
      await eventually(async () => expect(conditionsOf(await scene.get('web'))).toMatchObject({ Ready: 'True' }));
    });

    it('upstream §2: keeps conditions that others own', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-gates');
      const backend = scene.backend();
      await scene.start(backend);
      const { metadata } = await scene.create('web');
      await scene.reaches('web', 'Running');
      const gate = { type: 'example.com/gate', status: 'True' };
      await cluster().client.patch(
        pods,
        { namespace: 'default', name: 'web' },
        'strategic',
        { status: { conditions: [gate] } },
        { subresource: 'status' },
      );
      backend.end(metadata.uid ?? '', 1);
      await eventually(async () => {
        expect(conditionsOf(await scene.get('web'))).toMatchObject({ 'example.com/gate': 'True', Ready: 'False' });
      });
    });

    it('upstream §2: is deleted when the backend evicts it', async () => {
      const scene = await Scene.open(cluster(), 'lifecycle-evict');
      const backend = scene.backend();
      await scene.start(backend);
      const { metadata } = await scene.create('web');
      await scene.reaches('web', 'Running');
      backend.evict(metadata.uid ?? '');
      await scene.vanishes('web');
      expect(backend.instances()).toEqual([]);
    });
  });
}
