import { describe, expect, it } from 'vitest';
import { defaultNode } from '../../../src/controller/node/default-node.js';
import { nodes } from '../../../src/kube/resources.js';
import type { Node } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { NodeScene } from '../support/node-scene.js';

describe('NodeController', () => {
  it('registers a node that is Ready, with the conditions of a kubelet (kubelet-protocol §7)', async () => {
    await using scene = await NodeScene.start();
    const controller = scene.controller();
    controller.start();
    await scene.clock.settle();
    await controller.ready();
    const now = '2026-01-01T00:00:00Z';
    const times = { lastHeartbeatTime: now, lastTransitionTime: now };
    expect(scene.node()?.status?.conditions).toEqual([
      { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', ...times },
      {
        type: 'MemoryPressure',
        status: 'False',
        reason: 'KubeletHasSufficientMemory',
        message: 'kubelet has sufficient memory available',
        ...times,
      },
      {
        type: 'DiskPressure',
        status: 'False',
        reason: 'KubeletHasNoDiskPressure',
        message: 'kubelet has no disk pressure',
        ...times,
      },
      {
        type: 'PIDPressure',
        status: 'False',
        reason: 'KubeletHasSufficientPID',
        message: 'kubelet has sufficient PID available',
        ...times,
      },
    ]);
    expect(scene.node()?.spec?.taints).toEqual([
      { key: 'virtual-kubelet.io/provider', value: 'vk-sdk', effect: 'NoSchedule' },
    ]);
    expect(controller.status).toMatchObject({ phase: 'registered', ready: true, lease: { state: 'held' } });
    expect(controller.node?.metadata.uid).toBe(scene.node()?.metadata.uid);
  });

  it('keeps a lease in kube-node-lease with the owner, holder and times of a kubelet (kubelet-protocol §7)', async () => {
    await using scene = await NodeScene.start();
    await scene.ready();
    expect(scene.lease()).toMatchObject({
      metadata: {
        namespace: 'kube-node-lease',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'vk', uid: scene.node()?.metadata.uid }],
      },
      spec: { holderIdentity: 'vk', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
    });
  });

  it('upstream §3: leaves the conditions, labels, annotations and cordon of others alone', async () => {
    await using scene = await NodeScene.start();
    const { client, clock } = scene;
    await scene.ready({ statusUpdateIntervalMs: 60_000 });
    await client.patch(nodes, { name: 'vk' }, 'strategic', {
      metadata: { labels: { team: 'blue' }, annotations: { note: 'mine' } },
      spec: { unschedulable: true },
    });
    const condition = { type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' };
    const foreign = { status: { conditions: [condition], capacity: { 'example.com/fpga': '2' } } };
    await client.patch(nodes, { name: 'vk' }, 'strategic', foreign, { subresource: 'status' });
    await clock.advance(300_000);
    expect(scene.node()).toMatchObject({
      metadata: { labels: { team: 'blue', type: 'virtual-kubelet' }, annotations: { note: 'mine' } },
      spec: { unschedulable: true },
      status: { capacity: { cpu: '1000', 'example.com/fpga': '2' } },
    });
    expect(scene.condition('NetworkUnavailable')).toMatchObject({ reason: 'RouteCreated' });
    expect(scene.condition()?.lastHeartbeatTime).not.toBe('2026-01-01T00:00:00Z');
    expect(scene.condition()?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
  });

  it('upstream §3: is NotReady with a reason while the ping fails, and Ready again afterwards', async () => {
    await using scene = await NodeScene.start();
    let failing = false;
    const error = new Error(`cloud is down ${'x'.repeat(9_000)}`);
    const ping = (): Promise<void> => (failing ? Promise.reject(error) : Promise.resolve());
    const controller = await scene.ready({ health: { ping } });
    failing = true;
    await scene.clock.runUntil(() => scene.condition()?.status === 'False');
    expect(scene.condition()?.reason).toBe('KubeletNotReady');
    expect(scene.condition()?.message).toMatch(/^the backend is out of reach: cloud is down x/);
    expect(scene.condition()?.message).toHaveLength(1_024);
    expect(scene.condition()?.lastTransitionTime).not.toBe('2026-01-01T00:00:00Z');
    expect(scene.condition('DiskPressure')?.lastTransitionTime).toBe('2026-01-01T00:00:00Z');
    expect(controller.status).toMatchObject({ ready: false, unreachable: { message: error.message } });
    failing = false;
    await scene.clock.runUntil(() => scene.condition()?.status === 'True');
    expect(controller.status.unreachable).toBeUndefined();
    expect(scene.reported.map(({ reason }) => reason)).toEqual(['NodeReady', 'NodeNotReady', 'NodeReady']);
  });

  it('does not believe a single ping that fails', async () => {
    await using scene = await NodeScene.start();
    let pings = 0;
    const ping = (): Promise<void> => ((pings += 1) === 3 ? Promise.reject(new Error('blip')) : Promise.resolve());
    await scene.ready({ health: { ping } });
    await scene.clock.advance(60_000);
    expect(pings).toBeGreaterThan(5);
    expect(scene.reported.map(({ reason }) => reason)).toEqual(['NodeReady']);
  });

  it('takes a ping that hangs for one that fails, aborts it, and asks no second one meanwhile', async () => {
    await using scene = await NodeScene.start();
    let pings = 0;
    let aborted = 0;
    let release: () => void = () => undefined;
    const ping = (context: { readonly signal: AbortSignal }): Promise<void> => {
      pings += 1;
      if (pings !== 2) return Promise.resolve();
      context.signal.addEventListener('abort', () => (aborted += 1), { once: true });
      return new Promise((resolve) => (release = resolve));
    };
    await scene.ready({ health: { ping } });
    await scene.clock.advance(100_000);
    expect(pings).toBe(2);
    expect(aborted).toBe(1);
    expect(scene.condition()?.message).toBe('the backend is out of reach: no answer to a ping within 10000 ms');
    release();
    await scene.clock.runUntil(() => scene.condition()?.status === 'True');
    expect(pings).toBe(3);
  });

  it('upstream §3: stops renewing the lease when the backend stays away, and keeps quiet until it is back', async () => {
    await using scene = await NodeScene.start();
    let failing = false;
    const ping = (): Promise<void> => (failing ? Promise.reject(new Error('down')) : Promise.resolve());
    const controller = await scene.ready({ health: { ping }, unreachableAfterMs: 60_000 });
    failing = true;
    await scene.clock.runUntil(() => scene.condition()?.status === 'False');
    const renewed = scene.lease()?.spec?.renewTime;
    await scene.clock.advance(50_000);
    expect(scene.lease()?.spec?.renewTime).not.toBe(renewed);
    await scene.clock.advance(15_000);
    expect(controller.status.lease.state).toBe('suspended');
    scene.server.requests.clear();
    await markUnknown(scene);
    await scene.clock.advance(3_600_000);
    expect(scene.server.requests.writes).toBe(1);
    expect(scene.condition()?.status).toBe('Unknown');
    failing = false;
    await scene.clock.runUntil(() => scene.condition()?.status === 'True');
    expect(controller.status.lease.state).toBe('held');
  });

  it('registers NotReady when the first pings fail', async () => {
    await using scene = await NodeScene.start();
    let failing = true;
    const ping = (): Promise<void> => (failing ? Promise.reject(new Error('down')) : Promise.resolve());
    const controller = scene.controller({ health: { ping } });
    controller.start();
    await scene.clock.advance(500);
    expect(scene.node()).toBeUndefined();
    await scene.clock.advance(1_000);
    expect(scene.condition()?.status).toBe('False');
    failing = false;
    let ready = false;
    void controller.ready().then(() => (ready = true));
    await scene.clock.advance(11_000);
    expect(ready).toBe(true);
  });

  it('upstream §3: says that it is not ready when it is closed in good order, and leaves node and lease', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    const closed = controller.close();
    await scene.clock.settle();
    await closed;
    expect(scene.condition()).toMatchObject({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'node is shutting down',
    });
    expect(controller.status.phase).toBe('closed');
    expect(scene.lease()).toBeDefined();
    expect(controller.close()).toBe(closed);
    scene.server.requests.clear();
    await scene.clock.advance(3_600_000);
    expect(scene.server.requests.count()).toBe(0);
    expect(scene.clock.pending).toBe(0);
    await expect(controller.ready()).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('close ends within its grace when the server does not answer', async () => {
    await using scene = await NodeScene.start();
    const controller = await scene.ready();
    scene.patient = false;
    scene.server.faults.add({ on: { resource: 'nodes/status' }, fault: { type: 'hang' } });
    let ended = false;
    const closed = controller.close({ graceMs: 2_000 }).then(() => (ended = true));
    await scene.clock.advance(1_900);
    expect(ended).toBe(false);
    await scene.clock.advance(100);
    await closed;
    expect(scene.warnings()).toContain('node could not be marked as shutting down');
  });

  it('close before start makes nothing', async () => {
    await using scene = await NodeScene.start();
    const controller = scene.controller();
    const ready = controller.ready();
    await Promise.all([expect(ready).rejects.toMatchObject({ code: 'Aborted' }), controller.close()]);
    controller.start();
    await scene.clock.advance(60_000);
    expect(scene.server.requests.count()).toBe(0);
  });

  it('upstream §3: sends live capacity, addresses, conditions, labels, annotations and taints at once', async () => {
    await using scene = await NodeScene.start();
    let notify: (node: Node) => void = () => undefined;
    await scene.ready({ health: { notifyNodeStatus: (callback) => (notify = callback) } });
    notify({
      metadata: { labels: { zone: 'a' }, annotations: { price: '1' } },
      spec: { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] },
      status: {
        capacity: { cpu: '8', 'nvidia.com/gpu': '4' },
        addresses: [
          { type: 'InternalIP', address: '10.0.0.1' },
          { type: 'InternalIP', address: 'fd00::1' },
        ],
        conditions: [
          { type: 'MemoryPressure', status: 'True', reason: 'Tight', message: 'little is left' },
          { type: 'QuotaReached', status: 'False' },
        ],
      },
    });
    await scene.clock.advance(0);
    expect(scene.node()).toMatchObject({
      metadata: { labels: { zone: 'a', type: 'virtual-kubelet' }, annotations: { price: '1' } },
      spec: { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] },
      status: { allocatable: { cpu: '8', 'nvidia.com/gpu': '4' } },
    });
    expect(scene.node()?.status?.capacity).toEqual({ cpu: '8', 'nvidia.com/gpu': '4' });
    expect(scene.node()?.status?.addresses).toEqual([
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'InternalIP', address: 'fd00::1' },
    ]);
    expect(scene.condition('MemoryPressure')).toMatchObject({ status: 'True', reason: 'Tight' });
    expect(scene.condition('QuotaReached')?.status).toBe('False');

    notify({
      metadata: { labels: {} },
      status: { capacity: { cpu: '8' }, addresses: [{ type: 'InternalIP', address: 'fd00::1' }], conditions: [] },
    });
    await scene.clock.advance(0);
    expect(scene.node()?.metadata.labels).not.toHaveProperty('zone');
    expect(scene.node()?.metadata.annotations).toHaveProperty('price');
    expect(scene.node()?.status?.capacity).toEqual({ cpu: '8' });
    expect(scene.node()?.status?.allocatable).toEqual({ cpu: '8' });
    expect(scene.node()?.status?.addresses).toEqual([{ type: 'InternalIP', address: 'fd00::1' }]);
    expect(scene.condition('MemoryPressure')?.status).toBe('False');
    expect(scene.condition('QuotaReached')).toBeUndefined();
  });

  it('writes nothing for a notification that says nothing new, and copies what it is given', async () => {
    await using scene = await NodeScene.start();
    let notify: (node: Node) => void = () => undefined;
    await scene.ready({ health: { notifyNodeStatus: (callback) => (notify = callback) } });
    const capacity = { cpu: '8' };
    notify({ metadata: {}, status: { capacity } });
    await scene.clock.advance(0);
    capacity.cpu = '9';
    await scene.clock.advance(600_000);
    expect(scene.node()?.status?.capacity?.cpu).toBe('8');
    scene.server.requests.clear();
    for (let count = 0; count < 10; count += 1) notify({ metadata: {}, status: { capacity: { cpu: '8' } } });
    await scene.clock.advance(0);
    expect(scene.server.requests.writes).toBe(0);
  });

  it('lets the provider have the last word on Ready, as long as it is within reach', async () => {
    await using scene = await NodeScene.start();
    let notify: (node: Node) => void = () => undefined;
    const controller = await scene.ready({ health: { notifyNodeStatus: (callback) => (notify = callback) } });
    const condition = { type: 'Ready', status: 'False', reason: 'Draining', message: 'the pool is drained' };
    notify({ metadata: {}, status: { conditions: [condition] } });
    await scene.clock.advance(0);
    expect(scene.condition()).toMatchObject(condition);
    expect(controller.status.ready).toBe(false);
  });

  it('a restart takes the node over: changed settings are applied, what is gone is taken away, the uid stays', async () => {
    await using scene = await NodeScene.start();
    const first = defaultNode('vk', { capacity: { cpu: '4', 'nvidia.com/gpu': '1' } });
    first.metadata.labels = { ...first.metadata.labels, old: 'yes' };
    const before = await scene.ready({}, first);
    const uid = scene.node()?.metadata.uid;
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { metadata: { labels: { foreign: 'yes' } } });
    await closeNow(scene, before);
    const second = defaultNode('vk', { capacity: { cpu: '2' }, provider: 'other' });
    await scene.ready({}, second);
    await scene.clock.advance(0);
    expect(scene.node()?.metadata.uid).toBe(uid);
    expect(scene.node()?.metadata.labels).toMatchObject({ foreign: 'yes', type: 'virtual-kubelet' });
    expect(scene.node()?.metadata.labels).not.toHaveProperty('old');
    expect(scene.node()?.status?.capacity).toEqual({ cpu: '2' });
    expect(scene.node()?.spec?.taints).toEqual([
      { key: 'virtual-kubelet.io/provider', value: 'other', effect: 'NoSchedule' },
    ]);
  });

  it('a restart after a crash does not take the word of the process before it for its own', async () => {
    await using scene = await NodeScene.start();
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    await scene.client.create(nodes, { metadata: { name: 'vk' }, status });
    const ping = (): Promise<void> => Promise.reject(new Error('down'));
    const said: boolean[] = [];
    const onChange = (): void => void said.push(controller.status.ready);
    const controller = scene.controller({ health: { ping }, nodes: await scene.watch(), onChange });
    let ready = false;
    controller.start();
    controller.ready().then(
      () => (ready = true),
      () => undefined,
    );
    await scene.clock.runUntil(() => scene.condition()?.status === 'False');
    expect(ready).toBe(false);
    expect(said).not.toContain(true);
    expect(scene.reported.map(({ reason }) => reason)).toEqual(['NodeNotReady']);
  });

  it('a restart does not put a taint back that somebody removed', async () => {
    await using scene = await NodeScene.start();
    const before = await scene.ready();
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', {
      spec: { taints: [{ key: 'reserved', effect: 'NoExecute' }] },
    });
    await closeNow(scene, before);
    await scene.ready();
    await scene.clock.advance(600_000);
    expect(scene.node()?.spec?.taints).toEqual([{ key: 'reserved', effect: 'NoExecute' }]);
  });

  it('changes of taints do not undo what others change at the same time', async () => {
    await using scene = await NodeScene.start();
    let notify: (node: Node) => void = () => undefined;
    await scene.ready({ health: { notifyNodeStatus: (callback) => (notify = callback) } });
    // Without a watch the controller does not know of this taint when it makes its patch.
    const taints = [
      ...(scene.node()?.spec?.taints ?? []),
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    ];
    await scene.client.patch(nodes, { name: 'vk' }, 'merge', { spec: { taints } });
    notify({ metadata: {}, spec: { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] } });
    await scene.clock.advance(0);
    expect(scene.node()?.spec?.taints?.map(({ key }) => key)).toEqual(['node.kubernetes.io/not-ready', 'maintenance']);
  });

  it('is not held up by a wall clock that is set back', async () => {
    await using scene = await NodeScene.start();
    const { clock } = scene;
    let stepMs = 0;
    const stepped = {
      now: () => clock.now() + stepMs,
      setTimer: clock.setTimer.bind(clock),
      sleep: clock.sleep.bind(clock),
    };
    let failing = false;
    const ping = (): Promise<void> => (failing ? Promise.reject(new Error('down')) : Promise.resolve());
    const controller = await scene.ready({ clock: stepped, health: { ping }, unreachableAfterMs: 60_000 });
    await clock.advance(30_000);
    stepMs = -86_400_000;
    scene.server.requests.clear();
    await clock.advance(600_000);
    expect(scene.server.requests.count({ verb: 'update', resource: 'leases' })).toBeGreaterThanOrEqual(57);
    expect(scene.server.requests.count({ verb: 'patch', resource: 'nodes/status' })).toBeLessThanOrEqual(4);
    failing = true;
    await clock.advance(80_000);
    expect(controller.status).toMatchObject({ ready: false, lease: { state: 'suspended' } });
  });

  it('carries on through a server that fails, and says so', async () => {
    await using scene = await NodeScene.start();
    const fault = { type: 'status', code: 500 } as const;
    scene.server.faults.add({ on: { resource: 'nodes' }, fault, times: 4 });
    scene.server.faults.add({ on: { resource: 'leases' }, fault, times: 4 });
    const controller = scene.controller();
    controller.start();
    await scene.clock.runUntil(() => controller.status.failure !== undefined);
    expect(controller.status).toMatchObject({ phase: 'registering', ready: false, failure: { code: 'Internal' } });
    await scene.clock.runUntil(() => controller.status.ready && controller.status.lease.state === 'held');
    expect(controller.status.failure).toBeUndefined();
  });

  it('refuses options that make no sense', () => {
    const api = {} as never;
    const scene = new NodeScene();
    expect(() => scene.controller({ pingIntervalMs: 0 }, undefined, api)).toThrow(
      new VkError('InvalidInput', 'option pingIntervalMs: 0 is not a number above 0'),
    );
    expect(() => scene.controller({ leaseRenewIntervalMs: 40_000 }, undefined, api)).toThrow(VkError);
    expect(() => scene.controller({}, { metadata: {} }, api)).toThrow('node: metadata.name is missing');
  });
});

/** What the node lifecycle controller does to a node that it has not heard of. */
async function markUnknown(scene: NodeScene): Promise<void> {
  const condition = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting',
  };
  const patch = { status: { conditions: [condition] } };
  await scene.client.patch(nodes, { name: 'vk' }, 'strategic', patch, { subresource: 'status' });
}

async function closeNow(scene: NodeScene, controller: { close(): Promise<void> }): Promise<void> {
  const closed = controller.close();
  await scene.clock.settle();
  await closed;
}
