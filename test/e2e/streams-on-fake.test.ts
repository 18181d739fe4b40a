import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../src/testing/fake-api-server.js';
import { podStreams } from './streams/index.js';
import { kubeletProxy } from './streams/kubelet-proxy/index.js';
import { eventually } from './support/eventually.js';

describe('streams on the fake apiserver', () => {
  describe('without a scraper', () => {
    const cluster = new FakeApiServer();
    beforeAll(() => cluster.start());
    afterAll(() => cluster.stop());

    kubeletProxy(() => cluster);
  });

  const cluster = new FakeApiServer({ metrics: { intervalMs: 300 } });
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  podStreams(
    () => cluster,
    ({ kubectl }) => {
      it('kubelet-protocol §6: top shows what nodes and containers use', async () => {
        const [nodes, pods] = await eventually(async () => {
          const outcomes = [await kubectl.run(['top', 'nodes']), await kubectl.run(['top', 'pods', '--containers'])];
          for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 0 });
          return outcomes.map(({ stdout }) => stdout);
        });
        expect(nodes).toMatch(/^shell-declared +2[45]\dm +\d+% +64Mi/m);
        expect(pods).toMatch(/^declared +main +2[45]\dm +64Mi/m);
      });
    },
  );
});
