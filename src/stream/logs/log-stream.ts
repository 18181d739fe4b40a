/**
 * Makes the stream that `getContainerLogs` answers of lines, wherever they come from. `log-selection.ts` decides what is
 * given out; this file moves it.
 *
 * Invariants:
 * 1. No line is asked for while nobody reads: a slow client slows the source.
 * 2. A line is on its way in the turn of the event loop in which it came; lines that come together go together.
 * 3. A source that fails is told of by an error, after everything that it gave before has been read.
 */
import { Readable } from 'node:stream';
import type { ContainerLogOptions } from '../../provider/provider.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { onAbort } from '../../runtime/until-aborted.js';
import { caughtUp, type LogItem, type LogLines } from './log-line.js';
import { LogSelection } from './log-selection.js';

export interface LogStreamOptions {
  /** What `sinceSeconds` is counted back by. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Ends the stream with its reason as the error. Pass on the call's `context.signal`. */
  readonly signal?: AbortSignal;
  /**
   * The most that is held to find the last N lines of a source that is read from its begin. Where N lines are more, the
   * stream begins with a later one. Default: 16 MiB.
   */
  readonly maxTailBytes?: number;
}

/** Lines go out in chunks of about this size, if there are that many at once. */
const chunkBytes = 65_536;

/** Lines that are looked at in one turn of the event loop. */
const linesPerTurn = 4_096;

/**
 * A log as a client asked for it: `follow`, `tailLines`, `sinceSeconds`, `sinceTime`, `timestamps`, `limitBytes` and
 * `stream`, from a source that knows none of them and gives lines, oldest first. Which of two instances of the container
 * `previous` means is the source's to know.
 *
 * The source is iterated once, and only as fast as the client reads. It ends when the container does; {@link caughtUp}
 * says where its past ends. Its iterator's `return` is called when the stream is destroyed.
 *
 * ```ts
 * const lines = [
 *   { time: '2026-01-01T00:00:00.123456789Z', text: 'started' },
 *   { time: Date.parse('2026-01-01T00:00:01Z'), text: 'careful', stream: 'stderr' as const },
 * ];
 * const log = logStream(lines, { tailLines: 1, timestamps: true }, { signal: context.signal });
 * ```
 */
export function logStream(lines: LogLines, wanted: ContainerLogOptions, options: LogStreamOptions = {}): Readable {
  const clock = options.clock ?? systemClock;
  const selection = new LogSelection(wanted, clock.now(), { maxTailBytes: options.maxTailBytes ?? 16_777_216 });
  return new LogReadable(lines, selection, clock, options.signal);
}

type Source = Iterator<LogItem> | AsyncIterator<LogItem>;

class LogReadable extends Readable {
  readonly #source: Source;
  readonly #selection: LogSelection;
  readonly #clock: Clock;
  #stop = (): void => undefined;
  #wanted = false;
  #pumping = false;
  #flushing: NodeJS.Immediate | undefined;
  #failure: VkError | undefined;

  constructor(lines: LogLines, selection: LogSelection, clock: Clock, signal: AbortSignal | undefined) {
    super({ highWaterMark: chunkBytes });
    this.#source = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
    this.#selection = selection;
    this.#clock = clock;
    if (signal !== undefined) this.#stop = onAbort(signal, () => this.destroy(VkError.from(signal.reason)));
  }

  override _read(): void {
    this.#wanted = true;
    if (!this.#pumping && this.#failure === undefined) void this.#pump();
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (this.#failure !== undefined && this.readableLength === 0) this.destroy(this.#failure);
    return chunk;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop();
    clearImmediate(this.#flushing);
    // A source that is in the middle of something ends when it comes to it.
    Promise.resolve(this.#source.return?.()).catch(() => undefined);
    callback(error);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      for (let lines = 1; this.#wanted && !this.destroyed; lines += 1) {
        const next: IteratorResult<LogItem, unknown> = await this.#source.next();
        if (this.destroyed) return;
        if (next.done) this.#selection.end();
        else if (next.value === caughtUp) this.#selection.caughtUp();
        else this.#selection.push(next.value, this.#clock.now());
        if (this.#selection.done) {
          this.#finish(next.done ?? false);
          return;
        }
        if (this.#selection.size >= chunkBytes) this.#flush();
        else if (this.#selection.size > 0) this.#flushing ??= setImmediate(() => this.#flush());
        if (lines % linesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pumping = false;
    }
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#selection.size > 0) this.#wanted = this.push(this.#selection.takeBytes());
  }

  #finish(sourceEnded: boolean): void {
    this.#flush();
    this.push(null);
    if (!sourceEnded) Promise.resolve(this.#source.return?.()).catch(() => undefined);
  }

  #fail(error: unknown): void {
    if (this.destroyed) return;
    this.#flush();
    this.#failure = VkError.from(error);
    if (this.readableLength === 0) this.destroy(this.#failure);
  }
}
