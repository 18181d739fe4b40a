import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WholeResource } from '../../../src/controller/inputs/whole-resource.js';
import { services } from '../../../src/kube/resources.js';
import type { Service } from '../../../src/kube/types.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { eventually } from '../../e2e/support/eventually.js';

const service = (name: string): Service => ({
  metadata: { namespace: 'default', name },
  spec: { ports: [{ port: 80 }] },
});

describe('WholeResource', () => {
  let server: FakeApiServer;
  beforeEach(async () => {
    server = new FakeApiServer();
    await server.start();
  });
  afterEach(() => server.stop());

  const count = (held: ReturnType<WholeResource<Service>['need']>): number => {
    const known = held.read();
    return known?.state === 'found' ? [...known.object].length : -1;
  };

  it('tells whoever follows it of an object that comes later, until they let go', async () => {
    await using bundles = new WholeResource<Service>(server.client, services, {}, { tellsChanges: true });
    let told = 0;
    const held = bundles.need(() => (told += 1));
    await eventually(() => expect(count(held)).toBeGreaterThanOrEqual(0));
    await eventually(() => expect(told).toBe(1));
    const before = count(held);
    await server.client.create(services, service('later'));
    await eventually(() => expect(told).toBe(2));
    expect(count(held)).toBe(before + 1);
    held.release();
    await server.client.create(services, service('last'));
    await eventually(() => expect(count(held)).toBe(before + 2));
    expect(told).toBe(2);
  });

  it('tells others only that it is known: very many pods need not hear of every service', async () => {
    await using whole = new WholeResource<Service>(server.client, services, {});
    let told = 0;
    const held = whole.need(() => (told += 1));
    await eventually(() => expect(told).toBe(1));
    const before = count(held);
    await server.client.create(services, service('later'));
    await eventually(() => expect(count(held)).toBe(before + 1));
    expect(told).toBe(1);
  });
});
