/** What goes wrong on purpose, as the real SDK sees it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { ManualClock } from 'vk-sdk/testing';
import { AciEmulator, type AciEmulatorOptions, documentedLimits } from '../emulator/index.js';
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

function get(name = 'web', using = client): Promise<ContainerGroup> {
  return using.containerGroups.get(resourceGroup(), name);
}

beforeEach(async () => {
  cloud = new AciEmulator();
  await start();
});

afterEach(() => cloud.close());

describe('requests', () => {
  test('one fails with a status and code, the next does not', async () => {
    await create('web');
    cloud.faults.next('get', { status: 500, code: 'Broken', message: 'It is broken.' });
    await expect(get()).rejects.toMatchObject({ statusCode: 500, code: 'Broken' });
    expect((await get()).name).toBe('web');
  });

  test('429 with Retry-After is what the SDK waits for by itself, unless it may not', async () => {
    await create('web');
    cloud.faults.next('get', { status: 429, retryAfterSeconds: 1 }, { times: 2 });
    await expect(get()).rejects.toMatchObject({ statusCode: 429, code: 'TooManyRequests' });
    expect((await get('web', clientOf(cloud, { maxRetries: 1 }))).name).toBe('web');
    expect(
      cloud.requests
        .of('get')
        .slice(-3)
        .map(({ status }) => status),
    ).toEqual([429, 429, 200]);
  });

  test('faults meet the requests of a name, each fault one request', async () => {
    await create('web');
    await create('other');
    cloud.faults.next('get', { status: 503 }, { name: 'web' });
    cloud.faults.next('get', { status: 504 }, { name: 'web' });
    expect((await get('other')).name).toBe('other');
    await expect(get()).rejects.toMatchObject({ statusCode: 503 });
    await expect(get()).rejects.toMatchObject({ statusCode: 504 });
    await get();
  });

  test('a create whose answer is lost has been done', async () => {
    cloud.faults.next('create', { reset: 'after' });
    await expect(create('web')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cloud.groups.has('web')).toBe(true);
    cloud.faults.next('create', { reset: 'before' });
    await expect(create('other')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cloud.groups.has('other')).toBe(false);
  });

  test('a create that failed by its status may have been done', async () => {
    cloud.faults.next('create', { status: 504, when: 'after' });
    await expect(create('web')).rejects.toMatchObject({ statusCode: 504 });
    expect(cloud.groups.has('web')).toBe(true);
  });

  test('one is never answered', async () => {
    await create('web');
    cloud.faults.next('get', { hang: 'before' });
    const abort = new AbortController();
    const asked = client.containerGroups.get(resourceGroup(), 'web', { abortSignal: abort.signal });
    await cloud.seen('get', 'web');
    await get();
    expect(cloud.requests.of('get').map(({ status }) => status)).toEqual([200, undefined, 200]);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('one is seen when it arrives, not when it is answered', async () => {
    cloud.faults.next('create', { hang: 'before' });
    const creating = expect(create('web')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await cloud.seen('create', 'web');
    expect(cloud.requests.of('create')[0]?.status).toBeUndefined();
    await cloud.close();
    await creating;
  });

  test('one that hangs ends with the cloud', async () => {
    await create('web');
    cloud.faults.next('get', { hang: 'before' });
    const asked = get();
    const refused = expect(asked).rejects.toMatchObject({ code: 'ECONNRESET' });
    await get();
    await cloud.close();
    await refused;
  });

  test('one is held until it is let go', async () => {
    const held = cloud.faults.hold('create', { when: 'after' });
    const creating = create('web');
    await held.arrived;
    expect(cloud.groups.has('web')).toBe(true);
    expect(cloud.requests.of('create')[0]?.status).toBeUndefined();
    held.release();
    expect((await creating).name).toBe('web');
  });

  test('one is answered late', async () => {
    const clock = new ManualClock();
    await start({ clock });
    await create('web');
    cloud.faults.next('get', { delayMs: 1_000 });
    const asked = get();
    await cloud.seen('get', 'web');
    await clock.runUntil(() => cloud.requests.of('get').at(-1)?.status !== undefined);
    expect((await asked).name).toBe('web');
  });

  test('one is answered with nonsense', async () => {
    await create('web');
    cloud.faults.next('get', { text: '{"name": "we' });
    await expect(get()).rejects.toThrow(/JSON/);
    cloud.faults.next('get', { text: '<html>proxy</html>', contentType: 'text/html' });
    expect((await get()).name).toBeUndefined();
  });

  test('what was planned can be taken back', async () => {
    await create('web');
    const takeBack = cloud.faults.next('get', { status: 500 });
    takeBack();
    cloud.faults.next('*', { status: 500 });
    cloud.faults.clear();
    await get();
  });
});

describe('fields', () => {
  test('are left out of one answer, or of all, by path', async () => {
    await create('web');
    cloud.faults.next('get', { strip: ['properties.containers.*.properties.instanceView', 'tags'] });
    const once = await get();
    expect(once.containers[0]?.instanceView).toBeUndefined();
    expect(once.instanceView?.state).toBe('Running');
    const stop = cloud.faults.strip(['properties.instanceView', 'properties.containers']);
    expect((await get()).instanceView).toBeUndefined();
    const [listed] = await client.containerGroups
      .list()
      .byPage()
      .next()
      .then(({ value }) => value as ContainerGroup[]);
    expect(listed?.containers).toBeUndefined();
    stop();
    expect((await get()).containers).toHaveLength(1);
  });

  test('are changed by a function', async () => {
    await create('web');
    cloud.faults.strip((body) => {
      body['name'] = null;
    });
    expect((await get()).name).toBeNull();
    expect(cloud.groups.has('web')).toBe(true);
  });
});

describe('groups', () => {
  test('one vanishes, and nobody has deleted it', async () => {
    await create('web');
    await cloud.faults.vanish('web');
    await expect(get()).rejects.toMatchObject({ statusCode: 404 });
    expect(cloud.requests.count('delete')).toBe(0);
  });

  test('one is stuck in provisioning until it is released', async () => {
    cloud.faults.stick('web');
    const poller = await client.containerGroups.beginCreateOrUpdate(resourceGroup(), 'web', groupOf(), often);
    await poller.poll();
    expect(poller.isDone()).toBe(false);
    expect((await get()).provisioningState).toBe('Pending');
    cloud.faults.release('web');
    await poller.pollUntilDone();
    expect((await get()).provisioningState).toBe('Succeeded');
  });
});

describe('limits', () => {
  test('requests beyond a limit are refused until the window is over, and every answer tells what is left', async () => {
    const clock = new ManualClock();
    await start({ clock, limits: { creates: { requests: 2, windowMs: 60_000 } } });
    const left: (string | undefined)[] = [];
    const put = (name: string): Promise<unknown> =>
      client.containerGroups.beginCreateOrUpdate(resourceGroup(), name, groupOf(), {
        ...often,
        onResponse: ({ headers, request }) => {
          if (request.method === 'PUT')
            left.push(headers.get('x-ms-ratelimit-remaining-subscription-resource-requests-pt1m'));
        },
      });
    await put('a');
    await clock.advance(20_000);
    await put('b');
    expect(left).toEqual(['1', '0']);
    const refused = await put('c').catch((error: unknown) => error);
    expect(refused).toMatchObject({ statusCode: 429, code: 'TooManyRequests' });
    expect(
      (refused as { response?: { headers: { get(name: string): string } } }).response?.headers.get('retry-after'),
    ).toBe('40');
    await clock.advance(40_000);
    await put('c');
    expect([...cloud.groups.keys()]).toEqual(['a', 'b', 'c']);
  });

  test('the published limits let 100 groups be created in five minutes', async () => {
    await start({ clock: new ManualClock(), limits: documentedLimits });
    const put = (name: string): Promise<unknown> =>
      client.containerGroups.beginCreateOrUpdate(resourceGroup(), name, groupOf(), often);
    await Promise.all(Array.from({ length: 100 }, (_, index) => put(`g${index}`)));
    await expect(put('more')).rejects.toMatchObject({ statusCode: 429 });
  });

  test('a bucket lets as many requests through as it holds, and then as many each second as flow in', async () => {
    const clock = new ManualClock();
    await start({ clock, limits: { reads: { bucket: 2, perSecond: 0.5 } } });
    const list = (): Promise<unknown> => client.containerGroups.listByResourceGroup(resourceGroup()).next();
    await list();
    await list();
    await expect(list()).rejects.toMatchObject({ statusCode: 429 });
    await clock.advance(1_999);
    await expect(list()).rejects.toMatchObject({ statusCode: 429 });
    await clock.advance(1);
    await list();
    await expect(list()).rejects.toMatchObject({ statusCode: 429 });
  });

  test('beyond the quota of cores or groups there is no group more', async () => {
    await start({ quota: { cores: 2 } });
    await create('a');
    const two = [{ ...groupOf().containers[0]!, resources: { requests: { cpu: 2, memoryInGB: 1 } } }];
    await expect(create('b', { containers: two })).rejects.toMatchObject({
      code: 'ContainerGroupQuotaReached',
      message: expect.stringContaining(
        "quota 'StandardCores' exceeded in region 'westeurope'. Limit: '2', Usage: '1' Requested: '2'",
      ),
    });
    await start({ quota: { groups: 1 } });
    await create('a');
    await expect(create('b')).rejects.toMatchObject({ code: 'ContainerGroupQuotaReached' });
    await client.containerGroups.beginDeleteAndWait(resourceGroup(), 'a', often);
    await create('b');
  });

  test('a body of more than 4 MB is refused', async () => {
    await expect(create('web', { tags: { long: 'x'.repeat(5 * 1024 * 1024) } })).rejects.toMatchObject({
      statusCode: 413,
    });
  });
});
