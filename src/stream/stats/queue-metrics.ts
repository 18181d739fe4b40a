/**
 * A work queue's metrics by the names of client-go, which dashboards for controllers know. Fits `WorkQueueOptions.metrics`.
 */
import { Count, Distribution } from '../../runtime/metrics/instruments.js';
import type { MetricFamily } from '../../runtime/metrics/metric-family.js';

/** From 10 µs to 1,000 s, as client-go's. */
const bounds = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

export class QueueMetrics {
  readonly #name: string;
  readonly #depth = new Count('workqueue_depth', 'Current depth of workqueue', 'gauge');
  readonly #adds = new Count('workqueue_adds_total', 'Total number of adds handled by workqueue');
  readonly #retries = new Count('workqueue_retries_total', 'Total number of retries handled by workqueue');
  readonly #failures = new Count('vk_workqueue_failures_total', 'Runs of a handler that failed');
  readonly #latency = new Distribution(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested',
    bounds,
  );
  readonly #work = new Distribution(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes',
    bounds,
  );
  #waiting = 0;

  /** `name` is the label that tells queues apart. */
  constructor(name: string) {
    this.#name = name;
    this.#depth.set(0, { name });
  }

  added(_key: string, depth: number): void {
    this.#waiting = depth;
    this.#adds.add(1, { name: this.#name });
    this.#depth.set(depth, { name: this.#name });
  }

  started(_key: string, latencyMs: number): void {
    this.#waiting = Math.max(0, this.#waiting - 1);
    this.#depth.set(this.#waiting, { name: this.#name });
    this.#latency.observe(latencyMs / 1000, { name: this.#name });
  }

  finished(_key: string, durationMs: number, failed: boolean): void {
    this.#work.observe(durationMs / 1000, { name: this.#name });
    if (failed) this.#failures.add(1, { name: this.#name });
  }

  retried(_key: string, _attempts: number, _delayMs: number): void {
    this.#retries.add(1, { name: this.#name });
  }

  /** A source of metrics. */
  readonly families = (): MetricFamily[] =>
    [this.#depth, this.#adds, this.#retries, this.#failures, this.#latency, this.#work].map((each) => each.family());
}
