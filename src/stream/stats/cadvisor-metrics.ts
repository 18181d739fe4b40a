/**
 * Of `/metrics/cadvisor` what a stats summary tells, by cAdvisor's names, for the dashboards that read these. Pure.
 * kubelet-protocol §6. What it does not tell (throttling, per-device figures, images) is not there.
 */
import type { FsStats, MemoryStats, PodStats, StatsSummary } from '../../provider/stats.js';
import type { MetricType, Sample, SampleFamily } from './exposition.js';
import { timeOf } from './resource-metrics.js';

type Labels = Readonly<Record<string, string>>;

interface Measured {
  readonly labels: Labels;
  readonly stats: PodStats['containers'][number];
}

export function cadvisorMetrics({ pods }: StatsSummary): SampleFamily[] {
  const containers: Measured[] = pods.flatMap(({ podRef, containers: all }) =>
    all.map((stats) => ({
      labels: { container: stats.name, namespace: podRef.namespace, pod: podRef.name },
      stats,
    })),
  );
  const ofContainers = (
    name: string,
    help: string,
    type: MetricType,
    read: (stats: Measured['stats']) => [value: number | undefined, source: { readonly time: string } | undefined],
  ): SampleFamily => ({
    name,
    help,
    type,
    samples: containers.flatMap(({ labels, stats }) => sample(labels, ...read(stats))),
  });
  const ofMemory = (name: string, help: string, read: (memory: MemoryStats) => number | undefined): SampleFamily =>
    ofContainers(name, help, 'gauge', ({ memory }) => [memory && read(memory), memory]);
  const ofRootfs = (name: string, help: string, read: (fs: FsStats) => number | undefined): SampleFamily =>
    ofContainers(name, help, 'gauge', ({ rootfs }) => [rootfs && read(rootfs), rootfs]);
  return [
    ofContainers(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds',
      'counter',
      ({ cpu }) => [seconds(cpu?.usageCoreNanoSeconds), cpu],
    ),
    ofMemory('container_memory_usage_bytes', 'Current memory usage in bytes', ({ usageBytes }) => usageBytes),
    ofMemory('container_memory_working_set_bytes', 'Current working set in bytes', (memory) => memory.workingSetBytes),
    ofMemory('container_memory_rss', 'Size of RSS in bytes', ({ rssBytes }) => rssBytes),
    ofContainers('container_memory_swap', 'Container swap usage in bytes', 'gauge', ({ swap }) => [
      swap?.swapUsageBytes,
      swap,
    ]),
    ofContainers(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds',
      'gauge',
      (stats) => [startSeconds(stats.startTime), undefined],
    ),
    ofRootfs('container_fs_usage_bytes', 'Bytes that are consumed by the container', ({ usedBytes }) => usedBytes),
    ofRootfs('container_fs_limit_bytes', 'Bytes that can be consumed by the container', (fs) => fs.capacityBytes),
    ...networkFamilies(pods),
  ];
}

const networkMetrics = [
  ['container_network_receive_bytes_total', 'Cumulative count of bytes received', 'rxBytes'],
  ['container_network_receive_errors_total', 'Cumulative count of errors encountered while receiving', 'rxErrors'],
  ['container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', 'txBytes'],
  ['container_network_transmit_errors_total', 'Cumulative count of errors encountered while transmitting', 'txErrors'],
] as const;

/** A pod's containers share its network, which cAdvisor tells of without a container. */
function networkFamilies(pods: readonly PodStats[]): SampleFamily[] {
  return networkMetrics.map(([name, help, field]) => ({
    name,
    help,
    type: 'counter',
    samples: pods.flatMap(({ podRef, network }) => {
      const interfaces = network?.interfaces ?? (network ? [{ name: '', ...network }] : []);
      return interfaces.flatMap((each) =>
        sample({ interface: each.name, namespace: podRef.namespace, pod: podRef.name }, each[field], network),
      );
    }),
  }));
}

function sample(labels: Labels, value: number | undefined, source: { readonly time: string } | undefined): Sample[] {
  return value === undefined ? [] : [{ labels, value, ...timeOf(source) }];
}

function seconds(nanos: number | undefined): number | undefined {
  return nanos === undefined ? undefined : nanos / 1e9;
}

function startSeconds(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return ms > 0 ? ms / 1000 : undefined;
}
