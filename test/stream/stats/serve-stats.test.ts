import { describe, expect, it } from 'vitest';
import type { StatsSummary } from '../../../src/provider/stats.js';
import { VkError } from '../../../src/runtime/errors.js';
import type { KubeletBackend, StreamingProvider } from '../../../src/stream/backend.js';
import {
  serveCadvisorMetrics,
  serveProbeMetrics,
  serveResourceMetrics,
  serveStatsSummary,
} from '../../../src/stream/stats/serve-stats.js';
import { useCallServer } from './call-server.js';
import { scrape } from './metrics-server.js';

const time = '2026-01-01T00:00:10Z';
const figures = { cpu: { time, usageCoreNanoSeconds: 5e9 }, memory: { time, workingSetBytes: 1e6 } };
const summary: StatsSummary = {
  node: { nodeName: 'edge-1', ...figures },
  pods: [
    {
      podRef: { name: 'web', namespace: 'default', uid: 'u1' },
      containers: [{ name: 'main', ...figures }],
      volume: [],
    },
  ],
};

const backend = (provider: StreamingProvider): KubeletBackend => ({
  nodeName: 'edge-1',
  provider,
  pods: { get: () => undefined, list: () => [] },
});
/** Methods of a class use `this`. */
class Stats {
  readonly #summary = summary;
  async getStatsSummary(): Promise<StatsSummary> {
    return this.#summary;
  }
}
const good = backend(new Stats());
const failing = backend({ getStatsSummary: () => Promise.reject(new VkError('Unavailable', 'backend: away')) });
const prometheus = 'text/plain; version=0.0.4; charset=utf-8';

const answerOf = useCallServer();

describe('/stats/summary', () => {
  it('kubelet-protocol §6: is what the provider says, as JSON', async () => {
    const { status, type, body } = await answerOf((call) => serveStatsSummary(call, good));
    expect([status, type, JSON.parse(body)]).toEqual([200, 'application/json', summary]);
  });

  it('fails as the provider does', async () => {
    expect(await answerOf((call) => serveStatsSummary(call, failing))).toMatchObject({
      status: 503,
      body: 'backend: away',
    });
  });

  it('says which method is missing', async () => {
    const expected = { status: 501, body: 'stats: the provider does not implement getStatsSummary' };
    expect(await answerOf((call) => serveStatsSummary(call, backend({})))).toMatchObject(expected);
    expect(await answerOf((call) => serveResourceMetrics(call, backend({})))).toMatchObject(expected);
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { node: {}, pods: {} },
    { node: {}, pods: [{}] },
    { node: {}, pods: [{ podRef: { name: 'a', namespace: 'b' }, containers: [3] }] },
  ])('is refused when the provider answers %j', async (odd) => {
    const provider = backend({ getStatsSummary: async () => odd as never });
    expect(await answerOf((call) => serveStatsSummary(call, provider))).toMatchObject({
      status: 500,
      body: 'stats of node edge-1: getStatsSummary answered no summary',
    });
    expect((await answerOf((call) => serveResourceMetrics(call, provider))).body).toContain(
      'resource_scrape_error 1\n',
    );
  });
});

describe('/metrics/resource over HTTP', () => {
  it('kubelet-protocol §6: is text of version 0.0.4 that metrics-server takes', async () => {
    const { status, type, body } = await answerOf((call) => serveResourceMetrics(call, good));
    expect([status, type]).toEqual([200, prometheus]);
    const { node, pods } = scrape(body, 0);
    expect(node?.cpuNanos).toBe(5e9);
    expect([...(pods.get('default/web')?.keys() ?? [])]).toEqual(['main']);
  });

  it('kubelet-protocol §6: is 200 with a scrape error when the provider fails, and the failure is logged', async () => {
    const { status, body, logged } = await answerOf((call) => serveResourceMetrics(call, failing));
    expect([status, logged]).toEqual([200, ['provider gave no stats']]);
    expect(body).toContain('\nresource_scrape_error 1\n');
    expect(body).not.toContain('node_cpu');
  });
});

describe('what else Prometheus scrapes of every node', () => {
  it('kubelet-protocol §6: is there, and valid, if empty', async () => {
    const empty = { status: 200, type: prometheus, body: '' };
    expect(await answerOf(serveProbeMetrics)).toMatchObject(empty);
    expect(await answerOf((call) => serveCadvisorMetrics(call, backend({})))).toMatchObject(empty);
    const { body } = await answerOf((call) => serveCadvisorMetrics(call, good));
    expect(body).toContain(
      'container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 1000000 ',
    );
  });
});
