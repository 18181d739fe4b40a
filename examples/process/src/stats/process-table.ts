/** What /proc says of all processes, read in one go. Only Linux has it. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Time on cores, its own and that of children it has waited for. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** `USER_HZ`, the unit of times in /proc: 100 on every architecture that Node runs on. proc_pid_stat(5). */
const tickMs = 10;

export function readProcessTable(pageBytes: number): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), pageBytes);
      } catch {
        // Gone meanwhile.
        return [];
      }
    });
}

/** One line of `/proc/<pid>/stat`. The name, in parentheses, may hold anything. */
export function parseStat(line: string, pageBytes: number): ProcessEntry {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    session: field(6),
    cpuMs: (field(14) + field(15) + field(16) + field(17)) * tickMs,
    rssBytes: field(24) * pageBytes,
  };
}
