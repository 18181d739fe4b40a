/**
 * `/metrics/resource` from a stats summary: what metrics-server reads, and so `kubectl top` and the autoscalers. Pure.
 * kubelet-protocol §6.
 *
 * metrics-server drops a whole pod, without a word, if one of its containers has a CPU or memory of zero. So a container
 * whose figures are zero or missing is left out: its pod is shown with what the others use. The design page
 * `docs/designs/stats.md` says what else was considered.
 */
import type { ContainerStats, CpuStats, MemoryStats, PodStats, StatsSummary, SwapStats } from '../../provider/stats.js';
import type { MetricType, Sample, SampleFamily } from './exposition.js';

/** Of a summary, or of a provider that failed to give one: then nothing but the errors. */
export function resourceMetrics(summary: StatsSummary | undefined): SampleFamily[] {
  const error: Sample[] = [{ value: summary === undefined ? 1 : 0 }];
  const errorHelp = '1 if there was an error while getting container metrics, 0 otherwise';
  return [
    ...(summary === undefined ? [] : families(summary)),
    { name: 'resource_scrape_error', help: errorHelp, type: 'gauge', samples: error },
    {
      name: 'scrape_error',
      help: `${errorHelp}; deprecated: see resource_scrape_error`,
      type: 'gauge',
      samples: error,
    },
  ];
}

interface Owner {
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: CpuStats;
  readonly memory?: MemoryStats;
  readonly swap?: SwapStats;
}

function families({ node, pods }: StatsSummary): SampleFamily[] {
  const nodes = [owner({}, node)];
  const podOwners = pods.map((pod) => owner(podLabels(pod), pod));
  const containers = pods.flatMap((pod) =>
    pod.containers.filter(isComplete).map((stats) => ({
      ...owner({ container: stats.name, ...podLabels(pod) }, stats),
      startTime: stats.startTime,
    })),
  );
  const family = (name: string, help: string, type: MetricType, samples: readonly Sample[]): SampleFamily => {
    return { name, help, type, samples };
  };
  return [
    family(
      'container_cpu_usage_seconds_total',
      `${cpuHelp} container in core-seconds`,
      'counter',
      containers.flatMap(cpu),
    ),
    family(
      'container_memory_working_set_bytes',
      `${memoryHelp} container in bytes`,
      'gauge',
      containers.flatMap(memory),
    ),
    family(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds',
      'gauge',
      containers.flatMap(({ labels, startTime }) => {
        const ms = Date.parse(startTime ?? '');
        return ms > 0 ? [{ labels, value: ms / 1000 }] : [];
      }),
    ),
    family('container_swap_usage_bytes', `${swapHelp} container in bytes`, 'gauge', containers.flatMap(swap)),
    family('node_cpu_usage_seconds_total', `${cpuHelp} node in core-seconds`, 'counter', nodes.flatMap(cpu)),
    family('node_memory_working_set_bytes', `${memoryHelp} node in bytes`, 'gauge', nodes.flatMap(memory)),
    family('node_swap_usage_bytes', `${swapHelp} node in bytes`, 'gauge', nodes.flatMap(swap)),
    family('pod_cpu_usage_seconds_total', `${cpuHelp} pod in core-seconds`, 'counter', podOwners.flatMap(cpu)),
    family('pod_memory_working_set_bytes', `${memoryHelp} pod in bytes`, 'gauge', podOwners.flatMap(memory)),
    family('pod_swap_usage_bytes', `${swapHelp} pod in bytes`, 'gauge', podOwners.flatMap(swap)),
  ];
}

const cpuHelp = 'Cumulative cpu time consumed by the';
const memoryHelp = 'Current working set of the';
const swapHelp = 'Current swap usage of the';

function podLabels({ podRef }: PodStats): Readonly<Record<string, string>> {
  return { namespace: podRef.namespace, pod: podRef.name };
}

function owner(
  labels: Owner['labels'],
  { cpu: cpuStats, memory: memoryStats, swap: swapStats }: Partial<Owner>,
): Owner {
  return {
    labels,
    ...(cpuStats && { cpu: cpuStats }),
    ...(memoryStats && { memory: memoryStats }),
    ...(swapStats && { swap: swapStats }),
  };
}

/** Whether metrics-server would take it. */
function isComplete({ cpu: cpuStats, memory: memoryStats }: ContainerStats): boolean {
  // It counts whole nanoseconds and whole bytes.
  return (cpuStats?.usageCoreNanoSeconds ?? 0) >= 1 && (memoryStats?.workingSetBytes ?? 0) >= 1;
}

function cpu({ labels, cpu: stats }: Owner): Sample[] {
  const nanos = stats?.usageCoreNanoSeconds ?? 0;
  return nanos >= 1 ? [{ labels, value: nanos / 1e9, ...timeOf(stats) }] : [];
}

function memory({ labels, memory: stats }: Owner): Sample[] {
  const bytes = stats?.workingSetBytes ?? 0;
  return bytes >= 1 ? [{ labels, value: bytes, ...timeOf(stats) }] : [];
}

/** Zero is a figure here. */
function swap({ labels, swap: stats }: Owner): Sample[] {
  const bytes = stats?.swapUsageBytes;
  return bytes === undefined ? [] : [{ labels, value: bytes, ...timeOf(stats) }];
}

/** A time that cannot be read is left out: the scrape's own stands in. */
export function timeOf(stats: { readonly time: string } | undefined): { readonly timestampMs?: number } {
  const timestampMs = Date.parse(stats?.time ?? '');
  return timestampMs > 0 ? { timestampMs } : {};
}
