/** Intermediate states (Sieve, OSDI 2022): the process dies between two calls, and starts again. */
import { describe, expect, it } from 'vitest';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { pods } from '../../../src/kube/resources.js';
import { eventually } from '../support/eventually.js';
import type { FileBackend, Point } from '../support/file-backend.js';
import { NodeProcess } from '../support/node-process.js';
import { Scene } from '../support/scene.js';

/** Invariant 1 and 2: what runs is found again, so no uid ever has more than one instance made for it. */
function expectOneInstancePerPod(backend: FileBackend): void {
  const started = backend.journal('started').map(({ uid }) => uid);
  expect(started).toEqual([...new Set(started)]);
}

/** Starts the node again and waits until both pods run, each as the one instance that was ever made for it. */
async function runsAsIfNothingHappened(scene: Scene): Promise<void> {
  const backend = scene.backend();
  const had = new Set(backend.instances().map(({ pod }) => pod.metadata.uid));
  const mark = backend.journal().length;
  await scene.start(backend);
  await scene.reaches('one', 'Running');
  await scene.reaches('two', 'Running');
  expect(
    backend
      .instances()
      .map(({ pod }) => pod.metadata.name)
      .sort(),
  ).toEqual(['one', 'two']);
  expectOneInstancePerPod(backend);
  const repeated = backend.journal().slice(mark);
  expect(repeated.filter(({ call, uid }) => call === 'createPod' && had.has(uid))).toEqual([]);
  expect(repeated.filter(({ call }) => call === 'deletePod')).toEqual([]);
}

export function crash(cluster: () => TestCluster): void {
  describe('a node process that is killed (SIGKILL)', () => {
    const whileStarting: readonly (Point | 'starting')[] = [
      'starting',
      'getPods:after',
      'createPod:before',
      'createPod:after',
    ];
    for (const point of whileStarting) {
      it(`at ${point} leaves nothing that its next start does not complete`, async () => {
        const scene = await Scene.open(cluster(), `crash-${point.toLowerCase().replace(':', '-')}`);
        await scene.create('one');
        await scene.create('two');
        expect(await new NodeProcess(scene, point).ended).toBe('SIGKILL');
        await runsAsIfNothingHappened(scene);
      });
    }

    it('while its pods run finds them again and changes nothing', async () => {
      const scene = await Scene.open(cluster(), 'crash-running');
      const process = new NodeProcess(scene);
      await process.ready();
      await scene.create('one');
      await scene.create('two');
      const before = await Promise.all([scene.reaches('one', 'Running'), scene.reaches('two', 'Running')]);
      await process.kill();
      await runsAsIfNothingHappened(scene);
      expect(await Promise.all([scene.get('one'), scene.get('two')])).toEqual(before);
    });

    for (const point of ['updatePod:before', 'updatePod:after'] as const) {
      it(`at ${point} applies the change after its next start`, async () => {
        const scene = await Scene.open(cluster(), `crash-${point.toLowerCase().replace(':', '-')}`);
        const process = new NodeProcess(scene, point);
        await process.ready();
        const { metadata } = await scene.create('one');
        await scene.create('two');
        await scene.reaches('one', 'Running');
        await scene.reaches('two', 'Running');
        const change = { metadata: { labels: { changed: 'yes' } } };
        await cluster().client.patch(pods, { namespace: 'default', name: 'one' }, 'merge', change);
        expect(await process.ended).toBe('SIGKILL');
        await runsAsIfNothingHappened(scene);
        await eventually(() => {
          const labels = scene.backend().instanceOf(metadata.uid ?? '')?.pod.metadata.labels;
          expect(labels).toEqual({ changed: 'yes' });
        });
      });
    }

    for (const point of ['deletePod:before', 'deletePod:after'] as const) {
      it(`at ${point} ends the pod and finalises it after its next start`, async () => {
        const scene = await Scene.open(cluster(), `crash-${point.toLowerCase().replace(':', '-')}`);
        const process = new NodeProcess(scene, point);
        await process.ready();
        await scene.create('goes');
        await scene.create('stays');
        await scene.reaches('goes', 'Running');
        await scene.reaches('stays', 'Running');
        await scene.delete('goes');
        expect(await process.ended).toBe('SIGKILL');
        const backend = scene.backend();
        await scene.start(backend);
        await scene.vanishes('goes');
        expect(backend.instances().map(({ pod }) => pod.metadata.name)).toEqual(['stays']);
        expect((await scene.get('stays')).status?.phase).toBe('Running');
        expectOneInstancePerPod(backend);
      });
    }
  });
}
