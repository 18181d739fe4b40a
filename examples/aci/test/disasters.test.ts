import { describe, expect, it } from 'vitest';
import { pods } from 'vk-sdk';
import { openScene } from './open-scene.js';
import { isRunning, podOf } from './scene.js';

describe('pods on the cloud, through disasters', () => {
  it(
    'upstream §7: outlive an hour without Kubernetes, after which it learns what has happened',
    { timeout: 180_000 },
    async () => {
      const scene = await openScene({ provider: { tracker: { cleanup: { intervalMs: 30_000, minAgeMs: 60_000 } } } });
      const kept = await scene.run(podOf('kept'));
      const lost = await scene.run(podOf('lost'));
      scene.server.faults.add({ on: {}, fault: { type: 'status', code: 503 }, times: Infinity });
      await scene.pass(600_000);
      await scene.cloud.faults.vanish(scene.group(lost));
      await scene.pass(3_000_000);
      expect(scene.groups).toEqual([scene.group(kept)]);
      expect(scene.cloud.requests.count('delete')).toBe(0);

      scene.server.faults.clear();
      await scene.status('lost', ({ phase }) => phase === 'Failed');
      await scene.status('kept', isRunning);
      await scene.delete('kept');
      await scene.delete('lost');
      expect(scene.groups).toEqual([]);
    },
  );

  it(
    'upstream §7: outlive an hour without the cloud, and what was asked for meanwhile is done',
    { timeout: 180_000 },
    async () => {
      const scene = await openScene();
      const kept = await scene.run(podOf('kept'));
      await scene.run(podOf('unwanted'));
      const restore = scene.cloud.faults.next('*', { status: 503 }, { times: Infinity });
      await scene.pass(60_000);
      await scene.startDelete('unwanted');
      await scene.create(podOf('new'));
      await scene.pass(3_600_000);
      expect(scene.pod('kept')?.status?.phase).toBe('Running');
      expect(scene.pod('unwanted')).toBeDefined();
      expect(scene.pod('new')?.status?.phase ?? 'Pending').toBe('Pending');

      restore();
      const fresh = await scene.status('new', isRunning);
      await scene.until('the unwanted one is gone', () => scene.pod('unwanted') === undefined);
      expect([...scene.groups].sort()).toEqual([scene.group(kept), scene.group(fresh)].sort());
    },
  );

  it('upstream §7: of one name and two lives are two groups, of which the first goes before the second comes', async () => {
    const scene = await openScene({ cloud: { latencies: { delete: 20_000 } } });
    const first = await scene.run(podOf('web'));
    await scene.stopNode();
    await scene.server.client.delete(pods, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    const second = await scene.create(podOf('web'));
    await scene.startNode();
    await scene.status('web', isRunning);
    expect(scene.groups).toEqual([scene.group(second)]);
    const [created] = scene.cloud.requests.of('create', scene.group(second));
    const [deleted] = scene.cloud.requests.of('delete', scene.group(first));
    expect(created?.atMs).toBeGreaterThan((deleted?.atMs ?? Infinity) + 20_000);
  });
});
