/** Which processes are a container's, and what they use together. Pure. */
import type { ProcessEntry } from './process-table.js';

export interface Usage {
  readonly cpuNanoseconds: number;
  /** Resident memory. What processes share, such as a program's text, counts for each of them. */
  readonly rssBytes: number;
}

/** The first tick of a process is not counted by the system, and metrics-server takes no pod without time on cores. */
const leastCpuMs = 10;

/** The processes in the sessions of `roots`, and all that descend from them. Undefined if none is left. */
export function usageOf(table: readonly ProcessEntry[], roots: readonly number[]): Usage | undefined {
  const members = new Set(roots);
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const { pid, parent, session } of table) if (members.has(session) || members.has(parent)) members.add(pid);
  }
  const entries = table.filter(({ pid }) => members.has(pid));
  if (entries.length === 0) return undefined;
  const sum = (value: (entry: ProcessEntry) => number): number =>
    entries.reduce((total, each) => total + value(each), 0);
  return {
    cpuNanoseconds:
      Math.max(
        sum(({ cpuMs }) => cpuMs),
        leastCpuMs,
      ) * 1e6,
    rssBytes: sum(({ rssBytes }) => rssBytes),
  };
}
