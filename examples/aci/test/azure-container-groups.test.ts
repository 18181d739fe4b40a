import type { ContainerGroup } from '@azure/arm-containerinstance';
import { afterEach, describe, expect, it } from 'vitest';
import { VkError, type OperationState } from 'vk-sdk';
import { ManualClock } from 'vk-sdk/testing';
import { AzureContainerGroups } from '../src/cloud/azure-container-groups.js';
import { cloudThrottles } from '../src/cloud/cloud-throttles.js';
import type { CredentialChoice } from '../src/config/account.js';
import { emulatedSettings } from '../src/emulated-cloud.js';
import { AciEmulator, type AciEmulatorOptions } from './emulator/index.js';

const { signal } = new AbortController();

function groupOf(more: Partial<ContainerGroup> = {}): ContainerGroup {
  return {
    location: 'westus2',
    osType: 'Linux',
    restartPolicy: 'Always',
    containers: [{ name: 'app', image: 'busybox', resources: { requests: { cpu: 1, memoryInGB: 1.5 } } }],
    ...more,
  };
}

describe('container groups through the Azure SDK', () => {
  const opened: AsyncDisposable[] = [];

  afterEach(async () => {
    for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
  });

  async function cloud(options: AciEmulatorOptions = {}) {
    const clock = new ManualClock();
    const emulator = new AciEmulator({ ...options, ...(options.tokenLifeMs !== undefined && { clock }) });
    opened.push(emulator);
    await emulator.start();
    const throttles = cloudThrottles({ clock });
    const api = new AzureContainerGroups(emulatedSettings(emulator, 'node-1').cloud, { throttles, clock });
    return { emulator, api, clock };
  }

  /** Asks how a deletion goes until it is done, and answers how often that was. */
  async function polls(api: AzureContainerGroups, name: string, begun: OperationState<void>): Promise<number> {
    let state = begun;
    for (let count = 0; count < 100; count += 1) {
      if (state.done) return count;
      state = await api.pollDelete(name, state.token ?? '', signal);
    }
    throw new Error('the deletion does not end');
  }

  it('creates, shows and deletes with one request each, and polls for the deletion', async () => {
    const { emulator, api } = await cloud();
    await api.beginCreate('web', groupOf({ tags: { a: 'b' } }), signal);
    expect(emulator.requests.count()).toBe(1);
    expect(await api.get('web', signal)).toMatchObject({ name: 'web', tags: { a: 'b' } });
    await polls(api, 'web', await api.beginDelete('web', signal));
    expect(await api.get('web', signal)).toBeUndefined();
    expect(emulator.groups.size).toBe(0);
    expect(emulator.requests.count('delete')).toBe(1);
    expect(emulator.requests.count('create')).toBe(1);
  });

  it('takes a deletion of what is not there for done', async () => {
    const { api } = await cloud();
    expect(await api.beginDelete('web', signal)).toEqual({ done: true, value: undefined });
  });

  it('takes a deletion that the cloud has forgotten for done', async () => {
    const { emulator, api } = await cloud({ latencies: { delete: 60_000 } });
    await api.beginCreate('web', groupOf(), signal);
    const begun = await api.beginDelete('web', signal);
    if (begun.done) throw new Error('the deletion was to take its time');
    emulator.faults.next('poll', { status: 404, code: 'ResourceNotFound' });
    expect(await api.pollDelete('web', begun.token ?? '', signal)).toEqual({ done: true, value: undefined });
  });

  it('lists all pages, or rejects', async () => {
    const { emulator, api } = await cloud({ pageSize: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await api.beginCreate(name, groupOf(), signal);
    expect((await api.list(signal)).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(emulator.requests.count('list')).toBe(3);

    for (const fault of [
      { status: 500 },
      { reset: 'before' },
      { text: '{"nextLink": null}' },
      { text: '{"value": null}' },
      { text: '[]' },
      { text: '<html>proxy</html>', contentType: 'text/html' },
      { text: '' },
    ] as const) {
      emulator.faults.next('list', fault);
      await expect(api.list(signal), JSON.stringify(fault)).rejects.toMatchObject({ code: 'Unavailable' });
    }
  });

  it('passes on that the cloud throttles, asks nothing meanwhile, and never repeats a request by itself', async () => {
    const { emulator, api, clock } = await cloud();
    emulator.faults.next('get', { status: 429, retryAfterSeconds: 17 });
    await expect(api.get('web', signal)).rejects.toMatchObject({ code: 'TooManyRequests', retry: { afterMs: 17_000 } });
    expect(emulator.requests.count('get')).toBe(1);
    const second = api.get('web', signal);
    await clock.advance(16_999);
    expect(emulator.requests.count('get')).toBe(1);
    await clock.advance(2_000);
    await second;
    expect(emulator.requests.count('get')).toBe(2);
  });

  it('looks on while deletions have to wait, as Azure counts them by themselves', async () => {
    const { emulator, api } = await cloud();
    emulator.faults.next('delete', { status: 429, retryAfterSeconds: 300 });
    await expect(api.beginDelete('web', signal)).rejects.toMatchObject({ code: 'TooManyRequests' });
    await api.get('web', signal);
    await expect(api.beginDelete('web', signal)).rejects.toMatchObject({ code: 'TooManyRequests' });
    expect(emulator.requests.count('delete')).toBe(1);
  });

  it('waits for no turn that nobody wants', async () => {
    const { emulator, api } = await cloud();
    emulator.faults.next('get', { status: 429, retryAfterSeconds: 60 });
    await expect(api.get('web', signal)).rejects.toThrow();
    const stopping = new AbortController();
    const call = api.get('web', stopping.signal);
    stopping.abort(new VkError('Aborted', 'not wanted'));
    await expect(call).rejects.toMatchObject({ code: 'Aborted' });
    expect(emulator.requests.count('get')).toBe(1);
  });

  it('waits for the answer to a create that nobody wants any more, so that a deletion finds the group', async () => {
    const { emulator, api } = await cloud();
    const held = emulator.faults.hold('create', { when: 'before' });
    const stopping = new AbortController();
    const call = api.beginCreate('web', groupOf(), stopping.signal);
    await emulator.seen('create');
    stopping.abort(new VkError('Aborted', 'not wanted'));
    held.release();
    await call.catch(() => undefined);
    expect(emulator.groups.has('web')).toBe(true);
  });

  it.each([
    [{ status: 500 }, 'Unavailable'],
    [{ status: 409, code: 'ContainerGroupQuotaReached' }, 'Conflict'],
    [{ status: 403, code: 'AuthorizationFailed' }, 'Forbidden'],
    [{ status: 404, code: 'ResourceGroupNotFound' }, 'Unavailable'],
    [{ reset: 'before' }, 'Unavailable'],
    [{ reset: 'after' }, 'Unavailable'],
  ] as const)('says what %o to a create, a get and a delete is', async (fault, code) => {
    const { emulator, api } = await cloud();
    for (const operation of ['create', 'get', 'delete'] as const) {
      emulator.faults.next(operation, fault);
      const calls = {
        create: () => api.beginCreate('web', groupOf(), signal),
        get: () => api.get('web', signal),
        delete: () => api.beginDelete('web', signal),
      };
      await expect(calls[operation]()).rejects.toMatchObject({ code });
      expect(emulator.requests.count(operation)).toBe(1);
    }
  });

  it('asks for another token when the cloud does not take the one that it has', async () => {
    const { emulator, api, clock } = await cloud({ tokenLifeMs: 3_600_000 });
    await api.get('web', signal);
    await clock.advance(3_700_000);
    // By the machine's clock it is still good.
    await expect(api.get('web', signal)).rejects.toMatchObject({ code: 'Unauthorized' });
    expect(await api.get('web', signal)).toBeUndefined();
    expect(emulator.requests.count('token')).toBe(2);
  });

  it.each([{ hang: 'before' }, { stall: true }] as const)(
    'gives up on an answer that does not come: %o',
    async (fault) => {
      const { emulator, api, clock } = await cloud();
      emulator.faults.next('*', fault, { name: 'web', times: 3 });
      const calls = {
        get: () => api.get('web', signal),
        create: () => api.beginCreate('web', groupOf(), signal),
        delete: () => api.beginDelete('web', signal),
      };
      for (const operation of ['get', 'create', 'delete'] as const) {
        const ended = expect(calls[operation]()).rejects.toMatchObject({ code: 'Timeout' });
        await emulator.seen(operation);
        await clock.advance(60_000);
        await ended;
      }
    },
  );

  it('calls off a look that nobody wants any more', async () => {
    const { emulator, api } = await cloud();
    emulator.faults.next('get', { stall: true });
    const stopping = new AbortController();
    const ended = expect(api.get('web', stopping.signal)).rejects.toMatchObject({ code: 'Aborted' });
    await emulator.seen('get');
    stopping.abort(new VkError('Aborted', 'not wanted'));
    await ended;
  });

  it('keeps no process alive after a request that failed', async () => {
    const { emulator, api } = await cloud();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    await api.get('web', signal);
    const before = timers();
    emulator.faults.next('get', { reset: 'before' }, { times: 5 });
    for (let count = 0; count < 5; count += 1) await api.get('web', signal).catch(() => undefined);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('repeats no secret that the cloud puts into an error', async () => {
    const { emulator, api } = await cloud();
    const secret = 'correct-horse';
    emulator.faults.next('create', { status: 400, code: 'InvalidRequest', message: `bad value "${secret}"` });
    const container = groupOf().containers[0];
    if (container === undefined) throw new Error('no container');
    const group = groupOf({
      containers: [{ ...container, environmentVariables: [{ name: 'X', secureValue: secret }] }],
    });
    await expect(api.beginCreate('web', group, signal)).rejects.toThrow(
      'container group web: create: refused (InvalidRequest, status 400): bad value "***"',
    );
  });

  it('says of whom the cloud does not know that it is not let in, without a word on the secret', async () => {
    const { emulator } = await cloud();
    const settings = emulatedSettings(emulator, 'node-1').cloud;
    const credential: CredentialChoice = {
      type: 'clientSecret',
      tenantId: emulator.credentials.tenantId,
      clientId: emulator.credentials.clientId,
      clientSecret: 'wrong-secret',
    };
    const api = new AzureContainerGroups({ ...settings, credential }, { throttles: cloudThrottles() });
    const error = await api.get('web', signal).catch((thrown: unknown) => thrown as VkError);
    expect(error).toMatchObject({ code: 'Unauthorized' });
    expect((error as VkError).message).toMatch(/^container group web: get: no token; look at AZURE_/);
    expect((error as VkError).message).not.toContain('wrong-secret');
  });
});
