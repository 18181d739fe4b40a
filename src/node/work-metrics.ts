/** What `/metrics` shows of a node's work: its provider's calls, its requests to the apiserver, its queues. */
import type { PodQueueMetrics } from '../controller/pods/pod-controller-options.js';
import type { KubeApi } from '../kube/api.js';
import type { Provider } from '../provider/provider.js';
import type { Clock } from '../runtime/clock.js';
import { ApiMetrics } from '../stream/stats/api-metrics.js';
import type { MetricsSources } from '../runtime/metrics/metric-family.js';
import { ProviderMetrics } from '../stream/stats/provider-metrics.js';
import { QueueMetrics } from '../stream/stats/queue-metrics.js';

export class WorkMetrics {
  readonly sources: MetricsSources;
  readonly queues: PodQueueMetrics;
  /** The same provider, with its calls counted. */
  readonly provider: Provider;
  /** The same client, with its requests counted. */
  readonly client: KubeApi;

  constructor(provider: Provider, client: KubeApi, clock: Clock) {
    const [calls, writes] = [new QueueMetrics('provider calls'), new QueueMetrics('pod writes')];
    const [ofProvider, ofApi] = [new ProviderMetrics({ clock }), new ApiMetrics()];
    this.queues = { calls, writes };
    this.provider = ofProvider.measure(provider);
    this.client = ofApi.measure(client);
    this.sources = [ofProvider.families, ofApi.families, calls.families, writes.families];
  }
}
