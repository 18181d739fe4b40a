import { describe, expect, it } from 'vitest';
import { nodes } from '../../../src/kube/resources.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { kubectl, kubectlPath } from '../support/kubectl.js';
import { Scene } from '../support/scene.js';

export function drain(cluster: () => TestCluster): void {
  describe('kubectl drain', () => {
    it('cordons the node, evicts its pods, and ends when the backend has ended them', async ({ skip }) => {
      if (kubectlPath() === undefined) skip('KUBEBUILDER_ASSETS names no folder with kubectl');
      const scene = await Scene.open(cluster(), 'drained');
      const backend = scene.backend();
      await scene.start(backend);
      const names = ['a', 'b', 'c'];
      for (const name of names) await scene.create(name);
      for (const name of names) await scene.reaches(name, 'Running');
      const drained = await kubectl(cluster(), ['drain', scene.nodeName, '--force', '--timeout=20s']);
      expect(drained).toMatchObject({ code: 0 });
      expect(drained.stdout).toContain(`node/${scene.nodeName} drained`);
      for (const name of names) expect(await scene.exists(name)).toBe(false);
      expect(backend.instances()).toEqual([]);
      const node = await cluster().client.get(nodes, { name: scene.nodeName });
      expect(node.spec?.unschedulable).toBe(true);
    });
  });
}
