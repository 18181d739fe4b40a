import { describe, expect, it } from 'vitest';
import { parseStat } from '../../src/stats/process-table.js';
import { usageOf } from '../../src/stats/usage.js';

describe('a line of /proc/<pid>/stat', () => {
  it('is read whatever the name of the program holds', () => {
    const line = '4711 (a ) R (b) S 12 4711 4710 0 -1 4194304 98 0 0 0 3 4 5 6 20 0 1 0 1189383 3133440 405 1844';
    expect(parseStat(line, 4_096)).toEqual({ pid: 4711, parent: 12, session: 4710, cpuMs: 180, rssBytes: 405 * 4_096 });
  });
});

describe('what a container uses', () => {
  const entry = (pid: number, parent: number, session: number) => ({
    pid,
    parent,
    session,
    cpuMs: 20,
    rssBytes: 1_000,
  });
  const table = [
    entry(1, 0, 1),
    entry(10, 1, 10),
    entry(11, 10, 10),
    entry(12, 11, 12),
    entry(13, 1, 10),
    entry(20, 1, 20),
  ];

  it('is that of its session and of all that descend from it', () => {
    expect(usageOf(table, [10])).toEqual({ cpuNanoseconds: 80e6, rssBytes: 4_000 });
    expect(usageOf(table, [10, 20])).toEqual({ cpuNanoseconds: 100e6, rssBytes: 5_000 });
  });

  it('is undefined when nothing of it is left', () => {
    expect(usageOf(table, [99])).toBeUndefined();
  });

  it('is never no time at all: metrics-server takes no pod of that', () => {
    expect(usageOf([{ ...entry(5, 1, 5), cpuMs: 0 }], [5])?.cpuNanoseconds).toBe(10e6);
  });
});
