/**
 * `GET /metrics`: the SDK's own metrics, and those that its user adds. The names are in `docs/designs/stats.md`.
 *
 * prom-client writes them. It is loaded by the first scrape, since most processes that import the SDK are never scraped;
 * and each scrape has a registry of its own, so that nothing is shared with whatever else the process measures.
 */
import type { Metric } from 'prom-client';
import type { Logger } from '../../runtime/logger.js';
import type { PlainCall } from '../call.js';
import type { MetricFamily, MetricsSources, MetricValue } from '../../runtime/metrics/metric-family.js';
import { answer } from './serve-stats.js';

export async function serveMetrics(call: PlainCall, sources: MetricsSources): Promise<void> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const family of await collect(sources, call.logger)) registry.registerMetric(metricOf(family));
  answer(call, registry.contentType, await registry.metrics());
}

/** All families, those of one name together, by name. */
async function collect(sources: MetricsSources, logger: Logger): Promise<MetricFamily[]> {
  const byName = new Map<string, MetricFamily>();
  const take = ({ values, ...family }: MetricFamily): void => {
    const before = byName.get(family.name);
    byName.set(family.name, { ...(before ?? family), values: [...(before?.values ?? []), ...values] });
  };
  const answers = await Promise.allSettled(sources.map(async (source) => source()));
  for (const result of answers) {
    try {
      if (result.status === 'rejected') throw result.reason;
      for (const family of result.value) take(family);
    } catch (err) {
      logger.warn({ err }, 'source of metrics failed');
    }
  }
  return [...byName.values()]
    .filter(({ values }) => values.length > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What a registry asks of a metric: a name, and its values when it is time. */
function metricOf({ name, help, type, values }: MetricFamily): Metric {
  const snapshot = { name, help, type, values: once(values), aggregator: 'sum' };
  return { name, get: async () => snapshot } as unknown as Metric;
}

/** The first of those with the same name and labels: a scraper refuses an answer with two. */
function once(values: readonly MetricValue[]): MetricValue[] {
  const seen = new Set<string>();
  return values.filter(({ metricName = '', labels = {} }) => {
    const key = JSON.stringify([metricName, ...Object.entries(labels).sort()]);
    return !seen.has(key) && seen.add(key);
  });
}
