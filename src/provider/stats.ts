/**
 * What the kubelet answers at `/stats/summary`: `stats/v1alpha1` of `k8s.io/kubelet`, field by field and by its JSON
 * names. Times are RFC 3339; counters only grow while the thing they count lives, and are whole numbers.
 */

export interface StatsSummary {
  node: NodeStats;
  /** One for each pod that has something to tell of. */
  pods: PodStats[];
}

export interface NodeStats {
  nodeName: string;
  /** Daemons of the node, such as `kubelet` and `runtime`. */
  systemContainers?: ContainerStats[];
  startTime?: string;
  cpu?: CpuStats;
  memory?: MemoryStats;
  io?: IoStats;
  network?: NetworkStats;
  /** The file system that volumes and logs lie on. */
  fs?: FsStats;
  runtime?: RuntimeStats;
  rlimit?: RlimitStats;
  swap?: SwapStats;
}

export interface PodStats {
  podRef: PodReference;
  startTime?: string;
  /** Those that run. One that has ended and is still told of keeps metrics-server from showing its pod. */
  containers: ContainerStats[];
  /** Of all containers together, and what belongs to none of them. */
  cpu?: CpuStats;
  memory?: MemoryStats;
  io?: IoStats;
  network?: NetworkStats;
  volume?: VolumeStats[];
  'ephemeral-storage'?: FsStats;
  process_stats?: ProcessStats;
  swap?: SwapStats;
}

export interface PodReference {
  name: string;
  namespace: string;
  uid: string;
}

export interface ContainerStats {
  name: string;
  /** When this instance of the container started: its counters begin there. */
  startTime?: string;
  cpu?: CpuStats;
  memory?: MemoryStats;
  io?: IoStats;
  accelerators?: AcceleratorStats[];
  rootfs?: FsStats;
  logs?: FsStats;
  userDefinedMetrics?: UserDefinedMetric[];
  swap?: SwapStats;
}

export interface CpuStats {
  time: string;
  /** Cores in use, in billionths: an average over a short while, of the provider's choice. */
  usageNanoCores?: number;
  /** Time spent on cores since the start, in nanoseconds. metrics-server computes usage from this one. */
  usageCoreNanoSeconds?: number;
  psi?: PsiStats;
}

export interface MemoryStats {
  time: string;
  availableBytes?: number;
  usageBytes?: number;
  /** What cannot be reclaimed under pressure: usage without inactive file pages. `kubectl top` shows it. */
  workingSetBytes?: number;
  rssBytes?: number;
  pageFaults?: number;
  majorPageFaults?: number;
  psi?: PsiStats;
}

export interface SwapStats {
  time: string;
  swapAvailableBytes?: number;
  swapUsageBytes?: number;
}

export interface IoStats {
  time: string;
  psi?: PsiStats;
}

/** Pressure stall information, as the Linux kernel tells of it. */
export interface PsiStats {
  full: PsiData;
  some: PsiData;
}

export interface PsiData {
  /** Nanoseconds stalled in all. */
  total: number;
  /** Percent of the last 10, 60 and 300 seconds. */
  avg10: number;
  avg60: number;
  avg300: number;
}

export interface InterfaceStats {
  name: string;
  rxBytes?: number;
  rxErrors?: number;
  txBytes?: number;
  txErrors?: number;
}

/** Of the default interface, beside the list of all. */
export interface NetworkStats extends Partial<InterfaceStats> {
  time: string;
  interfaces?: InterfaceStats[];
}

export interface FsStats {
  time: string;
  availableBytes?: number;
  capacityBytes?: number;
  usedBytes?: number;
  inodesFree?: number;
  inodes?: number;
  inodesUsed?: number;
}

export interface VolumeStats extends FsStats {
  name: string;
  pvcRef?: { name: string; namespace: string };
  volumeHealthStats?: { abnormal: boolean };
}

export interface RuntimeStats {
  imageFs?: FsStats;
  containerFs?: FsStats;
}

export interface RlimitStats {
  time: string;
  /** Process ids that there may be, and that there are. */
  maxpid?: number;
  curproc?: number;
}

export interface ProcessStats {
  process_count?: number;
}

export interface AcceleratorStats {
  make: string;
  model: string;
  id: string;
  memoryTotal: number;
  memoryUsed: number;
  dutyCycle: number;
}

export interface UserDefinedMetric {
  time: string;
  name: string;
  type: 'gauge' | 'cumulative' | 'delta';
  units: string;
  labels?: Record<string, string>;
  value: number;
}
