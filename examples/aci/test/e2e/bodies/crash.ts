/**
 * The process is killed (SIGKILL) in the middle of what it does: the next, which knows nothing of it, completes it. A pod for
 * each point on the way, all at once; with `VK_SDK_FULL` each point by itself as well.
 */
import { describe, expect, it } from 'vitest';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { podRef, type Pod } from 'vk-sdk';
import type { TestCluster } from 'vk-sdk/testing';
import { groupName } from '../../../src/mapping/index.js';
import type { AciEmulator, AciEmulatorOptions } from '../../emulator/index.js';
import type { NodeProcess } from '../support/node-process.js';
import { Site } from '../support/site.js';
import type { World } from '../support/world.js';

interface Victim {
  readonly cloud: AciEmulator;
  readonly world: World;
  /** A pod, and the name of its group. */
  readonly pod: Pod;
  readonly group: string;
}

interface Armed {
  /** Resolves when the process is at the point, where it stays. */
  readonly reached: () => Promise<unknown>;
  /** What is done when the next process has completed what there was. */
  readonly afterwards?: () => Promise<unknown>;
}

/** Where the process is when it is killed: made so before the pod becomes the node's, or is deleted. */
type Point = readonly [name: string, arm: (victim: Victim) => Armed];

const creation: readonly Point[] = [
  [
    'before-the-request',
    ({ cloud, group: name }) => {
      cloud.faults.next('get', { hang: 'before' }, { name });
      return { reached: () => cloud.seen('get', name) };
    },
  ],
  [
    'received-never-done',
    ({ cloud, group: name }) => {
      cloud.faults.next('create', { hang: 'before' }, { name });
      return { reached: () => cloud.seen('create', name) };
    },
  ],
  [
    // The cloud gets round to it when the next process has had the group made long since.
    'received-done-late',
    ({ cloud, group: name }) => {
      const held = cloud.faults.hold('create', { name });
      const late = (): boolean => cloud.requests.of('create', name).every(({ status }) => status !== undefined);
      const afterwards = (): Promise<unknown> => (held.release(), eventually('the late request', late));
      return { reached: () => held.arrived, afterwards };
    },
  ],
  [
    'done-unanswered',
    ({ cloud, group: name }) => {
      cloud.faults.next('create', { hang: 'after' }, { name });
      return { reached: () => eventually('the group', () => cloud.groups.has(name)) };
    },
  ],
  [
    'provisioning',
    ({ cloud, world, pod, group: name }) => {
      cloud.faults.stick(name);
      const reached = () => world.status(nameOf(pod), ({ containerStatuses }) => containerStatuses?.length);
      return { reached: () => reached().then(() => cloud.faults.release(name)) };
    },
  ],
  [
    'running-untold',
    ({ cloud, group: name }) => {
      const held = cloud.faults.hold('create', { name, when: 'after' });
      const reached = async (): Promise<void> => {
        await held.arrived;
        const asked = cloud.requests.of('get', name).length;
        cloud.faults.next('get', { hang: 'before' }, { name });
        held.release();
        await eventually('a look at the pod', () => cloud.requests.of('get', name).length > asked);
      };
      return { reached };
    },
  ],
];

const deletion: readonly Point[] = [
  [
    'before-the-request',
    ({ cloud, group: name }) => {
      const asked = cloud.requests.of('get', name).length;
      cloud.faults.next('get', { hang: 'before' }, { name, times: Infinity });
      return { reached: () => eventually('a look', () => cloud.requests.of('get', name).length > asked) };
    },
  ],
  [
    'received-never-done',
    ({ cloud, group: name }) => {
      cloud.faults.next('delete', { hang: 'before' }, { name });
      return { reached: () => cloud.seen('delete', name) };
    },
  ],
  [
    'done-unanswered',
    ({ cloud, group: name }) => {
      cloud.faults.next('delete', { hang: 'after' }, { name });
      return { reached: () => eventually('no group', () => !cloud.groups.has(name)) };
    },
  ],
  [
    'gone-untold',
    ({ cloud, group: name }) => {
      const held = cloud.faults.hold('delete', { name, when: 'after' });
      const reached = async (): Promise<void> => {
        await held.arrived;
        cloud.faults.next('get', { hang: 'before' }, { name, times: Infinity });
        held.release();
        await eventually('no group', () => !cloud.groups.has(name));
      };
      return { reached };
    },
  ],
  [
    'polled-for',
    ({ cloud, group: name }) => {
      const asked = cloud.requests.count('poll');
      const reached = async (): Promise<void> => {
        await cloud.seen('delete', name, { answered: true });
        await eventually('a poll', () => cloud.requests.count('poll') > asked);
        expect(cloud.groups.has(name)).toBe(true);
      };
      return { reached };
    },
  ],
];

