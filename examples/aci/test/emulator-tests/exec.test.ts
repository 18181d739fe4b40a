/** Exec and attach: addresses, passwords, and what goes over the WebSocket. */
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { WebSocket } from 'ws';
import { ManualClock } from 'vk-sdk/testing';
import { AciEmulator } from '../emulator/index.js';
import { type Access, joinExec } from './exec-client.js';
import { clientOf, groupOf } from './sdk.js';

let cloud: AciEmulator;
let client: ContainerInstanceManagementClient;
let clock: ManualClock;
const resourceGroup = (): string => cloud.credentials.resourceGroup;

beforeEach(async () => {
  clock = new ManualClock();
  cloud = new AciEmulator({ clock });
  await cloud.start();
  client = clientOf(cloud);
  await client.containerGroups.beginCreateOrUpdateAndWait(resourceGroup(), 'web', groupOf(), { updateIntervalInMs: 1 });
});

afterEach(() => cloud.close());

function execute(): Promise<Access> {
  return client.containers.executeCommand(resourceGroup(), 'web', 'main', { command: 'sh' });
}

/** The status that a WebSocket is refused with. */
async function refusalOf(access: Access): Promise<number | undefined> {
  const socket = new WebSocket(access.webSocketUri ?? '', { ca: cloud.ca });
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number; resume(): void },
  ];
  response.resume();
  socket.on('error', () => {});
  socket.terminate();
  return response.statusCode;
}

test('after the password what is sent is input, and output comes back; the end of the command closes without a code', async () => {
  const exec = await joinExec(cloud, await execute());
  await exec.says(/pretending to run sh in main/);
  exec.send('hello');
  await exec.says(/hello/);
  exec.send('exit');
  expect(await exec.closed).toEqual({ code: 1000, reason: '' });
});

test('a wrong password closes the socket, and nothing runs', async () => {
  const exec = await joinExec(cloud, await execute(), { password: 'wrong' });
  expect(await exec.closed).toEqual({ code: 1008, reason: 'wrong password' });
  expect(exec.output).toBe('');
});

test('a password in a binary frame is no password', async () => {
  const access = await execute();
  const exec = await joinExec(cloud, access, { password: Buffer.from(access.password ?? '') });
  expect(await exec.closed).toMatchObject({ code: 1008 });
});

test('an address is good for one connection, and for a minute', async () => {
  const once = await execute();
  const exec = await joinExec(cloud, once);
  expect(await refusalOf(once)).toBe(404);
  exec.leave();
  const late = await execute();
  await clock.advance(60_000);
  expect(await refusalOf(late)).toBe(404);
});

test('who joins and never sends the password is closed after a minute', async () => {
  const access = await execute();
  const socket = new WebSocket(access.webSocketUri ?? '', { ca: cloud.ca });
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await clock.advance(60_000);
  expect((await closed)[0]).toBe(1008);
});

test('attach takes its password as the Authorization header, and follows the log', async () => {
  const access: Access = await client.containers.attach(resourceGroup(), 'web', 'main');
  expect(await refusalOf(await client.containers.attach(resourceGroup(), 'web', 'main'))).toBe(401);
  const attached = await joinExec(cloud, access, { headers: { Authorization: access.password ?? '' } });
  cloud.groups.get('web')?.container('main')?.log.write('later\n');
  await attached.says(/^later\n$/);
  attached.leave();
});

test('a container that does not run takes no exec, and one that is not there is not found', async () => {
  const attempt = (container: string): Promise<unknown> =>
    client.containers.executeCommand(resourceGroup(), 'web', container, { command: 'sh' });
  await expect(attempt('other')).rejects.toMatchObject({ statusCode: 404, code: 'ContainerNotFound' });
  await client.containerGroups.stop(resourceGroup(), 'web');
  await expect(attempt('main')).rejects.toMatchObject({ statusCode: 409 });
});
