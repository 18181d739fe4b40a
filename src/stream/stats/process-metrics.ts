/** The process by the names that every Prometheus client has for it. */
import { gauge, type MetricFamily } from '../../runtime/metrics/metric-family.js';

/** A source of metrics. `startedAtMs`: when the process began; left out if that is not known. */
export function processMetrics(startedAtMs?: number): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Total user and system CPU time spent in seconds.',
      type: 'counter',
      values: [{ value: (user + system) / 1e6 }],
    },
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', [{ value: rss }]),
    gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.', [{ value: heapUsed }]),
    gauge(
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      startedAtMs === undefined ? [] : [{ value: startedAtMs / 1000 }],
    ),
  ];
}
