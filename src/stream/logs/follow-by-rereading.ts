/**
 * Follows a log whose backend cannot: by reading it again and again. `seen-lines.ts` decides what is new; this file asks,
 * waits and gives it out.
 */
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { caughtUp, type LogItem, type LogLine } from './log-line.js';
import { OpenLine } from './open-line.js';
import { lineKey, SeenLines } from './seen-lines.js';
import { stoppableLines } from './stoppable-lines.js';
import { textLines, type TextLinesOptions } from './text-lines.js';

/** The whole log, or the last part of it: as text, or as lines. */
export type LogReading = string | Uint8Array | Iterable<LogLine>;

export interface RereadOptions extends TextLinesOptions {
  /**
   * Whether the container may still write. Asked before each reading but the first; when it says no the log is read once
   * more and ends. Default: it goes on until the client goes.
   */
  readonly isRunning?: (signal: AbortSignal) => boolean | Promise<boolean>;
  /** Pause between two readings. Default: 2 s, as many backends count requests. */
  readonly intervalMs?: number;
  /** How many failures in a row are waited out, with pauses that double; the next one ends the log. Default: 5. */
  readonly maxFailures?: number;
  /**
   * How many of the last lines are remembered, at 8 bytes each, to find out where a window that has moved goes on, and
   * which answers are old. Default: 16,384.
   */
  readonly maxRememberedLines?: number;
  /** The backend cuts by bytes, so that the first line of a reading may lack its begin. Default: false. */
  readonly cutsFirstLine?: boolean;
  /** Told when lines may be missing: a reading had nothing in common with the one before, or other lines between. */
  readonly onGap?: () => void;
  /** Ends it with its reason as the error. Pass on the call's `context.signal`. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/**
 * Lines for {@link logStream} from a backend that only offers "read it all" or "read the last N lines". What two readings
 * have in common is given once. Nothing is lost as long as a reading reaches back to the one before: show a window larger
 * than what can be written in an interval. Lines with times are told apart best: ask the backend for them.
 *
 * A client that does not follow costs one reading.
 *
 * ```ts
 * const backend = { read: async () => '2026-01-01T00:00:00Z started\n', isUp: async () => true };
 * const lines = followByRereading(() => backend.read(), { isRunning: () => backend.isUp(), timestamped: true });
 * const log = logStream(lines, { follow: true, tailLines: 10 }, { signal: context.signal });
 * ```
 */
export function followByRereading(
  read: (signal: AbortSignal) => LogReading | Promise<LogReading>,
  options: RereadOptions = {},
): AsyncIterable<LogItem> {
  return stoppableLines((signal) => reread(read, options, signal), options.signal);
}

async function* reread(
  read: (signal: AbortSignal) => LogReading | Promise<LogReading>,
  options: RereadOptions,
  signal: AbortSignal,
): AsyncGenerator<LogItem> {
  const { clock = systemClock, logger = silentLogger, intervalMs = 2_000, maxFailures = 5 } = options;
  const seen = new SeenLines(options.maxRememberedLines ?? 16_384, options.cutsFirstLine ?? false);
  const openLine = new OpenLine();
  const news = (reading: LogReading): LogLine[] => {
    const lines = linesOf(reading, options);
    const open = lines.at(-1)?.partial ? lines.pop() : undefined;
    const { fresh, certain } = seen.take(lines.map(keyOf));
    if (!certain) {
      logger.warn({ lines: fresh.length }, 'lines of a log may be missing: two readings do not fit together');
      options.onGap?.();
    }
    return openLine.next(
      fresh.flatMap((index) => lines[index] ?? []),
      open,
    );
  };
  signal.throwIfAborted();
  yield* news(await read(signal));
  yield caughtUp;
  for (let failures = 0; ;) {
    let reading: LogReading;
    let last: boolean;
    try {
      last = options.isRunning !== undefined && !(await options.isRunning(signal));
      if (!last) await clock.sleep(intervalMs, signal);
      reading = await read(signal);
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      if (failures > maxFailures) throw VkError.from(error);
      logger.debug({ attempt: failures, err: error }, 'log could not be read; it is read again');
      await clock.sleep(intervalMs * 2 ** (failures - 1), signal);
      continue;
    }
    yield* news(reading);
    if (last) return;
  }
}

function linesOf(reading: LogReading, options: TextLinesOptions): LogLine[] {
  return typeof reading === 'string' || reading instanceof Uint8Array ? textLines(reading, options) : [...reading];
}

function keyOf({ time = '', stream = 'stdout', text }: LogLine): number {
  return lineKey([time, stream, text]);
}
