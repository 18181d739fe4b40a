/**
 * Writes what a container says into a log file of the kubelet's format, and rotates it.
 * Neighbours: `cri-format.ts` (what is written), `log-times.ts` (when it was), `cri-log-reader.ts` (who reads it).
 *
 * Invariants:
 * 1. One write at a time, in the order of the calls.
 * 2. Nothing but whole records is in a file: what a failed write left of one is taken back, and what a process that was
 *    killed left is ended before the next.
 * 3. A file is only ever appended to, then renamed once, then deleted: a reader that holds it open misses nothing.
 * 4. What waits for the rest of its line is less than a piece of each stream.
 */
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { encodeRecord, splitPieces, type Piece } from './cri-format.js';
import { logFileError } from './log-file-error.js';
import type { LogStreamName } from './log-line.js';
import { LogTimes } from './log-times.js';
import { rotatedFiles } from './rotated-files.js';

export interface CriLogWriterOptions {
  /** A file that would grow beyond this is rotated first. Default: 10 MiB, as the kubelet's. */
  readonly maxBytes?: number;
  /** How many files there may be, the one that is written included. Default: 5, as the kubelet's. */
  readonly keep?: number;
  readonly clock?: Clock;
}

const nothing = Buffer.alloc(0);
const lineFeed = 0x0a;

/**
 * ```ts
 * const writer = new CriLogWriter('/var/log/pods/default_web_u1/main/0.log');
 * await writer.write('stdout', 'listening\n');
 * const stderr = writer.writable('stderr');
 * stderr.end('careful\n');
 * await writer.close();
 * ```
 *
 * Goes on behind what the file holds already, so a restarted process opens the same path; two writers of one path at the
 * same time are a mistake. The folder is made if it is not there. Nothing is synced to the disk: lines survive the end of
 * the process, not of the machine.
 */
export class CriLogWriter implements AsyncDisposable {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #keep: number;
  readonly #times: LogTimes;
  readonly #rest = { stdout: nothing, stderr: nothing };
  #handle: FileHandle | undefined;
  /** Where the last whole record ends. */
  #size = 0;
  /** A record without a newline stands at the end of the file. */
  #torn = false;
  #queue: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /** Opens nothing yet. Throws `InvalidInput` for options that make no sense. */
  constructor(path: string, options: CriLogWriterOptions = {}) {
    const { maxBytes = 10_485_760, keep = 5 } = options;
    for (const [name, value] of Object.entries({ maxBytes, keep })) {
      if (Number.isInteger(value) && value >= 1) continue;
      throw new VkError('InvalidInput', `option ${name}: ${value} is not a whole number above 0`);
    }
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#keep = keep;
    this.#times = new LogTimes(options.clock ?? systemClock);
  }

  /**
   * Creates the file, if it is not there, so that the log of a container that says nothing is an empty one. Writing does
   * this by itself.
   */
  open(): Promise<void> {
    return this.#next(async () => {
      await this.#open();
    });
  }

  /**
   * Resolves when the lines are in the file; what has no newline yet waits for it, or for a whole piece of 16 KiB. Rejects
   * with a `VkError` that names the file (`Unavailable` for a full disk); then `bytes`, or the last of them, are not in
   * the file, and the writer can be used on.
   */
  write(stream: LogStreamName, bytes: Uint8Array | string): Promise<void> {
    const given =
      typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#next(async () => {
      const rest = this.#rest[stream];
      const split = splitPieces(rest.length === 0 ? given : Buffer.concat([rest, given]));
      await this.#store(stream, split.pieces);
      // A copy: the rest is small, and what it is a part of may be large and is the caller's.
      this.#rest[stream] = Buffer.from(split.rest);
    });
  }

  /** What is piped into it is written as `stream`. A failed write destroys it with the error. Its end ends the last line. */
  writable(stream: LogStreamName): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => settle(this.write(stream, chunk), done),
      writev: (chunks, done) => {
        const all = chunks.map(({ chunk }) => chunk as Buffer);
        settle(this.write(stream, Buffer.concat(all)), done);
      },
      final: (done) =>
        settle(
          this.#next(() => this.#endLine(stream)),
          done,
        ),
    });
  }

  /** Ends lines that have no newline, and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#next(async () => {
      try {
        await this.#endLine('stdout');
        await this.#endLine('stderr');
      } finally {
        await this.#handle?.close();
        this.#handle = undefined;
      }
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #next(work: () => Promise<void>): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new VkError('Aborted', `log file ${this.path}: closed`));
    const done = this.#queue.then(work).catch((error: unknown) => {
      throw logFileError(this.path, error);
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** The line that has no newline stays open: P is what tells a reader so. */
  async #endLine(stream: LogStreamName): Promise<void> {
    const text = this.#rest[stream];
    if (text.length === 0) return;
    await this.#store(stream, [{ tag: 'P', text }]);
    this.#rest[stream] = nothing;
  }

  async #store(stream: LogStreamName, pieces: readonly Piece[]): Promise<void> {
    let batch: Buffer[] = [];
    let bytes = 0;
    let handle = await this.#open();
    for (const { tag, text } of pieces) {
      const record = encodeRecord(this.#times.next(), stream, tag, text);
      const size = this.#size + bytes;
      if (size > 0 && size + record.length > this.#maxBytes) {
        await this.#append(handle, batch);
        batch = [];
        bytes = 0;
        handle = await this.#rotate();
      }
      batch.push(record);
      bytes += record.length;
    }
    await this.#append(handle, batch);
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    await mkdir(dirname(this.path), { recursive: true });
    const handle = await open(this.path, 'a+', 0o640);
    try {
      const { size } = await handle.stat();
      this.#size = size;
      this.#torn = false;
      if (size > 0 && (await lastByte(handle, size)) !== lineFeed) await this.#append(handle, [Buffer.of(lineFeed)]);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#handle = handle;
    return handle;
  }

  async #append(handle: FileHandle, records: readonly Buffer[]): Promise<void> {
    if (records.length === 0) return;
    const bytes = Buffer.concat([...(this.#torn ? [Buffer.of(lineFeed)] : []), ...records]);
    let written = 0;
    try {
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
    } catch (error) {
      await this.#takeBack(handle, written);
      throw error;
    }
    this.#torn = false;
    this.#size += bytes.length;
  }

  async #takeBack(handle: FileHandle, written: number): Promise<void> {
    if (written === 0) return;
    try {
      await handle.truncate(this.#size);
    } catch {
      this.#size += written;
      this.#torn = true;
    }
  }

  async #rotate(): Promise<FileHandle> {
    await this.#handle?.close();
    this.#handle = undefined;
    const rotated = await rotatedFiles(this.path);
    const newest = `${this.path}.${(rotated.at(-1)?.number ?? 0) + 1}`;
    await rename(this.path, newest);
    const all = [...rotated.map(({ path }) => path), newest];
    const surplus = all.slice(0, Math.max(0, all.length + 1 - this.#keep));
    for (const path of surplus) await rm(path, { force: true });
    return this.#open();
  }
}

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}

function settle(work: Promise<void>, done: (error?: Error | null) => void): void {
  work.then(
    () => done(),
    (error: unknown) => done(VkError.from(error)),
  );
}
