/** What a pretended container writes: a line when it starts, one every ten seconds, and one when it ends. */
import { caughtUp, type Clock, type ContainerState, type LogItem, type LogLine } from 'vk-sdk';

const intervalMs = 10_000;
/** As if the log had been rotated: a container that has run for a year is not to be read from its first day. */
const linesKept = 1_000;

/** One run of a container, by the state that tells of it. */
export interface ContainerRun {
  readonly startedAtMs: number;
  /** Left out while it runs. */
  readonly ended?: { readonly atMs: number; readonly exitCode: number };
}

/** The run that a state is about. One that waits has none. */
export function runOf({ running, terminated }: ContainerState): ContainerRun | undefined {
  const startedAt = running?.startedAt ?? terminated?.startedAt;
  if (startedAt === undefined) return undefined;
  const startedAtMs = Date.parse(startedAt);
  if (!terminated) return { startedAtMs };
  const atMs = terminated.finishedAt === undefined ? startedAtMs : Date.parse(terminated.finishedAt);
  return { startedAtMs, ended: { atMs, exitCode: terminated.exitCode } };
}

/**
 * Lines until the run has ended, for `logStream`. `now` answers what has become of the run, or undefined if that is no
 * longer known.
 */
export async function* containerLog(
  name: string,
  first: ContainerRun,
  now: () => ContainerRun | undefined,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  const { startedAtMs } = first;
  let next = Math.max(0, countUntil(first, clock.now()) - linesKept);
  for (let run: ContainerRun | undefined = first, hasCaughtUp = false; run; run = now()) {
    for (const written = countUntil(run, clock.now()); next < written; next++) yield lineAt(name, startedAtMs, next);
    if (run.ended) {
      yield { time: run.ended.atMs, text: `${name}: ended with exit code ${run.ended.exitCode}` };
      return;
    }
    if (!hasCaughtUp) yield caughtUp;
    hasCaughtUp = true;
    await clock.sleep(startedAtMs + next * intervalMs - clock.now(), signal);
  }
}

/** How many lines, the last one excepted, the run has written. */
function countUntil({ startedAtMs, ended }: ContainerRun, nowMs: number): number {
  return Math.max(0, Math.floor((Math.min(nowMs, ended?.atMs ?? nowMs) - startedAtMs) / intervalMs) + 1);
}

function lineAt(name: string, startedAtMs: number, index: number): LogLine {
  const time = startedAtMs + index * intervalMs;
  return { time, text: index === 0 ? `${name}: started` : `${name}: has run for ${(index * intervalMs) / 1_000} s` };
}
