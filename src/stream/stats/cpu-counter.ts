/**
 * A cumulative CPU figure and the rate that goes with it, from whichever of the two is known. Pure. Invariant: the
 * cumulative figure never falls while what it counts lives; metrics-server takes a fall for a failure.
 */

export interface CpuCounter {
  /** Another start is another instance, with a counter of its own. */
  readonly startedAtMs: number | undefined;
  readonly atMs: number;
  readonly nanos: number;
  /** Cores in use, in billionths. Undefined before it can be known. */
  readonly nanoCores: number | undefined;
}

export interface CpuFigures {
  readonly cpuSeconds?: number;
  readonly cpuCores?: number;
  readonly startedAtMs?: number | undefined;
}

/** The next state of a counter, or undefined if nothing is known of CPU. */
export function countCpu(figures: CpuFigures, nowMs: number, last: CpuCounter | undefined): CpuCounter | undefined {
  const { cpuSeconds, cpuCores, startedAtMs } = figures;
  const before = last?.startedAtMs === startedAtMs ? last : undefined;
  if (cpuSeconds !== undefined) {
    const counter = countNanos(whole(cpuSeconds * 1e9), startedAtMs, nowMs, before);
    return cpuCores === undefined ? counter : { ...counter, nanoCores: whole(cpuCores * 1e9) };
  }
  if (cpuCores === undefined) return undefined;
  // What is used now has been used since it was asked last.
  const sinceMs = before?.atMs ?? startedAtMs ?? nowMs;
  const nanoCores = whole(cpuCores * 1e9);
  const grown = whole((nanoCores * Math.max(0, nowMs - sinceMs)) / 1000);
  return { startedAtMs, atMs: Math.max(nowMs, sinceMs), nanos: (before?.nanos ?? 0) + grown, nanoCores };
}

/** The next state of a counter whose figure is known, with the rate since the last. */
export function countNanos(
  figure: number,
  startedAtMs: number | undefined,
  nowMs: number,
  before: CpuCounter | undefined,
): CpuCounter {
  if (before === undefined) return { startedAtMs, atMs: nowMs, nanos: figure, nanoCores: undefined };
  const nanos = Math.max(figure, before.nanos);
  const elapsedMs = nowMs - before.atMs;
  // Two questions in one moment make no rate: the last one stands.
  if (elapsedMs <= 0) return { ...before, nanos };
  return { startedAtMs, atMs: nowMs, nanos, nanoCores: whole(((nanos - before.nanos) / elapsedMs) * 1000) };
}

export const whole = (value: number): number => Math.max(0, Math.round(value));
