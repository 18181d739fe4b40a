/**
 * Reads log files of the kubelet's format, from the oldest that rotation has left to what is written just now.
 * Neighbours: `rotated-files.ts` (which files), `cri-tail.ts` (where to begin), `cri-decoder.ts` (records from bytes),
 * `line-joiner.ts` (lines from records), `file-changes.ts` (when to look again), `log-stream.ts` (what a client gets).
 *
 * Invariants:
 * 1. A file is read to its end before the next one is begun, and the next one is the one that came after it.
 * 2. After the container has stopped the log is read once more before it ends.
 * 3. What is held is a block, a record and a line for each stream, whatever the size of the log.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ContainerLogOptions } from '../../provider/provider.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { CriDecoder } from './cri-decoder.js';
import { findTail } from './cri-tail.js';
import { FileChanges } from './file-changes.js';
import { LineJoiner, type LinePart } from './line-joiner.js';
import { logFileError } from './log-file-error.js';
import { caughtUp, type LogItem, type LogLine } from './log-line.js';
import { logStream } from './log-stream.js';
import { closeAll, openAllLogFiles, openNextLogFile, type OpenLogFile } from './rotated-files.js';
import { stoppableLines } from './stoppable-lines.js';

export interface CriReadOptions {
  /** Ends the reading with its reason as the error. Pass on the call's `context.signal`. */
  readonly signal?: AbortSignal;
  /**
   * Aborts when the container has stopped and will not write again: a log that is followed then ends with what there is.
   * Default: it goes on until the client goes.
   */
  readonly stopped?: AbortSignal;
  readonly clock?: Clock;
  /** How often a log that is followed is looked at although the file system tells of no change. Default: 1 s. */
  readonly pollIntervalMs?: number;
  /** Hears of what could not be read. */
  readonly logger?: Logger;
}

export interface CriLogReaderOptions extends CriReadOptions {
  readonly follow?: boolean;
  /** Only the last so many of the lines that there are. Default: all. */
  readonly tailLines?: number;
}

const blockBytes = 65_536;

/**
 * The lines of a log, pieces joined. To be iterated once. Records that are none are passed over and counted; a log that is
 * not there is an error of code `NotFound`, and one that is followed is waited for.
 *
 * ```ts
 * const reader = new CriLogReader('/var/log/pods/default_web_u1/main/0.log', { tailLines: 10 });
 * for await (const line of reader) if (line !== caughtUp) enqueue({ metadata: { name: String(line.text) } });
 * ```
 */
export class CriLogReader implements AsyncIterable<LogItem> {
  readonly #path: string;
  readonly #options: CriLogReaderOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #decoder = new CriDecoder();
  readonly #joiner = new LineJoiner();
  #gaps = 0;
  /** Lines that are still to be left out, since they are older than the last N. */
  #skip = 0;

