/** What only a real control plane can do to a node: freeze, die and come back. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { podRef } from 'vk-sdk';
import type { ControlPlane } from 'vk-sdk/testing';
import { groupName } from '../../../src/mapping/index.js';
import { Site } from '../support/site.js';

const frozen = 'answers nothing for a while';

export function outage(plane: () => ControlPlane): void {
  describe('upstream §7: groups outlive an apiserver', () => {
    it.each(['is killed and started again', frozen] as const)(
      'that %s, which then learns what has happened',
      async (how) => {
        const site = await Site.open(plane(), how === frozen ? 'frozen' : 'killed');
        const { cloud, world } = site;
        await site.start();
        await world.create('kept');
        const lost = await world.create('lost');
        await world.create('unwanted');
        for (const name of ['kept', 'lost', 'unwanted']) await world.runs(name);

        if (how === frozen) {
          plane().pause();
          onTestFinished(() => plane().resume());
        } else await plane().stopApiserver();
        await cloud.faults.vanish(groupName(podRef(lost)));
        const looks = cloud.requests.count('get');
        await eventually('looks', () => cloud.requests.count('get') > looks + 10);
        expect(cloud.requests.count('delete')).toBe(0);
        if (how === frozen) plane().resume();
        else await plane().startApiserver();

        await world.delete('unwanted');
        await world.create('late');
        await world.status('lost', ({ phase }) => phase === 'Failed');
        for (const name of ['kept', 'late']) await world.runs(name);
        await world.isGone('unwanted');
        await world.delete('lost');
        await world.isGone('lost');
        await world.expectOneGroupPerPod();
      },
      60_000,
    );
  });
}
