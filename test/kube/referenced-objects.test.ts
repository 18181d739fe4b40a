import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReferencedObjects } from '../../src/kube/referenced-objects.js';
import { configMaps } from '../../src/kube/resources.js';
import type { ConfigMap } from '../../src/kube/types.js';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';

const named = (name: string, color: string): ConfigMap => ({
  metadata: { namespace: 'default', name },
  data: { color },
});

describe('ReferencedObjects', () => {
  let server: FakeApiServer;
  let objects: ReferencedObjects<ConfigMap>;
  let allowed = true;

  beforeEach(async () => {
    allowed = true;
    server = new FakeApiServer({ authorize: (_, { plural }) => plural !== 'configmaps' || allowed });
    await server.start();
    objects = new ReferencedObjects(server.client, configMaps);
  });
  afterEach(async () => {
    await objects.close();
    await server.stop();
  });

  /** What a holder reads, and each new state of it. */
  function hold(name: string) {
    const states: (string | undefined)[] = [];
    const show = (): string | undefined => {
      const known = reference.read();
      return known?.state === 'found' ? known.object.data?.['color'] : known?.state;
    };
    const reference = objects.acquire({ namespace: 'default', name }, () => states.push(show()));
    return { reference, states, show };
  }

  const settled = (holder: { show: () => string | undefined }, state: string): Promise<void> =>
    vi.waitFor(() => expect(holder.show()).toBe(state), { timeout: 15_000, interval: 5 });

  it('reads an object, and tells of each change, its end and its return', async () => {
    await server.client.create(configMaps, named('a', 'red'));
    const holder = hold('a');
    expect(holder.show()).toBeUndefined();
    await settled(holder, 'red');
    await server.client.patch(configMaps, { namespace: 'default', name: 'a' }, 'merge', { data: { color: 'blue' } });
    await settled(holder, 'blue');
    await server.client.delete(configMaps, { namespace: 'default', name: 'a' });
    await settled(holder, 'missing');
    await server.client.create(configMaps, named('a', 'green'));
    await settled(holder, 'green');
    expect(holder.states.filter((state, index, all) => state !== all[index - 1])).toEqual([
      'red',
      'blue',
      'missing',
      'green',
    ]);
  });

  it('knows that an object is not there, and tells when it comes', async () => {
    const holder = hold('later');
    await settled(holder, 'missing');
    await server.client.create(configMaps, named('later', 'red'));
    await settled(holder, 'red');
  });

  it('opens one watch for an object however many hold it, in its namespace', async () => {
    const holders = Array.from({ length: 50 }, () => hold('shared'));
    await settled(holders[49]!, 'missing');
    expect(objects.size).toBe(1);
    await vi.waitFor(() => expect(server.watchCount).toBe(1), 15_000);
    const asked = server.requests.records.filter(({ resource }) => resource === 'configmaps');
    expect(new Set(asked.map(({ namespace }) => namespace))).toEqual(new Set(['default']));
    expect(asked).toHaveLength(2);
    for (const { reference } of holders.slice(1)) reference.release();
    expect(objects.size).toBe(1);
    holders[0]!.reference.release();
    holders[0]!.reference.release();
    expect(objects.size).toBe(0);
    await vi.waitFor(() => expect(server.watchCount).toBe(0), 15_000);
  });

  it('says why an object cannot be read, and reads it once it may', async () => {
    await server.client.create(configMaps, named('a', 'red'));
    allowed = false;
    const holder = hold('a');
    await settled(holder, 'unreadable');
    expect(holder.reference.read()).toMatchObject({ error: { code: 'Forbidden' } });
    allowed = true;
    await settled(holder, 'red');
  });

  it('goes on answering what it knew while the server cannot be reached', async () => {
    await server.client.create(configMaps, named('a', 'red'));
    const holder = hold('a');
    await settled(holder, 'red');
    server.faults.add({ on: { resource: 'configmaps' }, fault: { type: 'status', code: 503 }, times: Infinity });
    server.faults.add({ on: { resource: 'configmaps' }, fault: { type: 'closeWatch', afterEvents: 1, reset: true } });
    await server.client
      .patch(configMaps, { namespace: 'default', name: 'a' }, 'merge', { data: { color: 'blue' } })
      .catch(() => undefined);
    await vi.waitFor(
      () => expect(server.requests.count({ resource: 'configmaps', status: 503 })).toBeGreaterThan(0),
      15_000,
    );
    expect(holder.show()).toBe('red');
  });

  it('logs a listener that throws, and tells the others', async () => {
    const holder = hold('a');
    objects.acquire({ namespace: 'default', name: 'a' }, () => {
      throw new Error('listener');
    });
    const last = hold('a');
    await settled(last, 'missing');
    expect(holder.show()).toBe('missing');
  });

  it('takes no more once closed', async () => {
    const holder = hold('a');
    await objects.close();
    expect(() => objects.acquire({ namespace: 'default', name: 'b' }, () => undefined)).toThrow(
      'configmaps default/b: no longer watched',
    );
    holder.reference.release();
    expect(objects.size).toBe(0);
  });
});
