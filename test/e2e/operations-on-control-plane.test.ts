import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/kube/connect.js';
import type { KubeClient } from '../../src/kube/client.js';
import { nodes, pods } from '../../src/kube/resources.js';
import type { Pod } from '../../src/kube/types.js';
import { VirtualNode } from '../../src/node/virtual-node.js';
import { annotationStore } from '../../src/provider/cloud/annotation-store.js';
import { type OperationStore, runOperation } from '../../src/provider/cloud/run-operation.js';
import type { PodContext } from '../../src/provider/inputs/pod-inputs.js';
import { podRef } from '../../src/provider/provider.js';
import { ControlPlane } from '../../src/testing/control-plane.js';
import { eventually } from './support/eventually.js';
import { FileBackend } from './support/file-backend.js';
import { Scene } from './support/scene.js';

const skipped = 'skipped unless KUBEBUILDER_ASSETS names a folder with etcd and kube-apiserver';
const { signal } = new AbortController();

/** Takes pods over by an operation, whose end the test decides on. */
class OperatedBackend extends FileBackend {
  begun = 0;
  updates = 0;
  done = false;
  storeOf: (pod: Pod) => OperationStore = () => {
    throw new Error('no store');
  };

  override async createPod(pod: Pod, context?: PodContext): Promise<void> {
    await runOperation({
      store: this.storeOf(pod),
      begin: () => Promise.resolve(`op-${(this.begun += 1)}`),
      poll: () => Promise.resolve(this.done ? { done: true, value: undefined } : { done: false }),
      intervalMs: 20,
      maxIntervalMs: 20,
      signal: context?.signal ?? signal,
    });
    await super.createPod(pod);
  }

  override updatePod(pod: Pod): Promise<void> {
    this.updates += 1;
    return super.updatePod(pod);
  }
}

describe.skipIf(!ControlPlane.available())(
  `operations that outlive a process, on a real control plane (${skipped})`,
  () => {
    const cluster = new ControlPlane();
    let client: KubeClient;
    beforeAll(async () => {
      await cluster.start();
      client = await connect({ kubeconfig: await cluster.addUser('system:node:ops-1', ['system:nodes']) });
    }, 90_000);
    afterAll(async () => {
      await client.close();
      await cluster.stop();
    }, 30_000);

    it("kubelet-protocol §7: a node may write its pods' annotations through the status alone, and of no other's", async () => {
      const scene = await Scene.open(cluster, 'ops-1');
      await cluster.client.create(nodes, { metadata: { name: 'ops-1' } });
      const ref = podRef(await scene.create('annotated', { annotations: { other: 'kept' } }));
      const store = annotationStore(client, ref, 'cloud.example/creating');
      await eventually(() => store.save('op-1', signal));
      expect((await scene.get('annotated')).metadata.annotations).toMatchObject({
        other: 'kept',
        'cloud.example/creating': 'op-1',
      });
      expect(await store.load(signal)).toBe('op-1');
      await store.save(undefined, signal);
      expect((await scene.get('annotated')).metadata.annotations).toEqual({ other: 'kept' });

      const at = { namespace: 'default', name: 'annotated' };
      const patch = { metadata: { annotations: { 'cloud.example/creating': 'op-1' } } };
      await expect(client.patch(pods, at, 'merge', patch)).rejects.toMatchObject({ code: 'Forbidden' });
      const successor = annotationStore(client, { ...ref, uid: 'of-a-predecessor' }, 'cloud.example/creating');
      await expect(successor.save('op-1', signal)).rejects.toMatchObject({ code: 'NotFound' });
      await successor.save(undefined, signal);
      const foreign = { ...at, name: 'foreign' };
      const created = await cluster.client.create(pods, {
        metadata: foreign,
        spec: { nodeName: 'another', containers: [{ name: 'main', image: 'example.com/app:1' }] },
      });
      const other = annotationStore(client, podRef(created), 'cloud.example/creating');
      await expect(other.save('op-1', signal)).rejects.toMatchObject({ code: 'Forbidden' });
      await cluster.client.delete(pods, foreign, { gracePeriodSeconds: 0 });
    });

    it('a process that starts anew goes on with the operation of the one before', async () => {
      const scene = await Scene.open(cluster, 'ops-1');
      const begin = async () => {
        const backend = new OperatedBackend(scene.folder);
        backend.storeOf = (pod) => annotationStore(client, podRef(pod), 'cloud.example/creating');
        const node = new VirtualNode('ops-1', backend, client);
        await node.start();
        await node.ready();
        return { backend, node };
      };
      const first = await begin();
      await scene.create('slow');
      await eventually(async () => {
        expect((await scene.get('slow')).metadata.annotations).toEqual({ 'cloud.example/creating': 'op-1' });
      });
      await first.node.close({ graceMs: 0 });

      const second = await begin();
      second.backend.done = true;
      const pod = await scene.reaches('slow', 'Running');
      expect(pod.metadata.annotations ?? {}).toEqual({});
      expect(second.backend.begun).toBe(0);
      await second.node.close({ graceMs: 0 });
    });
  },
);
