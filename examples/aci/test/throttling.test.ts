/** A limit of the cloud on one kind of requests is no limit on others, for whom it may not matter for an hour. */
import { describe, expect, it } from 'vitest';
import { pods } from 'vk-sdk';
import { openScene } from './open-scene.js';
import { isRunning, podOf } from './scene.js';

describe('a node whose cloud throttles', () => {
  it('deletes and looks at pods though more creates than it makes calls at a time have to wait', async () => {
    const scene = await openScene();
    await scene.run(podOf('unwanted'));
    const lost = await scene.run(podOf('lost'));
    scene.cloud.faults.next('create', { status: 429, retryAfterSeconds: 300 });
    // A node makes 64 calls of its provider at a time.
    const names = Array.from({ length: 70 }, (_, index) => `new-${index}`);
    await Promise.all(names.map((name) => scene.create(podOf(name))));
    await scene.until('a create is refused', () => scene.cloud.requests.count('create') > 2);
    const begunAt = scene.clock.now();
    await scene.delete('unwanted');
    await scene.cloud.faults.vanish(scene.group(lost));
    await scene.status('lost', ({ phase }) => phase === 'Failed');
    expect(scene.clock.now() - begunAt).toBeLessThan(120_000);
    expect(scene.pod('new-69')?.status?.message).toMatch(/throttling.*next in \d+ s/);

    await scene.pass(300_000 - (scene.clock.now() - begunAt));
    for (const name of names) await scene.status(name, isRunning);
    expect(scene.groups).toHaveLength(names.length);
  });

  it('asks nothing for a pod that it may not delete yet', async () => {
    const scene = await openScene({ provider: { tracker: { pace: { fastestMs: 60_000 } } } });
    await scene.run(podOf('first'));
    const second = await scene.run(podOf('second'));
    scene.cloud.faults.next('delete', { status: 429, retryAfterSeconds: 600 });
    await scene.startDelete('first');
    await scene.until('a deletion is refused', () => scene.cloud.requests.count('delete') > 0);
    await scene.pass(1_000);
    await scene.startDelete('second');
    const looks = scene.cloud.requests.of('get', scene.group(second)).length;
    await scene.pass(4_000);
    expect(scene.cloud.requests.of('get', scene.group(second))).toHaveLength(looks);
    await scene.pass(660_000);
    expect(scene.groups).toEqual([]);
  });

  it('looks at pods though it may not delete the groups that nobody wants', async () => {
    const scene = await openScene({ provider: { tracker: { cleanup: { intervalMs: 30_000, minAgeMs: 60_000 } } } });
    await scene.run(podOf('kept'));
    const lost = await scene.run(podOf('lost'));
    const forced = await scene.run(podOf('forced'));
    await scene.stopNode();
    await scene.server.client.delete(pods, { namespace: 'default', name: 'forced' }, { gracePeriodSeconds: 0 });
    scene.cloud.faults.next('delete', { status: 429, retryAfterSeconds: 3_000 });
    await scene.startNode();
    await scene.until('a deletion is refused', () => scene.cloud.requests.count('delete') > 0);
    await scene.pass(30_000);
    await scene.cloud.faults.vanish(scene.group(lost));
    const begunAt = scene.clock.now();
    await scene.status('lost', ({ phase }) => phase === 'Failed');
    expect(scene.clock.now() - begunAt).toBeLessThan(200_000);
    await scene.pass(3_300_000);
    expect(scene.groups).not.toContain(scene.group(forced));
  });
});
