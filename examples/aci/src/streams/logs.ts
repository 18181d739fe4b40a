/** The log of a container, whose cloud can only say "here are the last lines": followed by reading them again. */
import type { Readable } from 'node:stream';
import { followByRereading, hasCode, logStream, type CallContext, type Clock, type ContainerLogOptions } from 'vk-sdk';
import type { ContainerGroupsApi } from '../cloud/container-groups-api.js';

export interface LogOptions {
  /** Whether the container may still write. */
  readonly isRunning: (signal: AbortSignal) => boolean | Promise<boolean>;
  /** Default: 2,000. */
  readonly rereadIntervalMs?: number | undefined;
  readonly clock: Clock;
}

/** What is read again when following. A container that writes more between two readings leaves a gap, which is logged. */
const windowLines = 2_000;

/** The first reading is here, so that a log which cannot be had is refused, and not begun. */
export async function logsOfGroup(
  api: ContainerGroupsApi,
  group: string,
  container: string,
  wanted: ContainerLogOptions,
  { signal, logger }: CallContext,
  options: LogOptions,
): Promise<Readable> {
  const { follow = false, tailLines } = wanted;
  const first = tailLines === undefined ? {} : { tail: Math.max(tailLines, follow ? windowLines : 1) };
  let reading: string | undefined = await api.logs(group, container, first, signal);
  const read = async (stop: AbortSignal): Promise<string> => {
    const text = reading ?? (await orNothing(api.logs(group, container, { tail: windowLines }, stop)));
    reading = undefined;
    return text;
  };
  const lines = followByRereading(read, {
    isRunning: options.isRunning,
    timestamped: true,
    ...(options.rereadIntervalMs !== undefined && { intervalMs: options.rereadIntervalMs }),
    signal,
    clock: options.clock,
    logger,
  });
  return logStream(lines, wanted, { signal, clock: options.clock });
}

/** A group takes its log along: then there is no news, and no failure to be waited out. */
async function orNothing(log: Promise<string>): Promise<string> {
  try {
    return await log;
  } catch (error) {
    if (hasCode(error, 'NotFound')) return '';
    throw error;
  }
}
