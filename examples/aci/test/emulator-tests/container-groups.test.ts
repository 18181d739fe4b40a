import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { AciEmulator } from '../emulator/index.js';
import { clientOf, groupOf } from './sdk.js';

let cloud: AciEmulator;
let client: ContainerInstanceManagementClient;
const group = (): string => cloud.credentials.resourceGroup;

beforeEach(async () => {
  cloud = new AciEmulator();
  await cloud.start();
  client = clientOf(cloud);
});

afterEach(() => cloud.close());

test('a group is created, polled to the end, shown with its instance view, listed without, and deleted', async () => {
  const poller = await client.containerGroups.beginCreateOrUpdate(
    group(),
    'web',
    groupOf({ tags: { PodName: 'web' } }),
    {
      updateIntervalInMs: 1,
    },
  );
  const created = await poller.pollUntilDone();
  expect(created.provisioningState).toBe('Succeeded');
  expect(created.tags).toEqual({ PodName: 'web' });

  const shown = await client.containerGroups.get(group(), 'web');
  expect(shown.instanceView?.state).toBe('Running');
  expect(shown.containers[0]?.instanceView?.currentState?.state).toBe('Running');
  expect(shown.containers[0]?.instanceView?.currentState?.startTime).toBeInstanceOf(Date);

  const listed = [];
  for await (const each of client.containerGroups.listByResourceGroup(group())) listed.push(each);
  expect(listed.map(({ name }) => name)).toEqual(['web']);
  expect(listed[0]?.instanceView).toBeUndefined();

  await client.containerGroups.beginDeleteAndWait(group(), 'web', { updateIntervalInMs: 1 });
  await expect(client.containerGroups.get(group(), 'web')).rejects.toMatchObject({
    statusCode: 404,
    code: 'ResourceNotFound',
  });
  expect(cloud.groups.size).toBe(0);
});
