/**
 * Programs of `programs/`, each run as a process of its own by plain Node: what is measured shares neither memory nor
 * event loop with what measures, and no TypeScript loader adds to either.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const source = fileURLToPath(new URL('programs/', import.meta.url));
/** Below node_modules, so that the programs find their dependencies and no tool takes them for sources. */
const built = fileURLToPath(new URL('../node_modules/.cache/vk-sdk-bench/', import.meta.url));

/** Compiles all programs. Once, before any is started. */
export async function buildPrograms(): Promise<void> {
  const files = (await readdir(source)).filter((name) => name.endsWith('.ts'));
  await build({
    config: false,
    entry: Object.fromEntries(files.map((name) => [name.replace(/\.ts$/, ''), source + name])),
    outDir: built,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    splitting: true,
    clean: true,
    silent: true,
  });
}

/** With BENCH_PROFILE=folder each program writes a CPU profile there. */
function profiling(name: string): string[] {
  const folder = process.env['BENCH_PROFILE'];
  if (!folder) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`];
}

/** Answers of a program, by the request's name. */
type Reply = { readonly id: number; readonly value?: unknown; readonly error?: string };

export class Program {
  readonly #child: ChildProcess;
  #requests = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts a program and waits until it is ready (its first message). */
  static async start(name: string, settings: object = {}): Promise<Program> {
    const child = fork(`${built}${name}.mjs`, [JSON.stringify(settings)], {
      execArgv: ['--expose-gc', ...profiling(name)],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const program = new Program(child);
    await program.#message(() => true);
    return program;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Asks the program for something, and resolves with its answer. */
  async ask<T>(request: string, argument?: unknown): Promise<T> {
    const id = ++this.#requests;
    const reply = this.#message((message) => message.id === id);
    this.#child.send({ id, request, argument });
    const { value, error } = await reply;
    if (error !== undefined) throw new Error(error);
    return value as T;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    // A profile is written by an exit in order; without one there is nothing to wait for.
    if (process.env['BENCH_PROFILE']) this.#child.send({ id: 0, request: 'exit' });
    else this.#child.kill('SIGKILL');
    await exited;
  }

  #message(isIt: (message: Reply) => boolean): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const onMessage = (message: Reply): void => {
        if (!isIt(message)) return;
        this.#child.off('message', onMessage).off('exit', onExit);
        resolve(message);
      };
      const onExit = (): void => reject(new Error(`program ${this.#child.spawnargs[2] ?? ''}: it ended`));
      this.#child.on('message', onMessage).once('exit', onExit);
    });
  }
}
