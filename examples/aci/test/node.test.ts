import { describe, expect, it } from 'vitest';
import { defaultNode, nodes, pods } from 'vk-sdk';
import { configureAciNode } from '../src/aci-node.js';
import { openScene } from './open-scene.js';
import { podOf, type Scene } from './scene.js';

describe('the node of a cloud', () => {
  function ready(scene: Scene): { status: string; message: string | undefined } | undefined {
    const [node] = scene.server.objects(nodes);
    const condition = node?.status?.conditions?.find(({ type }) => type === 'Ready');
    return condition && { status: condition.status, message: condition.message };
  }

  it('upstream §5: has the room and the labels of azure-aci', () => {
    const node = defaultNode('node-1');
    configureAciNode(node, { cpu: '10000', memory: '4Ti', pods: '5000', gpu: '8' }, 'Windows');
    expect(node.status?.capacity).toEqual({ cpu: '10000', memory: '4Ti', pods: '5000', 'nvidia.com/gpu': '8' });
    expect(node.status?.allocatable).toEqual(node.status?.capacity);
    expect(node.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'node-1',
      'alpha.service-controller.kubernetes.io/exclude-balancer': 'true',
      'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
      'kubernetes.io/os': 'windows',
      'beta.kubernetes.io/os': 'windows',
    });
  });

  it('is NotReady while the cloud is out of reach, says why, and comes back', async () => {
    const scene = await openScene();
    expect(ready(scene)?.status).toBe('True');
    const restore = scene.cloud.faults.next('*', { reset: 'before' }, { times: Infinity });
    await scene.until('NotReady', () => ready(scene)?.status === 'False');
    expect(ready(scene)?.message).toContain('container group vk-probe: get: the cloud is out of reach');
    restore();
    await scene.until('Ready', () => ready(scene)?.status === 'True');
  });

  it('stays Ready through a cloud that throttles for minutes, and one that stumbles', async () => {
    const scene = await openScene();
    await scene.run(podOf('web'));
    scene.cloud.faults.next('*', { status: 429, retryAfterSeconds: 120 });
    for (let minute = 0; minute < 5; minute += 1) {
      await scene.pass(60_000);
      scene.cloud.faults.next('get', { status: 500 });
      expect(ready(scene)?.status).toBe('True');
    }
  });

  it('upstream §7: touches no group though its list of them fails, is empty, or Kubernetes has lost its node', async () => {
    const scene = await openScene({ provider: { tracker: { cleanup: { intervalMs: 30_000, minAgeMs: 60_000 } } } });
    const pod = await scene.run(podOf('web'));
    for (const fault of [{ status: 500 }, { text: '{"value":[]}' }, { text: '{}' }, { reset: 'before' }] as const) {
      const restore = scene.cloud.faults.next('list', fault, { times: Infinity });
      const lists = scene.cloud.requests.count('list');
      await scene.pass(300_000);
      expect(scene.cloud.requests.count('list')).toBeGreaterThan(lists);
      restore();
    }
    await scene.server.client.delete(nodes, { name: 'node-1' });
    await scene.pass(300_000);
    expect(scene.pod('web')?.status?.phase).toBe('Running');
    expect(scene.groups).toEqual([scene.group(pod)]);
    expect(scene.cloud.requests.count('delete')).toBe(0);
  });

  it('upstream §5: takes a group away that no pod stands for, in its time', async () => {
    const scene = await openScene({ provider: { tracker: { cleanup: { intervalMs: 30_000, minAgeMs: 60_000 } } } });
    const kept = await scene.run(podOf('kept'));
    const also = await scene.run(podOf('also-kept'));
    const lost = await scene.run(podOf('lost'));
    await scene.stopNode();
    await scene.server.client.delete(pods, { namespace: 'default', name: 'lost' }, { gracePeriodSeconds: 0 });
    await scene.startNode();
    await scene.pass(30_000);
    expect(scene.groups).toContain(scene.group(lost));
    await scene.until('the group is gone', () => !scene.groups.includes(scene.group(lost)));
    expect([...scene.groups].sort()).toEqual([scene.group(kept), scene.group(also)].sort());
  });
});
