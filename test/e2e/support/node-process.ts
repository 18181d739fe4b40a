/** Starts `node-program.ts` and follows it to its end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Point } from './file-backend.js';
import type { Scene } from './scene.js';

export interface NodeProgramSettings {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly folder: string;
  /** Where the process kills itself. Left out: nowhere. */
  readonly dieAt?: Point | 'starting';
}

const program = fileURLToPath(new URL('node-program.ts', import.meta.url));

export class NodeProcess {
  /** Resolves when the process has ended, with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;

  constructor(scene: Scene, dieAt?: Point | 'starting') {
    const settings: NodeProgramSettings = {
      kubeconfig: scene.cluster.kubeconfig,
      nodeName: scene.nodeName,
      folder: scene.folder,
      ...(dieAt === undefined ? {} : { dieAt }),
    };
    const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.ended = once(child, 'close').then(([, signal]) => signal as NodeJS.Signals | null);
    this.#ready = new Promise((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error(`node ${scene.nodeName}: its process ended before it was ready`)));
    });
    this.#ready.catch(() => undefined);
    onTestFinished(() => this.kill());
  }

  /** Resolves when the node is ready; rejects if the process ends before. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
