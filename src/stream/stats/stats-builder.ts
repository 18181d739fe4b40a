/**
 * A stats summary of plain figures. Providers know how much a container has used by now, or how much it uses just now;
 * the kubelet's schema wants both, with times, for containers, pods and the node. Neighbour: `cpu-counter.ts`.
 *
 * Invariants:
 * 1. A cumulative figure never falls while what it counts lives. Those of a pod and the node, if they are sums, count on
 *    when a container starts anew or a pod goes.
 * 2. What is remembered of containers and pods that are no longer told of is forgotten.
 */
import type {
  ContainerStats,
  CpuStats,
  MemoryStats,
  PodReference,
  PodStats,
  StatsSummary,
} from '../../provider/stats.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { countCpu, countNanos, whole, type CpuCounter } from './cpu-counter.js';

/** What a container, a pod or the node uses. Give `cpuSeconds` if you know it, else `cpuCores`, which is added up. */
export interface ResourceUsage {
  /** Time spent on cores since the start. */
  readonly cpuSeconds?: number;
  /** Cores in use just now, such as 0.25. */
  readonly cpuCores?: number;
  /** Memory in use that cannot be reclaimed. */
  readonly memoryBytes?: number;
}

export interface ContainerUsage extends ResourceUsage {
  readonly name: string;
  /** When this instance started, in ms since the epoch: one that started anew begins with new counters. */
  readonly startedAtMs?: number;
}

export interface PodUsage extends ResourceUsage {
  readonly ref: PodReference;
  readonly startedAtMs?: number;
  /** Those that run. */
  readonly containers: readonly ContainerUsage[];
}

export interface StatsBuilderOptions {
  readonly clock?: Clock;
}

/** Figures of one thing, and by how much its CPU has grown since the last build. */
interface Measured {
  readonly cpu?: CpuStats;
  readonly memory?: MemoryStats;
  readonly grownNanos: number;
}

/**
 * ```ts
 * const stats = new StatsBuilder('edge-1');
 * const summary = stats.build([
 *   { ref: { namespace: 'default', name: 'web', uid: 'u1' }, containers: [{ name: 'main', cpuCores: 0.25, memoryBytes: 64e6 }] },
 * ]);
 * ```
 *
 * Keep one for the life of the node: `usageNanoCores` is computed from two builds, and figures in cores are added up to
 * the cumulative ones that metrics-server reads. What is not given of a pod or the node is the sum of its parts.
 */
export class StatsBuilder {
  readonly #nodeName: string;
  readonly #clock: Clock;
  #counters = new Map<string, CpuCounter>();
  #node: CpuCounter | undefined;

  constructor(nodeName: string, options: StatsBuilderOptions = {}) {
    this.#nodeName = nodeName;
    this.#clock = options.clock ?? systemClock;
  }

  /** `node` is what the machine uses in all, if that is known. */
  build(pods: readonly PodUsage[], node: ResourceUsage = {}): StatsSummary {
    const nowMs = this.#clock.now();
    const round = new Round(nowMs, this.#counters);
    const measured = pods.map((pod) => podStats(pod, round));
    const { counter, ...stats } = round.whole(node, measured, this.#node);
    this.#counters = round.counters;
    this.#node = counter;
    return {
      node: { nodeName: this.#nodeName, ...figuresOf(stats) },
      pods: measured.map(({ stats: each }) => each),
    };
  }
}

/** One build: counters as they were, and as they become. */
class Round {
  readonly counters = new Map<string, CpuCounter>();
  readonly #nowMs: number;
  readonly #time: string;
  readonly #before: ReadonlyMap<string, CpuCounter>;

  constructor(nowMs: number, before: ReadonlyMap<string, CpuCounter>) {
    this.#nowMs = nowMs;
    this.#time = timeText(nowMs);
    this.#before = before;
  }

  part(key: string, usage: ResourceUsage & { readonly startedAtMs?: number }): Measured {
    const last = this.#before.get(key);
    const counter = countCpu(usage, this.#nowMs, last);
    if (counter !== undefined) this.counters.set(key, counter);
    return { ...this.#cpu(counter, last), ...this.#memory(usage.memoryBytes) };
  }

  /** Of something that is made of parts: its own figures where they are given, else their sums. */
  whole(
    usage: ResourceUsage,
    parts: readonly Measured[],
    last: CpuCounter | undefined,
  ): Measured & { readonly counter: CpuCounter | undefined } {
    const grown = total(parts.map(({ grownNanos }) => grownNanos));
    const summed = parts.some(({ cpu }) => cpu !== undefined) || last !== undefined;
    const counter =
      countCpu(usage, this.#nowMs, last) ??
      (summed ? countNanos((last?.nanos ?? 0) + grown, undefined, this.#nowMs, last) : undefined);
    const memories = parts.flatMap(({ memory }) => memory?.workingSetBytes ?? []);
    const memoryBytes = usage.memoryBytes ?? (memories.length > 0 ? total(memories) : undefined);
    return { ...this.#cpu(counter, last), ...this.#memory(memoryBytes), counter };
  }

  /** The same of something that may go. */
  wholeOf(key: string, usage: ResourceUsage, parts: readonly Measured[]): Measured {
    const { counter, ...measured } = this.whole(usage, parts, this.#before.get(key));
    if (counter !== undefined) this.counters.set(key, counter);
    return measured;
  }

  #cpu(counter: CpuCounter | undefined, last: CpuCounter | undefined): Measured {
    if (counter === undefined) return { grownNanos: 0 };
    const { nanos, nanoCores, startedAtMs } = counter;
    const grownNanos = last?.startedAtMs === startedAtMs ? nanos - (last?.nanos ?? 0) : nanos;
    const rate = nanoCores === undefined ? {} : { usageNanoCores: nanoCores };
    return { cpu: { time: this.#time, ...rate, usageCoreNanoSeconds: nanos }, grownNanos };
  }

  #memory(bytes: number | undefined): { readonly memory?: MemoryStats } {
    if (bytes === undefined) return {};
    return { memory: { time: this.#time, usageBytes: whole(bytes), workingSetBytes: whole(bytes) } };
  }
}

function podStats({ ref, startedAtMs, containers, ...usage }: PodUsage, round: Round): Measured & { stats: PodStats } {
  const measured = containers.map((container) => {
    const figures = round.part(`${ref.uid}/${container.name}`, container);
    const stats: ContainerStats = { name: container.name, ...startOf(container), ...figuresOf(figures) };
    return { ...figures, stats };
  });
  const figures = round.wholeOf(ref.uid, usage, measured);
  const { name, namespace, uid } = ref;
  return {
    ...figures,
    stats: {
      podRef: { name, namespace, uid },
      ...(startedAtMs === undefined ? {} : startOf({ startedAtMs })),
      containers: measured.map(({ stats }) => stats),
      ...figuresOf(figures),
    },
  };
}

function figuresOf({ cpu, memory }: Measured): { cpu?: CpuStats; memory?: MemoryStats } {
  return { ...(cpu && { cpu }), ...(memory && { memory }) };
}

function startOf({ startedAtMs }: { readonly startedAtMs?: number }): { startTime?: string } {
  return startedAtMs === undefined ? {} : { startTime: timeText(startedAtMs) };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const timeText = (ms: number): string => new Date(ms).toISOString();
