/**
 * What counts while nobody looks. prom-client is loaded when somebody does; until then a count costs a map entry.
 *
 * Invariant: there are as many series as there are combinations of labels, so labels come from closed sets: routes, codes,
 * methods; never names that clients or users choose.
 */
import type { MetricFamily, MetricLabels, MetricValue } from './metric-family.js';

interface Entry<Value> {
  readonly labels: MetricLabels;
  value: Value;
}

class Series<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #fresh: () => Value;

  constructor(fresh: () => Value) {
    this.#fresh = fresh;
  }

  at(labels: MetricLabels): Entry<Value> {
    const key = Object.values(labels).join('\0');
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = { labels, value: this.#fresh() }));
    return entry;
  }

  all(): readonly Entry<Value>[] {
    return [...this.#entries.values()];
  }
}

/** Only grows; or, as a gauge, goes both ways. Labels are given in the same order each time. */
export class Count {
  readonly #family: Omit<MetricFamily, 'values'>;
  readonly #series = new Series(() => 0);

  constructor(name: string, help: string, type: 'counter' | 'gauge' = 'counter') {
    this.#family = { name, help, type };
  }

  add(amount: number, labels: MetricLabels = {}): void {
    this.#series.at(labels).value += amount;
  }

  set(value: number, labels: MetricLabels = {}): void {
    this.#series.at(labels).value = value;
  }

  family(): MetricFamily {
    return { ...this.#family, values: this.#series.all().map(({ labels, value }) => ({ labels, value })) };
  }
}

interface Observations {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** Prometheus' default: from 5 ms to 10 s. In seconds. */
const defaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How often values were at most so large. */
export class Distribution {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #series: Series<Observations>;

  constructor(name: string, help: string, bounds: readonly number[] = defaultBounds) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#series = new Series(() => ({ buckets: bounds.map(() => 0), sum: 0, count: 0 }));
  }

  observe(value: number, labels: MetricLabels = {}): void {
    const { value: observations } = this.#series.at(labels);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) observations.buckets[bucket] = (observations.buckets[bucket] ?? 0) + 1;
    observations.sum += value;
    observations.count += 1;
  }

  family(): MetricFamily {
    const values = this.#series.all().flatMap(({ labels, value }) => this.#values(labels, value));
    return { name: this.#name, help: this.#help, type: 'histogram', values };
  }

  #values(labels: MetricLabels, { buckets, sum, count }: Observations): MetricValue[] {
    let below = 0;
    const cumulative = this.#bounds.map((le, index): MetricValue => {
      below += buckets[index] ?? 0;
      return { metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: below };
    });
    return [
      ...cumulative,
      { metricName: `${this.#name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: count },
    ];
  }
}
