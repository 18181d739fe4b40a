/** Upstream section 7, themes 3 and 4, where a container group is what must not be lost, doubled or left. */
import { describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { nodes, podRef, type Pod } from 'vk-sdk';
import type { TestCluster } from 'vk-sdk/testing';
import { groupName } from '../../../src/mapping/index.js';
import { Site } from '../support/site.js';

const groupOf = (pod: Pod): string => groupName(podRef(pod));

/** What the cloud may answer that asks for its groups, besides the truth. */
const lies = [
  { status: 500 },
  { text: '{"value":[]}' },
  { text: '{"value":[],"nextLink":"https://127.0.0.1:1/nowhere"}' },
  { text: '{}' },
  { reset: 'before' },
] as const;

export function disasters(cluster: () => TestCluster): void {
  describe('upstream §7: no group of a wanted pod is deleted, and none of them is doubled', () => {
    it('when the node object is deleted, which comes back', async () => {
      const site = await Site.open(cluster(), 'lost-node');
      const { cloud, world } = site;
      await site.start();
      const pod = await world.create('web');
      await world.runs('web');
      const before = await cluster().client.get(nodes, { name: 'lost-node' });
      await cluster().client.delete(nodes, { name: 'lost-node' });
      await eventually('another node object', async () => {
        const after = await cluster()
          .client.get(nodes, { name: 'lost-node' })
          .catch(() => undefined);
        return after !== undefined && after.metadata.uid !== before.metadata.uid;
      });
      await searches(site, 6);
      expect((await world.runs('web')).metadata.uid).toBe(pod.metadata.uid);
      expect(cloud.requests.count('delete')).toBe(0);
      await world.expectOneGroupPerPod();
    });

    it('when the list of groups fails, is empty or lacks pages, at the start of a process and later', async () => {
      // Pages of one group each: what is added to the second list goes wrong on a page in the middle.
      const site = await Site.open(cluster(), 'lying-list', { pageSize: 1 });
      const { cloud, world } = site;
      await site.start();
      for (const name of ['one', 'two', 'three']) await world.create(name);
      for (const name of ['one', 'two', 'three']) await world.runs(name);
      for (const lie of lies) {
        await site.stop();
        const restore = cloud.faults.next('list', lie, { times: Infinity });
        const started = site.start();
        await eventually('a list', () => cloud.requests.of('list').at(-1)?.status !== undefined);
        await searches(site, 3);
        restore();
        await started;
        await searches(site, 3);
        for (const name of ['one', 'two', 'three']) await world.runs(name);
      }
      expect(cloud.requests.count('create')).toBe(3);
      expect(cloud.requests.count('delete')).toBe(0);
      await world.expectOneGroupPerPod();
    });

    it('when a group vanishes behind our back, and another never gets through its provisioning', async () => {
      const site = await Site.open(cluster(), 'vanished');
      const { cloud, world } = site;
      await site.start();
      const stuck = await world.declare('stuck');
      cloud.faults.stick(groupOf(stuck));
      await world.bind(stuck);
      const lost = await world.create('lost');
      await world.create('kept');
      for (const name of ['kept', 'lost']) await world.runs(name);
      await cloud.faults.vanish(groupOf(lost));
      const { status } = await world.status('lost', ({ phase }) => phase === 'Failed');
      expect(status?.reason).toBe('NotFound');
      expect((await world.find('stuck'))?.status?.phase).toBe('Pending');
      for (const name of ['lost', 'stuck']) await world.delete(name);
      for (const name of ['lost', 'stuck']) await world.isGone(name);
      await world.create('lost');
      for (const name of ['kept', 'lost']) await world.runs(name);
      await world.expectOneGroupPerPod();
    });

    it('when pods were deleted by force while nobody was there: their groups go, and no others', async () => {
      const site = await Site.open(cluster(), 'forced');
      const { world } = site;
      await site.start();
      for (const name of ['kept', 'also-kept', 'forced', 'again']) await world.create(name);
      for (const name of ['kept', 'also-kept', 'forced', 'again']) await world.runs(name);
      await site.stop();
      for (const name of ['forced', 'again']) await world.delete(name, 0);
      await world.create('again');
      await site.start();
      for (const name of ['kept', 'also-kept', 'again']) await world.runs(name);
      await eventually('the groups of the pods alone', () => world.groups.length === 3);
      await world.expectOneGroupPerPod();
    });

    it('when a request for a group is carried out after its pod has gone: the group goes, too', async () => {
      const site = await Site.open(cluster(), 'late-create');
      const { cloud, world } = site;
      await site.start();
      await world.create('kept');
      await world.runs('kept');
      const pod = await world.declare('late');
      const held = cloud.faults.hold('create', { name: groupOf(pod) });
      await world.bind(pod);
      await held.arrived;
      await site.stop();
      await world.delete('late', 0);
      await site.start();
      await searches(site, 2);
      held.release();
      await eventually('the late group', () => world.groups.includes(groupOf(pod)));
      await eventually('the groups of the pods alone', () => world.groups.length === 1);
      await world.runs('kept');
      await world.expectOneGroupPerPod();
    });
  });
}

/** Resolves when the tracker has searched for groups that no pod stands for so many times more. */
async function searches({ cloud }: Site, count: number): Promise<void> {
  const before = cloud.requests.count('list');
  await eventually(`${count} lists`, () => cloud.requests.count('list') >= before + count);
}
