/** Starts `node-program.ts` and follows it to its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { NodeProgramSettings } from './lively.js';

const program = fileURLToPath(new URL('node-program.ts', import.meta.url));

export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(settings: NodeProgramSettings) {
    const args = ['--import', 'tsx', program, JSON.stringify(settings)];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'close');
  }

  /** Resolves when its node is ready. It is killed when the test ends, unless that was done before. */
  static async start(settings: NodeProgramSettings): Promise<NodeProcess> {
    const started = new NodeProcess(settings);
    onTestFinished(() => started.kill());
    await started.#ready(settings.nodeName);
    return started;
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #ready(nodeName: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.stdout?.once('data', () => resolve());
      this.#child.once('exit', () => reject(new Error(`node ${nodeName}: its process ended before it was ready`)));
    });
  }
}
