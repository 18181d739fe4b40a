/**
 * An exec or attach without a server: the provider's side of it, and the client's. For tests of a provider, and for
 * calling one's own `runInContainer`, as an exec probe does. Neighbours: `duplex-pair.ts`, `terminal-sizes.ts`.
 */
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AttachIO, CallContext, TerminalSize } from '../../provider/provider.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { VkError } from '../../runtime/errors.js';
import { duplexPair } from './duplex-pair.js';
import { TerminalSizes } from './terminal-sizes.js';

export interface MemorySessionOptions {
  /** Which streams the client asks for. Default: all; with `tty` no stderr, which a terminal does not have. */
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  /** Default: false. */
  readonly tty?: boolean;
  /** What each stream holds before its writer is slowed. Default: 16 KiB. */
  readonly highWaterMark?: number;
  /** Output that `run` keeps, of both streams together. More of it ends the session. Default: 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Aborts the call's signal too. */
  readonly signal?: AbortSignal;
  /** The call's logger. Default: silent. */
  readonly logger?: Logger;
}

export interface RunResult<T> {
  /** What the call resolved with: for an exec its exit code. */
  readonly result: T;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * ```ts
 * const session = new MemorySession();
 * session.stdin.end('hello');
 * const ref = { ...podRef(pod), container: 'app' };
 * const { result, stdout } = await session.run((io, context) => provider.runInContainer!(ref, ['cat'], io, context));
 * ```
 *
 * With a terminal, and a client that leaves in the middle:
 *
 * ```ts
 * const session = new MemorySession({ tty: true });
 * session.resize({ width: 80, height: 24 });
 * const ref = { ...podRef(pod), container: 'app' };
 * const code = provider.runInContainer!(ref, ['sh'], session.io, session.context);
 * session.hangUp();
 * await code.catch((error: unknown) => hasCode(error, 'Aborted'));
 * ```
 */
export class MemorySession {
  /** What the provider is given. */
  readonly io: AttachIO;
  readonly context: CallContext;
  /** The client's ends. Those of streams that it did not ask for are there too, and ended. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #sizes = new TerminalSizes();
  readonly #gone = new AbortController();
  readonly #maxOutputBytes: number;

  constructor(options: MemorySessionOptions = {}) {
    const { tty = false, stdin = true, stdout = true, stderr = !tty, highWaterMark, logger = silentLogger } = options;
    const channel = (): Channel => oneWay(highWaterMark);
    const [input, output, errors] = [channel(), channel(), channel()];
    this.#maxOutputBytes = options.maxOutputBytes ?? 2 ** 24;
    this.stdin = input.writable;
    this.stdout = output.readable;
    this.stderr = errors.readable;
    if (!stdin) input.writable.end();
    if (!stdout) output.writable.end();
    if (!stderr) errors.writable.end();
    this.io = {
      ...(stdin && { stdin: input.readable }),
      ...(stdout && { stdout: output.writable }),
      ...(stderr && { stderr: errors.writable }),
      ...(tty && { resize: this.#sizes }),
      tty,
    };
    const { signal } = options;
    this.context = { signal: signal ? AbortSignal.any([signal, this.#gone.signal]) : this.#gone.signal, logger };
  }

  /** The client's terminal has another size. Without `tty` nobody hears of it. */
  resize(size: TerminalSize): void {
    this.#sizes.push(size);
  }

  /** The client vanishes: the call's signal aborts, for `reason`, and every stream is destroyed. Idempotent. */
  hangUp(reason = new VkError('Aborted', 'memory session: the client hung up')): void {
    this.#gone.abort(reason);
    this.#sizes.end();
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
  }

  /** The session is over, as the server has it once the provider's call has settled: output ends. Idempotent. */
  end(): void {
    this.#sizes.end();
    this.io.stdout?.end();
    this.io.stderr?.end();
  }

  /**
   * Makes a call, ends the session when it settles, and answers all its output. Rejects with what the call rejects with,
   * and with code `Internal` if there is more output than `maxOutputBytes`.
   */
  async run<T>(call: (io: AttachIO, context: CallContext) => Promise<T>): Promise<RunResult<T>> {
    let room = this.#maxOutputBytes;
    let tooMuch: VkError | undefined;
    const collect = async (stream: Readable): Promise<string> => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => {
        room -= chunk.length;
        if (room >= 0) chunks.push(chunk);
        else this.hangUp((tooMuch ??= overflow(this.#maxOutputBytes)));
      });
      // One that is destroyed has said what it had to say.
      await finished(stream).catch(() => undefined);
      return Buffer.concat(chunks).toString();
    };
    const texts = [collect(this.stdout), collect(this.stderr)];
    try {
      const result = await call(this.io, this.context);
      this.end();
      const [stdout = '', stderr = ''] = await Promise.all(texts);
      if (tooMuch) throw tooMuch;
      return { result, stdout, stderr };
    } catch (error) {
      this.hangUp();
      throw tooMuch ?? error;
    }
  }
}

function overflow(limit: number): VkError {
  return new VkError('Internal', `memory session: more than ${limit} bytes of output (maxOutputBytes)`);
}

interface Channel {
  readonly writable: Writable;
  readonly readable: Readable;
}

function oneWay(highWaterMark: number | undefined): Channel {
  const [writable, readable] = duplexPair(highWaterMark === undefined ? {} : { highWaterMark });
  readable.end();
  writable.resume();
  // The session's owner hears of what breaks by the call and its signal; unheard errors would end the process.
  for (const end of [writable, readable]) end.on('error', () => undefined);
  return { writable, readable };
}
