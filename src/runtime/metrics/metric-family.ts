/** Metrics as plain values: what sources give and `/metrics` shows. In the shape of prom-client's own snapshots. */

export type MetricLabels = Readonly<Record<string, string | number>>;

export interface MetricValue {
  readonly value: number;
  readonly labels?: MetricLabels;
  /** Where it differs from the family's: `…_bucket`, `…_sum` and `…_count` of a histogram. */
  readonly metricName?: string;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly values: readonly MetricValue[];
}

/**
 * Asked at each scrape. Families of one name from several sources are put together. One that throws is logged, and the
 * others are shown.
 *
 * A registry of prom-client's is a source as well: `() => registry.getMetricsAsJSON()`, see {@link metricsOfRegistry}.
 */
export type MetricsSource = () => Iterable<MetricFamily> | Promise<Iterable<MetricFamily>>;

export type MetricsSources = readonly MetricsSource[];

export function gauge(name: string, help: string, values: readonly MetricValue[]): MetricFamily {
  return { name, help, type: 'gauge', values };
}

/** The metrics that a provider keeps by prom-client itself. */
export function metricsOfRegistry(registry: { getMetricsAsJSON(): Promise<unknown> }): MetricsSource {
  return async () => (await registry.getMetricsAsJSON()) as MetricFamily[];
}
