import { describe, expect, it } from 'vitest';
import { parseScrape, usageBetween } from '../../../src/testing/apiserver/metrics/usage.js';
import type { TestCluster } from '../../../src/testing/cluster.js';
import { figures } from '../support/shell-provider.js';
import { declaredNode, machineAddress } from '../support/shell-world.js';
import { send } from '../support/raw-client.js';

export function stats(cluster: () => TestCluster): void {
  const why = 'skipped without an address other than loopback, which a real apiserver refuses to proxy to';

  describe.skipIf(machineAddress === undefined)(`figures through nodes/proxy (${why})`, () => {
    const scrape = async (path: string): Promise<string> => {
      const { status, body } = await send(cluster(), 'GET', `/api/v1/nodes/${declaredNode}/proxy${path}`);
      expect(status).toBe(200);
      return body.toString();
    };

    it('kubelet-protocol §6: /metrics/resource gives metrics-server the use of the node and of each container', async () => {
      const first = parseScrape(await scrape('/metrics/resource'), Date.now());
      await new Promise((resolve) => setTimeout(resolve, 300));
      const second = parseScrape(await scrape('/metrics/resource'), Date.now());
      const pod = 'default/declared';
      expect([...(second.pods.get(pod)?.keys() ?? [])].sort()).toEqual(['main', 'side']);
      const usages = [
        usageBetween(first.node, second.node!),
        usageBetween(first.pods.get(pod)?.get('main'), second.pods.get(pod)!.get('main')!),
      ];
      for (const usage of usages) {
        expect(usage?.usage.memory).toBe(`${figures.workingSetBytes / 1024}Ki`);
        expect(parseInt(usage?.usage.cpu ?? '') / 1e9).toBeCloseTo(figures.cores, 1);
      }
    });

    it('kubelet-protocol §6: /stats/summary, /pods and /healthz answer', async () => {
      const [summary, podList, health] = await Promise.all([
        scrape('/stats/summary'),
        scrape('/pods'),
        scrape('/healthz'),
      ]);
      expect(JSON.parse(summary)).toMatchObject({ node: { nodeName: declaredNode } });
      const { items } = JSON.parse(podList) as { items: { metadata: { name: string } }[] };
      expect(items.map(({ metadata }) => metadata.name)).toContain('declared');
      expect(health).toBe('ok');
    });
  });
}