  constructor(path: string, options: CriLogReaderOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Records that could not be read, and were passed over. */
  get malformed(): number {
    return this.#decoder.malformed;
  }

  /** How often lines may be missing: files were deleted or cut off before they had been read to their end. */
  get gaps(): number {
    return this.#gaps;
  }

  [Symbol.asyncIterator](): AsyncIterator<LogItem> {
    return stoppableLines((signal) => this.#read(signal), this.#options.signal)[Symbol.asyncIterator]();
  }

  async *#read(signal: AbortSignal): AsyncGenerator<LogItem> {
    const { follow = false, stopped, pollIntervalMs = 1_000 } = this.#options;
    const changes = new FileChanges(this.#path, this.#clock, pollIntervalMs);
    const stops = [onAbort(signal, () => changes.close())];
    if (follow) {
      changes.start();
      if (stopped !== undefined) stops.push(onAbort(stopped, () => changes.notify()));
    }
    let files: OpenLogFile[] = [];
    try {
      files = await this.#openAll(changes, signal);
      const written = yield* this.#past(files);
      // Of a log that is not followed nothing is read after that.
      if (!follow) yield* this.#ends();
      yield caughtUp;
      if (follow) {
        // What is not at its end is none of the past.
        this.#skip = 0;
        yield* this.#follow(files, written, changes, signal);
      }
      yield* this.#ends();
    } catch (error) {
      throw signal.aborted ? signal.reason : logFileError(this.#path, error);
    } finally {
      for (const stop of stops) stop();
      changes.close();
      await closeAll(files);
      const { malformed } = this;
      if (malformed > 0) this.#logger.warn({ path: this.#path, malformed }, 'log records could not be read');
    }
  }

  async #openAll(changes: FileChanges, signal: AbortSignal): Promise<OpenLogFile[]> {
    const { follow = false, stopped } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const last = !follow || stopped?.aborted;
      const files = await openAllLogFiles(this.#path);
      if (files.length > 0) return files;
      if (last) throw new VkError('NotFound', `log file ${this.#path}: there is no such file`);
      await changes.next();
    }
  }

  /** What there is. Returns how far the newest file has been read. */
  async *#past(files: readonly OpenLogFile[]): AsyncGenerator<LogItem, number> {
    const { tailLines, follow = false } = this.#options;
    const ends = await Promise.all(files.map(async ({ handle }) => (await handle.stat()).size));
    const start = tailLines === undefined ? undefined : await findTail(files, ends, tailLines);
    // None of the past: not even the begin of a line that will go on.
    if (tailLines === 0) return ends.at(-1) ?? 0;
    this.#skip = start?.skip ?? 0;
    for (const [index, { handle }] of files.entries()) {
      if (start !== undefined && index < start.file) continue;
      const offset = index === start?.file ? start.offset : 0;
      for await (const part of this.#parts(handle, offset, ends[index] ?? 0)) {
        if (this.#skip === 0) yield lineOf(part);
        else if (part.ends) this.#skip -= 1;
      }
      // Of the newest file the rest of a record may still come.
      if (index < files.length - 1 || !follow) yield* this.#endOfFile();
    }
    return ends.at(-1) ?? 0;
  }

  async *#follow(
    files: OpenLogFile[],
    from: number,
    changes: FileChanges,
    signal: AbortSignal,
  ): AsyncGenerator<LogItem> {
    let position = from;
    for (;;) {
      const current = files.at(-1);
      if (current === undefined) return;
      const last = this.#options.stopped?.aborted ?? false;
      position = yield* this.#grown(current.handle, position);
      const next = await openNextLogFile(this.#path, current);
      if (next !== undefined) {
        files.push(next.file);
        // What was written between the reading and the renaming.
        yield* this.#grown(current.handle, position);
        yield* this.#endOfFile();
        await closeAll(files.splice(0, files.length - 1));
        if (!next.follows) this.#gap('files were deleted before they had been read');
        position = 0;
        continue;
      }
      if (last) {
        yield* this.#endOfFile();
        return;
      }
      await changes.next();
      signal.throwIfAborted();
    }
  }

  /** What has come since, and where it ends. */
  async *#grown(handle: FileHandle, from: number): AsyncGenerator<LogItem, number> {
    const { size } = await handle.stat();
    if (size < from) {
      this.#gap('the file was cut off before it had been read');
      yield* this.#endOfFile();
    }
    const start = size < from ? 0 : from;
    for await (const part of this.#parts(handle, start, size)) yield lineOf(part);
    return size;
  }

  async *#parts(handle: FileHandle, from: number, to: number): AsyncGenerator<LinePart> {
    for (let position = from; position < to;) {
      const length = Math.min(blockBytes, to - position);
      // Lines are views of the block, so each block is one of its own.
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      for (const line of this.#decoder.push(buffer.subarray(0, bytesRead))) {
        const part = this.#joiner.push(line);
        if (part !== undefined) yield part;
      }
    }
  }

  /** A record that was cut short is a piece of a line all the same. */
  *#endOfFile(): Generator<LogItem> {
    const cut = this.#decoder.end();
    const part = cut && this.#joiner.push(cut);
    if (part !== undefined) yield lineOf(part);
  }

  *#ends(): Generator<LogItem> {
    for (const part of this.#joiner.end().slice(this.#skip)) yield lineOf(part);
  }

  #gap(why: string): void {
    this.#gaps += 1;
    this.#logger.warn({ path: this.#path, reason: why }, 'lines of a log may be missing');
  }
}

function lineOf({ stream, time = 0, text, ends }: LinePart): LogLine {
  return { stream, time, text, partial: !ends };
}

/**
 * A log file as a client asked for it. Reads from its end for `tailLines`, includes what was rotated out of it, and follows
 * it through rotation. For `previous`, give the path of that instance's file.
 *
 * ```ts
 * const log = readCriLogs('/var/log/pods/default_web_u1/main/0.log', { follow: true, tailLines: 10 }, { signal: context.signal });
 * ```
 */
export function readCriLogs(path: string, wanted: ContainerLogOptions, options: CriReadOptions = {}): Readable {
  const { tailLines, ...rest } = wanted;
  // The files hold both streams: the last lines of one of them are not found by counting from the end.
  const ofOne = (wanted.stream ?? 'All') !== 'All';
  const reader = new CriLogReader(path, {
    ...options,
    ...(wanted.follow ? { follow: true } : {}),
    ...(tailLines === undefined || ofOne ? {} : { tailLines }),
  });
  const { clock, signal } = options;
  return logStream(reader, ofOne ? wanted : rest, { ...(clock && { clock }), ...(signal && { signal }) });
}
