import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatsSummary } from '../../../src/provider/stats.js';
import { cadvisorMetrics } from '../../../src/stream/stats/cadvisor-metrics.js';
import { renderExposition } from '../../../src/stream/stats/exposition.js';
import { resourceMetrics } from '../../../src/stream/stats/resource-metrics.js';
import { scrape } from './metrics-server.js';

const time = '2026-01-01T00:00:10.250Z';
const cpu = { time, usageNanoCores: 250_000_000, usageCoreNanoSeconds: 12_500_000_000 };
const memory = { time, workingSetBytes: 64_000_000, usageBytes: 70_000_000, rssBytes: 60_000_000 };
const swap = { time, swapUsageBytes: 0 };
const startTime = '2026-01-01T00:00:00.500Z';
const podRef = { name: 'web', namespace: 'default', uid: 'u1' };

const summary: StatsSummary = {
  node: { nodeName: 'edge-1', cpu, memory, swap },
  pods: [{ podRef, containers: [{ name: 'main', startTime, cpu, memory, swap }], cpu, memory, swap }],
};

const render = (of: StatsSummary | undefined): string => renderExposition(resourceMetrics(of));

describe('/metrics/resource', () => {
  it('kubelet-protocol §6: has the metrics that metrics-server reads, with their types, labels and times', () => {
    const lines = render(summary).split('\n');
    expect(lines.filter((line) => !line.startsWith('# HELP'))).toEqual([
      '# TYPE container_cpu_usage_seconds_total counter',
      'container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 12.5 1767225610250',
      '# TYPE container_memory_working_set_bytes gauge',
      'container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 64000000 1767225610250',
      '# TYPE container_start_time_seconds gauge',
      'container_start_time_seconds{container="main",namespace="default",pod="web"} 1767225600.5',
      '# TYPE container_swap_usage_bytes gauge',
      'container_swap_usage_bytes{container="main",namespace="default",pod="web"} 0 1767225610250',
      '# TYPE node_cpu_usage_seconds_total counter',
      'node_cpu_usage_seconds_total 12.5 1767225610250',
      '# TYPE node_memory_working_set_bytes gauge',
      'node_memory_working_set_bytes 64000000 1767225610250',
      '# TYPE node_swap_usage_bytes gauge',
      'node_swap_usage_bytes 0 1767225610250',
      '# TYPE pod_cpu_usage_seconds_total counter',
      'pod_cpu_usage_seconds_total{namespace="default",pod="web"} 12.5 1767225610250',
      '# TYPE pod_memory_working_set_bytes gauge',
      'pod_memory_working_set_bytes{namespace="default",pod="web"} 64000000 1767225610250',
      '# TYPE pod_swap_usage_bytes gauge',
      'pod_swap_usage_bytes{namespace="default",pod="web"} 0 1767225610250',
      '# TYPE resource_scrape_error gauge',
      'resource_scrape_error 0',
      '# TYPE scrape_error gauge',
      'scrape_error 0',
      '',
    ]);
    expect(lines.filter((line) => line.startsWith('# HELP'))).toHaveLength(12);
  });

  it('kubelet-protocol §6: is nothing but the error when the provider gave no figures', () => {
    expect(
      render(undefined)
        .split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toEqual(['resource_scrape_error 1', 'scrape_error 1', '']);
  });

  it('kubelet-protocol §6: is taken by metrics-server, node and pod', () => {
    const { node, pods } = scrape(render(summary), 0);
    expect(node).toEqual({ timestampMs: 1767225610250, cpuNanos: 12_500_000_000, memoryBytes: 64_000_000 });
    expect(pods.get('default/web')?.get('main')).toMatchObject({
      cpuNanos: 12_500_000_000,
      startSeconds: 1767225600.5,
    });
  });

  it.each([
    ['no CPU yet', { cpu: { time, usageCoreNanoSeconds: 0 }, memory }],
    ['no memory', { cpu, memory: { time, workingSetBytes: 0 } }],
    ['figures that nobody knows', {}],
    ['less than a nanosecond', { cpu: { time, usageCoreNanoSeconds: 0.4 }, memory }],
  ])('kubelet-protocol §6: leaves out a container with %s, which would hide its whole pod', (_, figures) => {
    const idle = { name: 'idle', startTime, ...figures };
    const pods = [{ podRef, containers: [{ name: 'main', cpu, memory }, idle] }];
    const shown = scrape(render({ ...summary, pods }), 0).pods.get('default/web');
    expect([...(shown?.keys() ?? [])]).toEqual(['main']);
  });

  it('leaves times out that cannot be read', () => {
    const odd = { ...cpu, time: 'yesterday' };
    const text = render({ node: { nodeName: 'edge-1', cpu: odd, memory }, pods: [] });
    expect(text).toContain('node_cpu_usage_seconds_total 12.5\n');
    expect(scrape(text, 5).node?.cpuNanos).toBe(12_500_000_000);
  });

  it('is valid and loses no other pod, whatever a provider says', () => {
    const figure = fc.oneof(fc.double(), fc.integer({ min: 0, max: 1e9 }), fc.constant(undefined as unknown as number));
    const odd = fc.record({
      podRef: fc.record({ name: fc.string({ unit: 'binary' }), namespace: fc.string(), uid: fc.string() }),
      containers: fc.array(
        fc.record({
          name: fc.string({ unit: 'binary' }),
          startTime: fc.string(),
          cpu: fc.record({ time: fc.constantFrom(time, ''), usageCoreNanoSeconds: figure }),
          memory: fc.record({ time: fc.constant(time), workingSetBytes: figure }),
        }),
        { maxLength: 3 },
      ),
    });
    const check = fc.property(fc.array(odd, { maxLength: 4 }), (others) => {
      const text = render({ ...summary, pods: [...others, ...summary.pods] });
      const seen = new Set<string>();
      for (const line of text.split('\n')) {
        if (line === '' || line.startsWith('#')) continue;
        expect(line).toMatch(/^[a-z_]+(\{([a-z]+="([^"\\]|\\["\\n])*",?)+\})? -?[0-9.e+-]+( \d+)?$/);
        const [name = ''] = /^[^ {]+(\{.*\})?/.exec(line) ?? [];
        expect(seen.has(name)).toBe(false);
        seen.add(name);
      }
      expect(text).toContain('container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} ');
    });
    fc.assert(check, { numRuns: 100 });
  });
});

describe('/metrics/cadvisor', () => {
  it('kubelet-protocol §6: has what a summary tells, by its names', () => {
    const fs = { time, usedBytes: 5, capacityBytes: 10 };
    const network = {
      time,
      name: 'eth0',
      rxBytes: 1,
      txBytes: 2,
      interfaces: [{ name: 'eth0', rxBytes: 1, txBytes: 2, rxErrors: 0 }],
    };
    const containers = [{ name: 'main', startTime, cpu, memory, swap, rootfs: fs }];
    const text = renderExposition(cadvisorMetrics({ ...summary, pods: [{ podRef, containers, network }] }));
    const of = '{container="main",namespace="default",pod="web"}';
    const ofPod = '{interface="eth0",namespace="default",pod="web"}';
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      `container_cpu_usage_seconds_total${of} 12.5 1767225610250`,
      `container_memory_usage_bytes${of} 70000000 1767225610250`,
      `container_memory_working_set_bytes${of} 64000000 1767225610250`,
      `container_memory_rss${of} 60000000 1767225610250`,
      `container_memory_swap${of} 0 1767225610250`,
      `container_start_time_seconds${of} 1767225600.5`,
      `container_fs_usage_bytes${of} 5 1767225610250`,
      `container_fs_limit_bytes${of} 10 1767225610250`,
      `container_network_receive_bytes_total${ofPod} 1 1767225610250`,
      `container_network_receive_errors_total${ofPod} 0 1767225610250`,
      `container_network_transmit_bytes_total${ofPod} 2 1767225610250`,
      '',
    ]);
  });

  it('is empty for a node without pods', () => {
    expect(renderExposition(cadvisorMetrics({ ...summary, pods: [] }))).toBe('');
  });
});
