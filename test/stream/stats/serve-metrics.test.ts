import { Counter, register, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../src/kube/api.js';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { VkError } from '../../../src/runtime/errors.js';
import { ApiMetrics } from '../../../src/stream/stats/api-metrics.js';
import { gauge, metricsOfRegistry, type MetricsSource } from '../../../src/runtime/metrics/metric-family.js';
import { nodeMetrics } from '../../../src/stream/stats/node-metrics.js';
import { processMetrics } from '../../../src/stream/stats/process-metrics.js';
import { ProviderMetrics } from '../../../src/stream/stats/provider-metrics.js';
import { QueueMetrics } from '../../../src/stream/stats/queue-metrics.js';
import { serveMetrics } from '../../../src/stream/stats/serve-metrics.js';
import { ServerMetrics } from '../../../src/stream/stats/server-metrics.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';
import { useCallServer } from './call-server.js';

const answerOf = useCallServer();

/** The samples of a scrape, without help, type and what is zero. */
async function samples(...sources: MetricsSource[]): Promise<string[]> {
  const { body, type } = await answerOf((call) => serveMetrics(call, sources));
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'));
}

describe('/metrics', () => {
  it('shows the families of all sources, those of one name together and each series once', async () => {
    const one = gauge('b_metric', 'Help', [{ labels: { queue: 'x"y\\z\n' }, value: 1 }]);
    const other = gauge('b_metric', 'Help', [
      { labels: { queue: 'other' }, value: 2 },
      { labels: { queue: 'other' }, value: 3 },
    ]);
    const { body } = await answerOf((call) =>
      serveMetrics(call, [
        () => [one],
        async () => [other, gauge('a_metric', 'First', [{ value: 1.5 }]), gauge('empty', '', [])],
      ]),
    );
    expect(body).toBe(
      '# HELP a_metric First\n# TYPE a_metric gauge\na_metric 1.5\n\n' +
        '# HELP b_metric Help\n# TYPE b_metric gauge\nb_metric{queue="x\\"y\\\\z\\n"} 1\nb_metric{queue="other"} 2\n',
    );
  });

  it('shows the others when a source fails, and logs that', async () => {
    const { body, logged } = await answerOf((call) =>
      serveMetrics(call, [() => [gauge('fine', 'Help', [{ value: 1 }])], () => Promise.reject(new Error('boom'))]),
    );
    expect(body).toContain('fine 1');
    expect(logged).toEqual(['source of metrics failed']);
  });

  it('shows what a provider keeps by prom-client, and shares no registry with anybody', async () => {
    const registry = new Registry();
    new Counter({ name: 'ships_total', help: 'Ships', registers: [registry] }).inc(3);
    expect(await samples(metricsOfRegistry(registry))).toEqual(['ships_total 3']);
    expect(await samples(processMetrics)).toHaveLength(3);
    expect(register.getMetricsAsArray()).toEqual([]);
  });
});

describe('the metrics of', () => {
  it('the server: requests, sessions and decisions, with no label that a client can make up', async () => {
    const metrics = new ServerMetrics();
    metrics.answered('exec', 'POST', 101);
    metrics.answered('containerLogs', 'GET', 200, 20);
    metrics.answered('metrics', 'BREW', 405, 3_000);
    const session = metrics.sessionBegan('exec');
    metrics.sessionBegan('exec').ended();
    metrics.decided('authorization', 'denied');
    const shown = await samples(metrics.families);
    expect(shown.filter((line) => !line.includes('_bucket'))).toEqual([
      'vk_auth_decisions_total{stage="authorization",decision="denied"} 1',
      'vk_server_request_duration_seconds_sum{route="containerLogs"} 0.02',
      'vk_server_request_duration_seconds_count{route="containerLogs"} 1',
      'vk_server_request_duration_seconds_sum{route="metrics"} 3',
      'vk_server_request_duration_seconds_count{route="metrics"} 1',
      'vk_server_requests_total{route="exec",method="POST",code="101"} 1',
      'vk_server_requests_total{route="containerLogs",method="GET",code="200"} 1',
      'vk_server_requests_total{route="metrics",method="other",code="405"} 1',
      'vk_stream_sessions{route="exec"} 1',
      'vk_stream_sessions_total{route="exec"} 2',
    ]);
    expect(shown.filter((line) => line.includes('route="metrics"') && line.includes('_bucket'))).toEqual(
      ['5', '10', '+Inf'].map((le) => `vk_server_request_duration_seconds_bucket{route="metrics",le="${le}"} 1`),
    );
    session.ended();
    session.ended();
    expect((await samples(metrics.families)).filter((line) => line.startsWith('vk_stream_sessions{'))).toEqual([]);
  });

  it('a queue: by the names of client-go', async () => {
    const metrics = new QueueMetrics('calls');
    metrics.added('a', 1);
    metrics.added('b', 2);
    metrics.started('a', 5);
    metrics.finished('a', 2_000, true);
    metrics.retried('a', 1, 500);
    const shown = await samples(metrics.families, new QueueMetrics('writes').families);
    expect(shown.filter((line) => !line.includes('_bucket'))).toEqual([
      'vk_workqueue_failures_total{name="calls"} 1',
      'workqueue_adds_total{name="calls"} 2',
      'workqueue_depth{name="calls"} 1',
      'workqueue_queue_duration_seconds_sum{name="calls"} 0.005',
      'workqueue_queue_duration_seconds_count{name="calls"} 1',
      'workqueue_retries_total{name="calls"} 1',
      'workqueue_work_duration_seconds_sum{name="calls"} 2',
      'workqueue_work_duration_seconds_count{name="calls"} 1',
    ]);
  });

  it('a provider: its calls by method and outcome, of a provider that is what it was', async () => {
    const clock = new ManualClock({ turns: 0 });
    const metrics = new ProviderMetrics({ clock });
    let create = (): void => {};
    const created = new Promise<void>((resolve) => (create = resolve));
    class Backend {
      readonly #pods: Pod[] = [];
      async getPods(): Promise<Pod[]> {
        return this.#pods;
      }
      async createPod(): Promise<void> {
        await created;
        throw new VkError('TooManyRequests', 'quota reached');
      }
      notifyPods(): string {
        return 'no promise';
      }
    }
    const provider = metrics.measure<Backend & { deletePod?: unknown }>(new Backend());
    expect(provider).toBeInstanceOf(Backend);
    expect(provider.deletePod).toBeUndefined();
    expect(provider.getPods).toBe(provider.getPods);
    expect(await provider.getPods()).toEqual([]);
    expect(provider.notifyPods()).toBe('no promise');
    const failing = provider.createPod();
    expect(await samples(metrics.families)).toContain('vk_provider_calls_running{method="createPod"} 1');
    create();
    await expect(failing).rejects.toThrow('quota reached');
    expect((await samples(metrics.families)).filter((line) => line.startsWith('vk_provider_calls'))).toEqual([
      'vk_provider_calls_total{method="getPods",outcome="ok"} 1',
      'vk_provider_calls_total{method="createPod",outcome="TooManyRequests"} 1',
    ]);
  });

  it('the API: lists, watches and writes by resource and outcome', async () => {
    await using server = new FakeApiServer();
    await server.start();
    const metrics = new ApiMetrics();
    const api: KubeApi = metrics.measure(server.client);
    await api.list(pods);
    await expect(api.get(pods, { namespace: 'default', name: 'nope' })).rejects.toThrow('not found');
    const watch = { method: 'GET', path: '/api/v1/pods', query: { watch: true } } as const;
    (await api.stream(watch)).body.destroy();
    expect(await samples(metrics.families)).toEqual([
      'vk_api_requests_total{verb="list",resource="pods",outcome="ok"} 1',
      'vk_api_requests_total{verb="get",resource="pods",outcome="NotFound"} 1',
      'vk_api_requests_total{verb="watch",resource="pods",outcome="ok"} 1',
    ]);
  });

  it('a node: pods by phase, containers by state, lease and queues', async () => {
    const clock = new ManualClock();
    const pod = (phase: string | undefined, ...states: object[]): Pod => ({
      metadata: {},
      spec: { containers: [] },
      status: {
        ...(phase ? { phase } : {}),
        containerStatuses: states.map((state) => ({
          name: 'c',
          image: '',
          imageID: '',
          ready: true,
          restartCount: 0,
          state,
        })),
      },
    });
    const all = [
      pod('Running', { running: {} }, { terminated: { exitCode: 0 } }),
      pod('Running', { waiting: {} }),
      pod('Odd'),
      pod(undefined),
    ];
    const figures = () => ({
      ready: true,
      lease: { state: 'held', renewedAt: clock.now() - 2_500 },
      waiting: { calls: 3, writes: 0 },
      caches: { pods: 'watching' },
    });
    expect(await samples(nodeMetrics('edge-1', () => all, figures, clock))).toEqual([
      'kubelet_node_name{node="edge-1"} 1',
      'kubelet_running_containers{container_state="waiting"} 1',
      'kubelet_running_containers{container_state="running"} 1',
      'kubelet_running_containers{container_state="exited"} 1',
      'kubelet_running_pods 1',
      'vk_cache_state{resource="pods",state="watching"} 1',
      'vk_lease_age_seconds 2.5',
      'vk_lease_state{state="held"} 1',
      'vk_node_ready 1',
      'vk_pods{phase="Pending"} 1',
      'vk_pods{phase="Running"} 2',
      'vk_pods{phase="Unknown"} 1',
      'vk_queue_waiting{queue="calls"} 3',
    ]);
    expect(
      await samples(
        nodeMetrics(
          'edge-1',
          () => [],
          () => ({}),
          clock,
        ),
      ),
    ).toEqual(['kubelet_node_name{node="edge-1"} 1']);
  });
});
