/** The Go program next to this file, built and run, and what our side does on the streams that it opens. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SpdyStream } from '../../../src/stream/spdy/spdy-stream.js';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('.', import.meta.url));
/** Below node_modules, where no tool takes it for a source. */
const program = fileURLToPath(new URL('../../../node_modules/.cache/vk-sdk-spdystream', import.meta.url));

export interface TaskOptions {
  readonly bytes?: number;
  readonly count?: number;
  readonly digest?: boolean;
  readonly pingMs?: number;
}

export interface TaskResult {
  readonly seconds: number;
  readonly bytes: number;
  readonly sha256?: string;
}

export type Task = 'upload' | 'download' | 'echo' | 'open';

/** Compiles the program, and answers whether that was possible: it needs Go, and its module from Go's proxy or cache. */
export async function buildGoPeer(): Promise<boolean> {
  try {
    await run('go', ['build', '-o', program, '.'], { cwd: folder, timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}

/** Has the program do a task as the client of a SPDY server on a port of loopback. */
export async function runGoClient(task: Task, port: number, options: TaskOptions = {}): Promise<TaskResult> {
  const { bytes = 0, count = 1, digest = false, pingMs = 0 } = options;
  const flags = [`-port=${port}`, `-bytes=${bytes}`, `-count=${count}`, `-digest=${digest}`, `-ping=${pingMs}ms`];
  const { stdout } = await run(program, [task, ...flags], { timeout: 120_000 });
  return JSON.parse(stdout) as TaskResult;
}

/** The program as a server, until it is closed. */
export class GoServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** `cert` and `key` are files. */
  static async start(files: { readonly cert: string; readonly key: string }): Promise<GoServer> {
    const child = spawn(program, ['serve', '-cert', files.cert, '-key', files.key], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new GoServer(child, Number(port));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }
}

/** Does on our side what the program does on its own when it is the server. */
export async function answerTask(stream: SpdyStream): Promise<void> {
  const { task, bytes, digest } = stream.headers;
  switch (task?.[0]) {
    case 'upload': {
      const sum = createHash('sha256');
      const isWanted = digest?.[0] === 'true';
      stream.on('data', (chunk: Buffer) => {
        if (isWanted) sum.update(chunk);
      });
      await finished(stream, { writable: false });
      stream.end(sum.digest('hex'));
      return;
    }
    case 'download':
      stream.resume();
      await pipeline(Readable.from(chunksOf(Number(bytes?.[0])), { objectMode: false }), stream, { end: true });
      return;
    case 'echo':
      stream.pipe(stream);
      return;
    default:
      stream.resume();
      stream.end();
  }
}

/** `size` bytes, each the low byte of the number of the chunk it is in. */
export function* chunksOf(size: number): Generator<Buffer> {
  const chunkBytes = 32_768;
  for (let chunk = 0; chunk * chunkBytes < size; chunk += 1) {
    yield Buffer.alloc(Math.min(chunkBytes, size - chunk * chunkBytes), chunk % 256);
  }
}
