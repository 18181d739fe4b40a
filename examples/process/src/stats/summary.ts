/** The kubelet's stats summary from /proc: of the machine, and of the processes of each pod. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { podRef, timestamp, VkError, type StatsSummary } from 'vk-sdk';
import type { PodLife } from '../pods/pod-life.js';
import { readProcessTable } from './process-table.js';
import { usageOf, type Usage } from './usage.js';

type PodStats = StatsSummary['pods'][number];

export class StatsCollector {
  readonly #nodeName: string;
  readonly #now: () => number;
  #pageBytes: number | undefined;
  /** CPU time by run. A process that nobody waited for takes its time along; a counter must not fall. */
  #counters = new Map<string, number>();

  constructor(nodeName: string, now: () => number) {
    this.#nodeName = nodeName;
    this.#now = now;
  }

  /** `more`: processes that belong to a container without descending from it, by the mark of its run. */
  collect(pods: Iterable<PodLife>, more: ReadonlyMap<string, ReadonlySet<number>>): StatsSummary {
    if (process.platform !== 'linux') {
      throw new VkError('NotImplemented', `node ${this.#nodeName}: figures come from /proc, which only Linux has`);
    }
    this.#pageBytes ??= Number(execFileSync('getconf', ['PAGESIZE']).toString());
    const table = readProcessTable(this.#pageBytes);
    const time = new Date(this.#now()).toISOString();
    const counters = new Map<string, number>();
    const summary = {
      node: { nodeName: this.#nodeName, ...nodeStats(time, this.#now()) },
      pods: [...pods].map((life): PodStats => {
        const containers = [...life.containers].flatMap(({ name, run }) => {
          if (run?.state.type !== 'running' || run.pid === undefined) return [];
          const { mark } = run.order;
          const usage = usageOf(table, [run.pid, ...(more.get(mark) ?? [])]);
          if (!usage) return [];
          const cpuNanoseconds = Math.max(usage.cpuNanoseconds, this.#counters.get(mark) ?? 0);
          counters.set(mark, cpuNanoseconds);
          const startTime = timestamp(run.state.startedAt);
          return { name, startTime, ...figures(time, { ...usage, cpuNanoseconds }) };
        });
        const total = containers.reduce<Usage>(
          (sum, { cpu, memory }) => ({
            cpuNanoseconds: sum.cpuNanoseconds + cpu.usageCoreNanoSeconds,
            rssBytes: sum.rssBytes + memory.rssBytes,
          }),
          { cpuNanoseconds: 0, rssBytes: 0 },
        );
        const { startTime } = life.status;
        return {
          podRef: podRef(life.pod),
          ...(startTime !== undefined && { startTime }),
          containers,
          ...(containers.length > 0 && figures(time, total)),
        };
      }),
    };
    this.#counters = counters;
    return summary;
  }
}

function figures(time: string, { cpuNanoseconds, rssBytes }: Usage) {
  return {
    cpu: { time, usageCoreNanoSeconds: cpuNanoseconds },
    memory: { time, usageBytes: rssBytes, workingSetBytes: rssBytes, rssBytes },
  };
}

/** proc_stat(5), proc_meminfo(5). */
function nodeStats(time: string, now: number) {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks.map(Number);
  const meminfo = readFileSync('/proc/meminfo', 'utf8');
  const bytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const availableBytes = bytes('MemAvailable');
  const usedBytes = bytes('MemTotal') - availableBytes;
  return {
    startTime: timestamp(now - uptime() * 1_000),
    cpu: { time, usageCoreNanoSeconds: (user + nice + system + irq + softirq) * 1e7 },
    memory: { time, availableBytes, usageBytes: usedBytes, workingSetBytes: usedBytes },
  };
}