/** Has `go` done to the pods, each with the process stopping at its point, and kills it. */
async function killAt(
  victim: NodeProcess,
  { cloud, world }: Site,
  steps: readonly (readonly [Point, Pod])[],
  go: (pod: Pod) => Promise<void>,
): Promise<readonly Armed[]> {
  const armed: Armed[] = [];
  for (const [[, arm], pod] of steps) {
    const each = arm({ cloud, world, pod, group: groupOf(pod) });
    armed.push(each);
    await go(pod);
    await each.reached();
  }
  await victim.kill();
  cloud.faults.clear();
  return armed;
}

const groupOf = (pod: Pod): string => groupName(podRef(pod));
const nameOf = ({ metadata: { name = '' } }: Pod): string => name;

/** How the cloud takes a deletion of what it still provisions. */
type WhileProvisioning = NonNullable<AciEmulatorOptions['deleteWhileProvisioning']>;

export function crash(cluster: () => TestCluster, whileProvisioning: WhileProvisioning): void {
  const kill = async (points: readonly Point[], deletions: readonly Point[], nodeName: string): Promise<void> => {
    const site = await Site.open(cluster(), nodeName, {
      latencies: { delete: 500 },
      deleteWhileProvisioning: whileProvisioning,
    });
    const { cloud, world } = site;
    const created = await Promise.all(
      points.map(async (point) => [point, await world.declare(`c-${point[0]}`)] as const),
    );
    const armed = await killAt(await site.spawn(), site, created, (pod) => world.bind(pod));
    const second = await site.spawn();
    for (const [, pod] of created) await world.runs(nameOf(pod));
    for (const each of armed) await each.afterwards?.();
    for (const [, pod] of created) await world.runs(nameOf(pod));
    await world.expectOneGroupPerPod();

    const stays = await world.create('stays');
    const deleted = await Promise.all(
      deletions.map(async (point) => [point, await world.create(`d-${point[0]}`)] as const),
    );
    for (const pod of [stays, ...deleted.map(([, each]) => each)]) await world.runs(nameOf(pod));
    const unborn = await world.declare('unborn');
    cloud.faults.stick(groupOf(unborn));
    await world.bind(unborn);
    await world.status('unborn', ({ containerStatuses }) => containerStatuses?.length);
    await world.delete('unborn');
    await cloud.seen('delete', groupOf(unborn), { answered: true });
    await killAt(second, site, deleted, (pod) => world.delete(nameOf(pod)));
    cloud.faults.release(groupOf(unborn));

    // Meanwhile, nobody being there: one is deleted, one by force, and one by force and made again.
    const [deletedNow, forced, again] = created.map(([, pod]) => nameOf(pod));
    if (deletedNow !== undefined) await world.delete(deletedNow);
    if (forced !== undefined) await world.delete(forced, 0);
    if (again !== undefined) {
      await world.delete(again, 0);
      await world.create(again);
    }
    await site.spawn();
    for (const name of [...deleted.map(([, pod]) => nameOf(pod)), 'unborn']) await world.isGone(name);
    if (deletedNow !== undefined) await world.isGone(deletedNow);
    const left = ['stays', ...created.slice(2).map(([, pod]) => nameOf(pod))];
    for (const name of left) await world.runs(name);
    await eventually('the groups of the pods alone', () => world.groups.length === left.length);
    await world.expectOneGroupPerPod();
    expect(cloud.requests.of('delete', groupOf(stays))).toEqual([]);
  };

  describe('a process that is killed', () => {
    it(`in the middle of creations, and of deletions by a cloud that ${whileProvisioning} what it still provisions, leaves each pod its one group, and none to no pod`, async () => {
      await kill(creation, deletion, 'crash');
    }, 90_000);

    describe.skipIf(process.env['VK_SDK_FULL'] === undefined)('at one point alone (with VK_SDK_FULL)', () => {
      it.each(creation.map((point) => [point[0], point] as const))(
        'of a creation: %s',
        async (name, point) => kill([point], [], `crash-c-${name}`),
        60_000,
      );
      it.each(deletion.map((point) => [point[0], point] as const))(
        'of a deletion: %s',
        async (name, point) => kill([], [point], `crash-d-${name}`),
        60_000,
      );
    });
  });
}
