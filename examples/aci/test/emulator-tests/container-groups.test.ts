/** Container groups through the real SDK: operations, their polling, and what answers show. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { ManualClock } from 'vk-sdk/testing';
import { AciEmulator, type AciEmulatorOptions } from '../emulator/index.js';
import { clientOf, groupOf } from './sdk.js';

let cloud: AciEmulator;
let client: ContainerInstanceManagementClient;
const resourceGroup = (): string => cloud.credentials.resourceGroup;
const often = { updateIntervalInMs: 1 };

async function start(options: AciEmulatorOptions = {}): Promise<void> {
  await cloud.close();
  cloud = new AciEmulator(options);
  await cloud.start();
  client = clientOf(cloud);
}

function create(name: string, changes: Partial<ContainerGroup> = {}): Promise<ContainerGroup> {
  return client.containerGroups.beginCreateOrUpdateAndWait(resourceGroup(), name, groupOf(changes), often);
}

async function all(groups: AsyncIterable<ContainerGroup>): Promise<ContainerGroup[]> {
  const listed = [];
  for await (const group of groups) listed.push(group);
  return listed;
}

beforeEach(async () => {
  cloud = new AciEmulator();
  await start();
});

afterEach(() => cloud.close());

describe('create', () => {
  test('a group is polled to the end, and shows what runs in it', async () => {
    const created = await create('web', { tags: { PodName: 'web' } });
    expect(created).toMatchObject({ provisioningState: 'Succeeded', tags: { PodName: 'web' }, location: 'westeurope' });
    const shown = await client.containerGroups.get(resourceGroup(), 'web');
    expect(shown.id).toMatch(
      /\/resourceGroups\/emulated\/providers\/Microsoft.ContainerInstance\/containerGroups\/web$/,
    );
    expect(shown.instanceView?.state).toBe('Running');
    const view = shown.containers[0]?.instanceView;
    expect(view).toMatchObject({ restartCount: 0, currentState: { state: 'Running' } });
    expect(view?.currentState?.startTime).toBeInstanceOf(Date);
    expect(view?.events?.map(({ name }) => name)).toEqual(['Pulling', 'Pulled', 'Started']);
  });

  test('a poller goes on from its saved state, in another client', async () => {
    cloud.faults.stick('web');
    const poller = await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
    expect(poller.isDone()).toBe(false);
    const saved = poller.toString();
    const resumed = await clientOf(cloud).containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), {
      ...often,
      resumeFrom: saved,
    });
    expect(cloud.requests.count('create')).toBe(1);
    cloud.faults.release('web');
    expect(await resumed.pollUntilDone()).toMatchObject({ name: 'web', provisioningState: 'Succeeded' });
  });

  test('Retry-After with an operation is how long the SDK waits before it asks again', async () => {
    await start({ pollAfterSeconds: 1 });
    cloud.faults.stick('web');
    const poller = await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
    const done = poller.pollUntilDone();
    await eventually('the second poll', () => cloud.requests.count('poll') === 2);
    cloud.faults.release('web');
    await done;
    const [second, third, ...more] = cloud.requests.of('poll').slice(1);
    expect(more).toEqual([]);
    expect((third?.atMs ?? 0) - (second?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('a group goes from Pending over Creating to Succeeded in the time that it is given', async () => {
    const clock = new ManualClock();
    await start({ clock, latencies: { pending: 2_000, pull: 10_000 } });
    const creating = create('web');
    creating.catch(() => {});
    await cloud.seen('poll');
    const state = async (): Promise<string | undefined> =>
      (await client.containerGroups.get(resourceGroup(), 'web')).provisioningState;
    expect(await state()).toBe('Pending');
    await clock.advance(2_000);
    expect(await state()).toBe('Creating');
    await clock.advance(10_000);
    expect((await creating).provisioningState).toBe('Succeeded');
  });

  test('an image that cannot be pulled makes the operation fail, and the group stays as failed', async () => {
    await start({ images: { broken: { pull: 'fails' } } });
    const containers = [{ ...groupOf().containers[0]!, image: 'broken' }];
    await expect(create('web', { containers })).rejects.toThrow(/Failed to pull image "broken"/);
    const shown = await client.containerGroups.get(resourceGroup(), 'web');
    expect(shown.provisioningState).toBe('Failed');
    expect(shown.containers[0]?.instanceView?.events?.at(-1)).toMatchObject({ name: 'Failed', type: 'Warning' });
    await client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
    expect(cloud.groups.size).toBe(0);
  });

  test('secrets never come back', async () => {
    const secret = 'not-to-be-seen';
    await create('web', {
      containers: [
        {
          ...groupOf().containers[0]!,
          environmentVariables: [
            { name: 'OPEN', value: 'seen' },
            { name: 'TOKEN', secureValue: secret },
          ],
        },
      ],
      imageRegistryCredentials: [{ server: 'example.com', username: 'me', password: secret }],
      volumes: [
        { name: 'keys', secret: { key: Buffer.from(secret).toString('base64') } },
        { name: 'share', azureFile: { shareName: 's', storageAccountName: 'a', storageAccountKey: secret } },
      ],
      diagnostics: { logAnalytics: { workspaceId: 'w', workspaceKey: secret } },
    });
    const shown = await client.containerGroups.get(resourceGroup(), 'web');
    const listed = await all(client.containerGroups.list());
    const text = JSON.stringify([shown, listed]);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
    expect(shown.containers[0]?.environmentVariables).toEqual([{ name: 'OPEN', value: 'seen' }, { name: 'TOKEN' }]);
    expect(shown.imageRegistryCredentials).toEqual([{ server: 'example.com', username: 'me' }]);
    expect(shown.volumes?.map(({ name }) => name)).toEqual(['keys', 'share']);
  });

  test('a public address gets its name, and a subnet a private address', async () => {
    const ports = [{ port: 80 }];
    const containers = [{ ...groupOf().containers[0]!, ports }];
    const open = await create('open', { containers, ipAddress: { type: 'Public', ports, dnsNameLabel: 'my-web' } });
    expect(open.ipAddress).toMatchObject({ type: 'Public', fqdn: 'my-web.westeurope.azurecontainer.io' });
    const inside = await create('inside', { subnetIds: [{ id: '/subscriptions/s/subnets/n' }] });
    expect(inside.ipAddress).toMatchObject({ type: 'Private' });
    expect(inside.ipAddress?.ip).not.toBe(open.ipAddress?.ip);
  });
});

describe('an existing group', () => {
  test('is updated by another create, with 200, and its containers begin anew', async () => {
    await create('web');
    const containers = [{ ...groupOf().containers[0]!, image: 'busybox:2' }];
    const updated = await create('web', { containers });
    expect(updated.containers[0]?.image).toBe('busybox:2');
    expect(cloud.requests.of('create').map(({ status }) => status)).toEqual([201, 200]);
  });

  test.each([
    ['restart policy', { restartPolicy: 'Never' }],
    ['operating system', { osType: 'Windows' }],
    ['location', { location: 'northeurope' }],
  ])('keeps its %s', async (_what, changes) => {
    await create('web');
    await expect(create('web', changes)).rejects.toMatchObject({
      statusCode: 400,
      code: 'InvalidContainerGroupUpdate',
    });
  });

  test('takes no create, start, stop or restart while it is in transition', async () => {
    cloud.faults.stick('web');
    await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
    const refusal = { statusCode: 409, code: 'ContainerGroupTransitioning' };
    await expect(create('web')).rejects.toMatchObject(refusal);
    await expect(client.containerGroups.stop(resourceGroup(), 'web')).rejects.toMatchObject(refusal);
    await expect(client.containerGroups.beginStart(resourceGroup(), 'web')).rejects.toMatchObject(refusal);
    await expect(client.containerGroups.beginRestart(resourceGroup(), 'web')).rejects.toMatchObject(refusal);
  });

  test('has its tags replaced by an update', async () => {
    await create('web', { tags: { a: '1' } });
    const updated = await client.containerGroups.update(resourceGroup(), 'web', { tags: { b: '2' } });
    expect(updated.tags).toEqual({ b: '2' });
  });

  test('is stopped, started and restarted', async () => {
    await create('web');
    const view = async (): Promise<ContainerGroup> => client.containerGroups.get(resourceGroup(), 'web');
    await client.containerGroups.stop(resourceGroup(), 'web');
    expect((await view()).instanceView?.state).toBe('Stopped');
    await client.containerGroups.beginStartAndWait(resourceGroup(), 'web', often);
    expect((await view()).instanceView?.state).toBe('Running');
    await client.containerGroups.beginRestartAndWait(resourceGroup(), 'web', often);
    const { containers, instanceView } = await view();
    expect(instanceView?.state).toBe('Running');
    expect(containers[0]?.instanceView?.previousState?.state).toBe('Terminated');
  });
});

describe('delete', () => {
  test('takes its time, in which the group is still there, and takes no create', async () => {
    const clock = new ManualClock();
    await start({ clock, latencies: { delete: 5_000 } });
    await create('web');
    const deleting = client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
    await cloud.seen('delete', 'web', { answered: true });
    expect(await all(client.containerGroups.listByResourceGroup(resourceGroup()))).toHaveLength(1);
    await expect(create('web')).rejects.toMatchObject({ statusCode: 409 });
    await clock.advance(5_000);
    await deleting;
    expect(await all(client.containerGroups.listByResourceGroup(resourceGroup()))).toEqual([]);
    await create('web');
  });

  test('twice is one operation, and of a group that is not there it is done', async () => {
    const clock = new ManualClock();
    await start({ clock, latencies: { delete: 5_000 }, deleteWhileProvisioning: 'refuses' });
    await create('web');
    const remove = (): Promise<unknown> => client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
    const first = remove();
    await cloud.seen('delete', 'web', { answered: true });
    await clock.advance(4_000);
    const second = remove();
    await eventually('its answer', () => cloud.requests.of('delete')[1]?.status);
    await clock.advance(1_000);
    await Promise.all([first, second]);
    await remove();
    expect(cloud.requests.of('delete').map(({ status }) => status)).toEqual([202, 202, 204]);
    expect(cloud.groups.size).toBe(0);
  });

  test('can answer when it is done, without an operation', async () => {
    await start({ deletion: 'at-once' });
    await create('web');
    await client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
    expect(cloud.requests.of('delete')[0]?.status).toBe(200);
    expect(cloud.groups.size).toBe(0);
  });

  test.each(['deletes', 'refuses', 'leaks'] as const)(
    'while the group is being made, the cloud %s',
    async (behaviour) => {
      await start({ deleteWhileProvisioning: behaviour });
      cloud.faults.stick('web');
      await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
      const deleting = client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
      if (behaviour === 'refuses')
        await expect(deleting).rejects.toMatchObject({ statusCode: 409, code: 'ContainerGroupTransitioning' });
      else await deleting;
      cloud.faults.release('web');
      expect(cloud.groups.has('web')).toBe(behaviour !== 'deletes');
    },
  );
});

test('a create whose group is deleted meanwhile is canceled', async () => {
  cloud.faults.stick('web');
  const poller = await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
  await client.containerGroups.beginDeleteAndWait(resourceGroup(), 'web', often);
  await expect(poller.pollUntilDone()).rejects.toThrow('Operation was canceled');
});

test('a group that waits for its place shows no instance view of its containers', async () => {
  cloud.faults.stick('web');
  await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
  const shown = await client.containerGroups.get(resourceGroup(), 'web');
  expect(shown.instanceView).toEqual({ events: [], state: 'Pending' });
  expect(shown.containers[0]?.instanceView).toBeUndefined();
});

describe('list', () => {
  test('has no instance view, and comes in pages', async () => {
    await start({ pageSize: 2 });
    for (const name of ['c', 'a', 'e', 'b', 'd']) await create(name);
    const listed = await all(client.containerGroups.listByResourceGroup(resourceGroup()));
    expect(listed.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(cloud.requests.count('list')).toBe(3);
    expect(listed.every((group) => group.instanceView === undefined)).toBe(true);
    expect(listed.every(({ containers }) => containers[0]?.instanceView === undefined)).toBe(true);
    expect(await all(client.containerGroups.list())).toHaveLength(5);
  });

  test('of a cloud that is slow to tell does not have a new group, nor does get', async () => {
    const clock = new ManualClock();
    await start({ clock, visibleAfterMs: 5_000 });
    await client.containerGroups
      .beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often)
      .catch((error: unknown) => expect(error).toMatchObject({ statusCode: 404 }));
    expect(cloud.groups.has('web')).toBe(true);
    expect(await all(client.containerGroups.list())).toEqual([]);
    await clock.advance(5_000);
    expect(await all(client.containerGroups.list())).toHaveLength(1);
  });
});

test('a group that is not there is not found', async () => {
  await expect(client.containerGroups.get(resourceGroup(), 'none')).rejects.toMatchObject({
    statusCode: 404,
    code: 'ResourceNotFound',
  });
});

test('logs have their last lines, and times where asked for', async () => {
  await start({ images: { busybox: { log: ['one', 'two', 'three'] } } });
  await create('web');
  const logs = async (options = {}): Promise<string | undefined> =>
    (await client.containers.listLogs(resourceGroup(), 'web', 'main', options)).content;
  expect(await logs()).toBe('one\ntwo\nthree\n');
  expect(await logs({ tail: 2 })).toBe('two\nthree\n');
  expect(await logs({ tail: 1, timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z three\n$/);
});

test('a container ends as its command says, and its group with it', async () => {
  const clock = new ManualClock();
  await start({ clock });
  const containers = [{ ...groupOf().containers[0]!, command: ['sh', '-c', 'sleep 30; exit 4'] }];
  await create('job', { restartPolicy: 'Never', containers });
  await clock.advance(30_000);
  const shown = await client.containerGroups.get(resourceGroup(), 'job');
  expect(shown.instanceView?.state).toBe('Failed');
  expect(shown.containers[0]?.instanceView?.currentState).toMatchObject({
    state: 'Terminated',
    exitCode: 4,
    detailStatus: 'Error',
  });
});

test('usages and capabilities tell of quota and limits', async () => {
  await start({ quota: { groups: 7 } });
  await create('web');
  const usages = [];
  for await (const usage of client.location.listUsage('westeurope')) usages.push(usage);
  expect(usages[0]).toMatchObject({ name: { value: 'ContainerGroups' }, currentValue: 1, limit: 7 });
  const capabilities = [];
  for await (const each of client.location.listCapabilities('westeurope')) capabilities.push(each);
  expect(capabilities[0]?.capabilities).toMatchObject({ maxCpu: 4, maxMemoryInGB: 16 });
});

test('500 groups are made at once, and listed', { timeout: 180_000 }, async () => {
  const names = Array.from({ length: 500 }, (_, index) => `group-${index}`);
  await Promise.all(names.map((name) => create(name)));
  const listed = await all(client.containerGroups.listByResourceGroup(resourceGroup()));
  expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(names));
});
