import { describe, expect, it } from 'vitest';
import { leases, nodes } from '../../../src/kube/resources.js';
import type { Node } from '../../../src/kube/types.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { eventually } from '../support/eventually.js';
import { kubectl, kubectlPath } from '../support/kubectl.js';
import { Scene } from '../support/scene.js';

function readiness(node: Node): string | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

/** What is noticed by the next heartbeat is noticed soon. */
const lively = { heartbeat: { leaseRenewIntervalMs: 300, statusUpdateIntervalMs: 300 } };

export function nodeIdentity(cluster: () => TestCluster): void {
  describe('a node', () => {
    it('registers as Ready, with a lease of its own', async () => {
      const scene = await Scene.open(cluster(), 'identity-ready');
      await scene.start(scene.backend());
      const node = await cluster().client.get(nodes, { name: scene.nodeName });
      expect(readiness(node)).toBe('True');
      const lease = await eventually(() =>
        cluster().client.get(leases, { namespace: 'kube-node-lease', name: scene.nodeName }),
      );
      expect(lease.spec?.holderIdentity).toBe(scene.nodeName);
      expect(lease.spec?.renewTime).toMatch(/\.\d{6}Z$/);
    });

    it('upstream §3: is made again when it is deleted, and its pods run on', async ({ skip }) => {
      if (kubectlPath() === undefined) skip('KUBEBUILDER_ASSETS names no folder with kubectl');
      const scene = await Scene.open(cluster(), 'identity-deleted');
      const backend = scene.backend();
      await scene.start(backend, lively);
      await scene.create('web');
      await scene.reaches('web', 'Running');
      const first = await cluster().client.get(nodes, { name: scene.nodeName });
      expect(await kubectl(cluster(), ['delete', 'node', scene.nodeName])).toMatchObject({ code: 0 });
      await eventually(async () => {
        const node = await cluster().client.get(nodes, { name: scene.nodeName });
        expect(node.metadata.uid).not.toBe(first.metadata.uid);
        expect(readiness(node)).toBe('True');
      });
      expect((await scene.get('web')).status?.phase).toBe('Running');
      expect(backend.instances()).toHaveLength(1);
      expect(backend.journal('deletePod')).toEqual([]);
    });

    it('upstream §3: says NotReady when it is closed in order, and deletes nothing', async () => {
      const scene = await Scene.open(cluster(), 'identity-closed');
      const backend = scene.backend();
      const node = await scene.start(backend);
      await scene.create('web');
      await scene.reaches('web', 'Running');
      await node.close({ graceMs: 1_000 });
      expect(readiness(await cluster().client.get(nodes, { name: scene.nodeName }))).toBe('False');
      expect(await scene.exists('web')).toBe(true);
      expect(backend.instances()).toHaveLength(1);
    });
  });
}
