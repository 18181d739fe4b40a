import { describe, expect, it } from 'vitest';
import { leases } from '../../../src/kube/resources.js';
import { NodeScene } from '../support/node-scene.js';

const at = { namespace: 'kube-node-lease', name: 'vk' };

describe('LeaseKeeper', () => {
  it('upstream §3: renews every 10 s and at most 4 % later, by one PUT and no read', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ random: Math.random });
    await scene.clock.advance(10_000);
    const times: number[] = [];
    scene.server.requests.clear();
    await scene.clock.advance(600_000);
    for (const record of scene.server.requests.records) if (record.resource === 'leases') times.push(record.atMs);
    expect(scene.server.requests.count({ resource: 'leases' })).toBe(times.length);
    expect(scene.server.requests.count({ verb: 'update', resource: 'leases' })).toBe(times.length);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_400);
    expect(new Set(pauses).size).toBeGreaterThan(10);
  });

  it('spreads the renewals of nodes that start together', async () => {
    await using scene = await NodeScene.start();
    const { clock } = scene;
    for (let index = 0; index < 20; index += 1) {
      const template = { metadata: { name: `vk-${index}` } };
      scene.controller({ random: () => index / 20 }, template).start();
    }
    await clock.advance(0);
    scene.server.requests.clear();
    await clock.advance(9_999);
    const times = scene.server.requests.records.filter(({ verb }) => verb === 'update').map(({ atMs }) => atMs);
    expect(new Set(times).size).toBeGreaterThan(15);
  });

  it('makes a lease anew that was deleted', async () => {
    await using scene = await NodeScene.start();
    await scene.ready();
    await scene.client.delete(leases, at);
    await scene.clock.advance(11_000);
    expect(scene.lease()?.spec?.holderIdentity).toBe('vk');
  });

  it('takes over the lease that the process before it left, with what others put into it', async () => {
    await using scene = await NodeScene.start();
    const owner = { apiVersion: 'v1', kind: 'Node', name: 'vk', uid: 'the-old-one' };
    await scene.client.create(leases, {
      metadata: { ...at, labels: { theirs: 'yes' }, ownerReferences: [owner] },
      spec: { holderIdentity: 'vk', leaseDurationSeconds: 40, renewTime: '2025-12-31T23:59:55.000000Z' },
    });
    const controller = await scene.ready();
    await scene.clock.advance(100_000);
    expect(scene.lease()?.metadata.labels).toEqual({ theirs: 'yes' });
    expect(scene.lease()?.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([scene.node()?.metadata.uid]);
    expect(controller.status.lease.rival).toBe(false);
    expect(scene.warnings()).toEqual([]);
  });

  it('goes on when somebody edits the lease, without taking that for another process', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    for (let count = 0; count < 5; count += 1) {
      await scene.client.patch(leases, at, 'merge', { metadata: { annotations: { edited: String(count) } } });
      await scene.clock.advance(11_000);
    }
    expect(controller.status.lease).toMatchObject({ state: 'held', rival: false });
    expect(scene.lease()?.metadata.annotations).toEqual({ edited: '4' });
  });

  it('is not shaken by a renewal whose answer was lost', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    for (let count = 0; count < 4; count += 1) {
      const fault = { type: 'status', code: 500, when: 'after' } as const;
      scene.server.faults.add({ on: { verb: 'update', resource: 'leases' }, fault });
      await scene.clock.advance(11_000);
    }
    expect(controller.status.lease).toMatchObject({ state: 'held', rival: false });
  });

  it('says loudly that another process runs a node of the same name, and goes on', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    await scene.ready({ random: () => 0.9 });
    await scene.clock.advance(60_000);
    expect(controller.status.lease).toMatchObject({ state: 'held', rival: true });
    expect(scene.warnings()).toContain('another process runs a node of the same name: it renews our lease');
    expect(scene.reported.map(({ reason }) => reason)).toContain('NodeNameConflict');
  });

  it('forgets the other process when that has gone', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    const other = await scene.ready({ random: () => 0.9 });
    await scene.clock.advance(60_000);
    expect(controller.status.lease.rival).toBe(true);
    const closed = other.close();
    await scene.clock.settle();
    await closed;
    await scene.clock.advance(400_000);
    expect(controller.status.lease.rival).toBe(false);
  });

  it('upstream §3: without leases the status is the heartbeat, every 10 s, and leases are tried again', async () => {
    await using scene = await NodeScene.start();
    const fault = { type: 'status', code: 403 } as const;
    const allow = scene.server.faults.add({ on: { resource: 'leases' }, fault, times: Infinity });
    const controller = await scene.ready();
    expect(controller.status.lease.state).toBe('unavailable');
    await scene.clock.advance(10_000);
    scene.server.requests.clear();
    await scene.clock.advance(600_000);
    expect(scene.server.requests.count({ verb: 'patch', resource: 'nodes/status' })).toBeGreaterThanOrEqual(60);
    expect(scene.server.requests.count({ resource: 'leases' })).toBeLessThanOrEqual(11);
    expect(scene.warnings()).toHaveLength(1);
    allow();
    await scene.clock.advance(61_000);
    expect(controller.status.lease.state).toBe('held');
    scene.server.requests.clear();
    await scene.clock.advance(600_000);
    expect(scene.server.requests.count({ verb: 'patch', resource: 'nodes/status' })).toBeLessThan(4);
  });

  it('tries a failed renewal again within 7 seconds', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    const fault = { type: 'status', code: 500 } as const;
    scene.server.faults.add({ on: { resource: 'leases' }, fault, times: Infinity });
    await scene.clock.advance(120_000);
    expect(controller.status.lease.state).toBe('failing');
    scene.server.faults.clear();
    await scene.clock.advance(7_000);
    expect(controller.status.lease.state).toBe('held');
  });
});
