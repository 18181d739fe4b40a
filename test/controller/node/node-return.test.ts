import { describe, expect, it } from 'vitest';
import { defaultNode } from '../../../src/controller/node/default-node.js';
import { leases, nodes } from '../../../src/kube/resources.js';
import type { Node } from '../../../src/kube/types.js';
import { NodeScene } from '../support/node-scene.js';

const statusPatch = { verb: 'patch', resource: 'nodes/status' } as const;

describe('a node that others touch', () => {
  it('upstream §3: comes back within seconds when it was deleted, seen by a watch', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready({ nodes: await scene.watch() });
    const uid = scene.node()?.metadata.uid;
    await scene.client.delete(nodes, { name: 'vk' });
    await scene.clock.settle();
    expect(controller.status).toMatchObject({ phase: 'deleted', ready: false });
    await scene.clock.advance(1_000);
    expect(scene.condition()?.status).toBe('True');
    expect(scene.node()?.metadata.uid).not.toBe(uid);
    expect(controller.status).toMatchObject({ phase: 'registered', ready: true });
    expect(scene.lease()?.metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([scene.node()?.metadata.uid]);
    expect(scene.reported.map(({ reason }) => reason)).toEqual(['NodeReady', 'NodeRecreated', 'NodeReady']);
  });

  it('upstream §3: comes back without a watch, once a status write meets nothing', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ statusUpdateIntervalMs: 60_000 });
    await scene.client.delete(nodes, { name: 'vk' });
    await scene.clock.advance(62_000);
    expect(scene.condition()?.status).toBe('True');
  });

  it('upstream §3: comes back without a watch as soon as its lease has gone with it', async () => {
    await using scene = await NodeScene.start();
    await scene.ready();
    await scene.client.delete(nodes, { name: 'vk' });
    await scene.client.delete(leases, { namespace: 'kube-node-lease', name: 'vk' });
    await scene.clock.advance(12_000);
    expect(scene.condition()?.status).toBe('True');
    await scene.clock.advance(11_000);
    expect(scene.lease()?.metadata.ownerReferences?.[0]?.uid).toBe(scene.node()?.metadata.uid);
  });

  it.each([404, 409])(
    'upstream §3: comes back when the lease that has gone with it is answered by %i',
    async (code) => {
      await using scene = await NodeScene.start();
      await scene.ready();
      await scene.client.delete(nodes, { name: 'vk' });
      await scene.client.delete(leases, { namespace: 'kube-node-lease', name: 'vk' });
      scene.server.faults.add({ on: { verb: 'update', resource: 'leases' }, fault: { type: 'status', code } });
      await scene.clock.advance(12_000);
      expect(scene.condition()?.status).toBe('True');
    },
  );

  it('upstream §3: takes its time with a node that somebody deletes again and again', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    const delays: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      await scene.client.delete(nodes, { name: 'vk' });
      const from = scene.clock.now();
      await scene.clock.runUntil(() => scene.node() !== undefined);
      delays.push(Math.round((scene.clock.now() - from) / 900));
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    // A node that has lived for a while is made again quickly.
    await scene.clock.advance(600_000);
    await scene.client.delete(nodes, { name: 'vk' });
    await scene.clock.advance(1_000);
    expect(scene.node()).toBeDefined();
  });

  it('is not made twice when somebody else makes it first', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    await scene.client.delete(nodes, { name: 'vk' });
    const other = await scene.client.create(nodes, { metadata: { name: 'vk', labels: { theirs: 'yes' } } });
    await scene.clock.advance(5_000);
    expect(scene.node()?.metadata).toMatchObject({
      uid: other.metadata.uid,
      labels: { theirs: 'yes', type: 'virtual-kubelet' },
    });
    expect(scene.condition()?.status).toBe('True');
    expect(scene.lease()?.metadata.ownerReferences?.[0]?.uid).toBe(other.metadata.uid);
  });

  it('waits for a node that is being deleted to be gone', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    const uid = scene.node()?.metadata.uid;
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { metadata: { finalizers: ['example.com/wait'] } });
    await scene.client.delete(nodes, { name: 'vk' });
    await scene.clock.advance(60_000);
    expect(scene.node()?.metadata.uid).toBe(uid);
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { metadata: { finalizers: null } });
    await scene.clock.advance(5_000);
    expect(scene.node()?.metadata.uid).not.toBe(uid);
    expect(scene.condition()?.status).toBe('True');
  });

  it('upstream §3: repairs a status that somebody overwrote, at once with a watch', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    await overwrite(scene);
    await scene.clock.advance(0);
    expect(scene.condition()?.status).toBe('True');
  });

  it('upstream §3: repairs a status that somebody overwrote with the next heartbeat without a watch', async () => {
    await using scene = await NodeScene.start();
    await scene.ready();
    await overwrite(scene);
    await scene.clock.advance(301_000);
    expect(scene.condition()?.status).toBe('True');
  });

  it('repairs its status as soon as its lease goes through again after an outage', async () => {
    await using scene = await NodeScene.start();
    await scene.ready();
    const back = scene.server.faults.add({
      on: { resource: 'leases' },
      fault: { type: 'status', code: 500 },
      times: Infinity,
    });
    await scene.clock.advance(60_000);
    await overwrite(scene);
    back();
    await scene.clock.advance(10_000);
    expect(scene.condition()?.status).toBe('True');
  });

  it('repairs its status after the machine slept', async () => {
    await using scene = await NodeScene.start();
    let sleptMs = 0;
    const { clock } = scene;
    const machine = {
      now: () => clock.now() + sleptMs,
      setTimer: clock.setTimer.bind(clock),
      sleep: clock.sleep.bind(clock),
    };
    await scene.ready({ clock: machine });
    await clock.advance(20_000);
    sleptMs = 3_600_000;
    await overwrite(scene);
    await clock.advance(11_000);
    expect(scene.condition()?.status).toBe('True');
  });

  it('does not fight without end: repairs become rarer while somebody overwrites them', async () => {
    await using scene = await NodeScene.start();
    const watch = await scene.watch();
    await scene.ready({ nodes: watch });
    scene.server.requests.clear();
    const reacting = watch.addHandler({
      onUpdate: (node) => {
        const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
        if (ready?.status === 'True') void overwrite(scene);
      },
    });
    await overwrite(scene);
    await scene.clock.advance(120_000);
    reacting();
    expect(scene.server.requests.count({ verb: 'patch', resource: 'nodes/status' })).toBeLessThan(30);
    await scene.clock.advance(600_000);
    expect(scene.condition()?.status).toBe('True');
  });

  it('puts labels of its own back that somebody changed', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { metadata: { labels: { type: null } } });
    await scene.clock.advance(0);
    expect(scene.node()?.metadata.labels?.['type']).toBe('virtual-kubelet');
  });

  it('upstream §3: leaves taints as an administrator made them while it runs', async () => {
    await using scene = await NodeScene.start();
    await scene.ready({ nodes: await scene.watch() });
    const taints = [{ key: 'reserved', effect: 'NoExecute' }];
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { spec: { taints } });
    await scene.clock.advance(600_000);
    expect(scene.node()?.spec?.taints).toEqual(taints);
  });

  it('sends no write for its own writes coming back', async () => {
    await using scene = await NodeScene.start();
    let failing = false;
    const ping = (): Promise<void> => (failing ? Promise.reject(new Error('down')) : Promise.resolve());
    await scene.ready({ nodes: await scene.watch(), health: { ping } });
    scene.server.requests.clear();
    failing = true;
    await scene.clock.runUntil(() => scene.condition()?.status === 'False');
    await scene.clock.advance(5_000);
    expect(scene.server.requests.count({ verb: 'patch' })).toBe(1);
  });

  it('takes its own write for what it is, also when the watch is quicker than the answer', async () => {
    await using scene = await NodeScene.start();
    let failing = false;
    const ping = (): Promise<void> => (failing ? Promise.reject(new Error('down')) : Promise.resolve());
    await scene.ready({ nodes: await scene.watch(), health: { ping } });
    scene.patient = false;
    scene.server.requests.clear();
    scene.server.faults.add({ on: statusPatch, fault: { type: 'delay', ms: 500, when: 'after' } });
    failing = true;
    await scene.clock.runUntil(() => scene.condition()?.status === 'False');
    await scene.clock.advance(5_000);
    expect(scene.server.requests.count(statusPatch)).toBe(1);
  });

  it.each([
    ['the status', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, 'status'],
    ['a label', { metadata: { labels: { type: 'theirs' } } }, undefined],
  ])('repairs %s that is overwritten between a write and its answer', async (_, patch, subresource) => {
    await using scene = await NodeScene.start();
    let notify: (node: Node) => void = () => undefined;
    const health = { notifyNodeStatus: (callback: typeof notify) => void (notify = callback) };
    await scene.ready({ nodes: await scene.watch(), health });
    scene.patient = false;
    scene.server.faults.add({ on: statusPatch, fault: { type: 'delay', ms: 500, when: 'after' } });
    notify({ metadata: {}, status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } });
    await scene.clock.runUntil(() => scene.condition('DiskPressure')?.status === 'True');
    await scene.client.patch(nodes, { name: 'vk' }, 'strategic', patch, { ...(subresource && { subresource }) });
    await scene.clock.advance(2_000);
    expect(scene.condition()?.status).toBe('True');
    expect(scene.node()?.metadata.labels?.['type']).toBe('virtual-kubelet');
  });

  it("NodeRestriction: registers with a node's own credential, without the labels that it may not set, and says so once", async () => {
    await using scene = await NodeScene.start();
    scene.server.faults.add({ on: { verb: 'create', resource: 'nodes' }, fault: { type: 'status', code: 403 } });
    await scene.ready();
    expect(Object.keys(scene.node()?.metadata.labels ?? {}).sort()).toEqual([
      'kubernetes.io/arch',
      'kubernetes.io/hostname',
      'kubernetes.io/os',
      'node.kubernetes.io/exclude-from-external-load-balancers',
      'type',
    ]);
    expect(scene.node()?.spec?.taints).toHaveLength(1);
    expect(scene.warnings()).toEqual([
      "node: the server refuses a change; going on without what a node's own credential may not change",
    ]);
  });

  it('NodeRestriction: goes on without a change of taints that is refused', async () => {
    await using scene = await NodeScene.start();
    const before = await scene.ready();
    const closed = before.close();
    await scene.clock.settle();
    await closed;
    scene.server.faults.add({ on: { verb: 'patch', resource: 'nodes' }, fault: { type: 'status', code: 403 } });
    const template = defaultNode('vk', { provider: 'other' });
    template.metadata.labels = { ...template.metadata.labels, pool: 'b' };
    await scene.ready({}, template);
    await scene.clock.settle();
    expect(scene.node()?.metadata.labels?.['pool']).toBe('b');
    expect(scene.node()?.spec?.taints?.[0]?.value).toBe('vk-sdk');
  });

  it('a Forbidden that is no restriction is a failure, and is tried again', async () => {
    await using scene = await NodeScene.start();
    const fault = { type: 'status', code: 403 } as const;
    scene.server.faults.add({ on: { verb: 'create', resource: 'nodes' }, fault, times: 5 });
    const controller = scene.controller();
    controller.start();
    await scene.clock.runUntil(() => controller.status.failure?.code === 'Forbidden');
    await scene.clock.runUntil(() => controller.status.ready);
    expect(scene.warnings().filter((text) => text.startsWith('node: the server refuses'))).toHaveLength(1);
  });

  it('upstream §3: over 24 h an idle node renews its lease, writes its status, and does nothing else', async () => {
    await using scene = await NodeScene.start({ turns: 4 });
    await scene.ready({
      pingIntervalMs: 60_000,
      health: { ping: () => Promise.resolve(), notifyNodeStatus: () => undefined },
    });
    await scene.clock.advance(60_000);
    scene.server.requests.clear();
    await scene.clock.advance(86_400_000);
    const renewals = scene.server.requests.count({ verb: 'update', resource: 'leases' });
    const statuses = scene.server.requests.count({ verb: 'patch', resource: 'nodes/status' });
    expect(scene.server.requests.count()).toBe(renewals + statuses);
    expect(renewals).toBeGreaterThan(86_400 / 10.4 - 2);
    expect(renewals).toBeLessThan(86_400 / 10 + 2);
    expect(statuses).toBeGreaterThanOrEqual(288);
    expect(statuses).toBeLessThan(302);
  }, 60_000);
});

/** What the node lifecycle controller does to a node that it has not heard of. */
async function overwrite(scene: NodeScene): Promise<void> {
  const patch = { status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] } };
  await scene.client.patch(nodes, { name: 'vk' }, 'strategic', patch, { subresource: 'status' });
}
