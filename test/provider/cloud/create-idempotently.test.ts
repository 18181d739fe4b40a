import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotently } from '../../../src/provider/cloud/create-idempotently.js';
import { runOperation } from '../../../src/provider/cloud/run-operation.js';
import { Throttle } from '../../../src/provider/cloud/throttle.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { type Group, HttpCloud } from './http-cloud.js';

describe('createIdempotently', () => {
  let cloud: HttpCloud;
  beforeEach(async () => {
    cloud = new HttpCloud();
    await cloud.start();
  });
  afterEach(() => cloud.close());

  const get = async (): Promise<Group | undefined> => (await cloud.ask('GET', 'groups/web')).body as Group;
  const create = async (uid = 'u1'): Promise<Group> =>
    (await cloud.ask('PUT', 'groups/web', { tags: { uid } })).body as Group;
  const make = (uid = 'u1'): Promise<Group> =>
    createIdempotently({
      object: 'group web',
      get,
      create: () => create(uid),
      isOurs: (group) => group.tags['uid'] === uid,
    });

  it('makes what is not there, and takes what it made before', async () => {
    expect((await make()).tags).toEqual({ uid: 'u1' });
    expect((await make()).tags).toEqual({ uid: 'u1' });
    expect([cloud.created, cloud.requests]).toEqual([1, ['GET groups/web', 'PUT groups/web', 'GET groups/web']]);
  });

  it('upstream §7: makes no second one when the answer to the first is lost', async () => {
    cloud.fail('PUT', 'lose');
    expect((await make()).name).toBe('web');
    expect(cloud.created).toBe(1);
  });

  it('makes no second one when the look after a lost answer fails, too: the next call finds it', async () => {
    cloud.fail('PUT', 'lose');
    cloud.fail('GET', 'refuse');
    await expect(make()).rejects.toMatchObject({ code: 'TooManyRequests' });
    expect(cloud.created).toBe(0);
    expect(await make()).toMatchObject({ name: 'web' });
    expect([cloud.created, cloud.requests.filter((request) => request.startsWith('PUT')).length]).toEqual([1, 1]);
  });

  it('passes on what left nothing behind', async () => {
    cloud.fail('PUT', 'away', 'refuse');
    await expect(make()).rejects.toMatchObject({ code: 'Unavailable', message: 'cloud groups/web: 503' });
    await expect(make()).rejects.toMatchObject({ code: 'TooManyRequests', retry: { afterMs: 30_000 } });
    expect(cloud.created).toBe(0);
  });

  it('takes what another call of its own made meanwhile', async () => {
    const both = await Promise.all([make(), make()]);
    expect(both.map(({ tags }) => tags)).toEqual([{ uid: 'u1' }, { uid: 'u1' }]);
    expect(cloud.created).toBe(1);
  });

  it('upstream §7: does not take for its own what somebody else has under the name, seen before or after', async () => {
    const refused = {
      code: 'AlreadyExists',
      retry: { afterMs: 300_000 },
      message: 'group web: is there already and belongs to somebody else; remove it, or use another name',
    };
    await create('u0');
    await expect(make()).rejects.toMatchObject(refused);
    cloud.groups.clear();
    const [first, second] = await Promise.allSettled([make('u1'), make('u2')]);
    const [lost] = [first, second].filter(({ status }) => status === 'rejected');
    expect(lost).toMatchObject({ reason: { code: 'AlreadyExists' } });
    expect(cloud.created).toBe(2);
  });

  it('a group is made once through throttling, lost answers, forgotten operations and a crash', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle({ clock, random: () => 0 });
    let token: string | undefined;
    const store = {
      load: () => Promise.resolve(token),
      save: (next: string | undefined) => Promise.resolve(void (token = next)),
    };
    const run = (signal: AbortSignal): Promise<Group> =>
      runOperation<Group>({
        store,
        begin: async () => {
          const group = (await make()) as Group & { operation?: string };
          return group.operation ?? { done: true, value: group };
        },
        poll: async (id) => {
          const { status, body } = await cloud.ask('GET', `operations/${id}`);
          return status === 202 ? { done: false, retryAfterMs: 5_000 } : { done: true, value: body as Group };
        },
        throttle,
        signal,
        clock,
        random: () => 0,
      });

    cloud.fail('GET', 'refuse');
    const never = new AbortController().signal;
    await expect(run(never)).rejects.toBeInstanceOf(VkError);
    const crash = new AbortController();
    const crashed = expect(run(crash.signal)).rejects.toThrow('the process dies');
    await clock.runUntil(() => token !== undefined);
    crash.abort(new Error('the process dies'));
    await crashed;

    cloud.fail('GET', 'away', 'refuse');
    const resumed = run(never);
    let made: Group | undefined;
    void resumed.then((group) => (made = group));
    await clock.runUntil(() => cloud.requests.filter((request) => request.includes('operations/')).length >= 2);
    cloud.forgetOperations();
    await clock.runUntil(() => made !== undefined);
    expect([made?.name, cloud.created, token]).toEqual(['web', 1, undefined]);
    expect(clock.pending).toBe(0);
  });
});
