/** What every source of logs gives and every consumer of them takes. */

export type LogStreamName = 'stdout' | 'stderr';

export interface LogLine {
  /** Without its newline. */
  readonly text: string | Uint8Array;
  /**
   * When it was written: milliseconds since the epoch, or RFC 3339 text with up to nine fractional digits. Default: when
   * it is read, for backends that do not say; such lines pass every `since`.
   */
  readonly time?: number | string;
  /** Default: stdout. */
  readonly stream?: LogStreamName;
  /** The line is not at its end: it goes on with the next one of its stream. Default: false. */
  readonly partial?: boolean;
}

/**
 * Stands in a source of lines between those that there were when the reading began and those that came later. A client
 * that does not follow stops here; for one that follows, the last N lines are counted from here. A source that never
 * gives it consists, all of it, of lines that there were.
 */
export const caughtUp: unique symbol = Symbol.for('vk-sdk.logs.caughtUp');

export type LogItem = LogLine | typeof caughtUp;

/** Lines in the order in which they are to be shown. */
export type LogLines = Iterable<LogItem> | AsyncIterable<LogItem>;
