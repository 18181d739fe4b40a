/** A run under its supervisor, without a pod or a provider. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@vk-sdk-examples/shared/testing';
import { readCriLogs, silentLogger, systemClock } from 'vk-sdk';
import { ContainerRun, type RecordedOrder } from '../src/runs/container-run.js';

export class Supervised implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'vk-run-'));
  readonly order: RecordedOrder;
  readonly #runs: ContainerRun[] = [];

  constructor(script: string, more: Partial<RecordedOrder> = {}) {
    const mark = `${this.folder}/0`;
    this.order = {
      mark,
      argv: ['sh', '-c', script],
      program: 'sh',
      cwd: this.folder,
      env: { PATH: process.env['PATH'] ?? '', VK_PROCESS_RUN: mark },
      tty: false,
      stdin: false,
      stdinOnce: false,
      log: join(this.folder, '0.log'),
      rotation: { maxBytes: 1 << 20, maxFiles: 3 },
      socket: join(this.folder, 's'),
      backoffMs: 0,
      ...more,
    };
  }

  /** As a provider that starts the run, or a later one that finds it. */
  follow(): ContainerRun {
    const options = { clock: systemClock, logger: silentLogger, onChange: () => undefined };
    const run = ContainerRun.find(0, this.folder, options) ?? ContainerRun.begin(0, this.folder, this.order, options);
    this.#runs.push(run);
    run.follow();
    return run;
  }

  async running(): Promise<ContainerRun> {
    const run = this.follow();
    await eventually('the process', () => run.pid !== undefined);
    return run;
  }

  /** Follows the run to its end; its exit code. */
  async ended(run = this.follow()): Promise<number> {
    return eventually('the end', () => run.exit && { code: run.exit.exitCode }).then(({ code }) => code);
  }

  async log(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of readCriLogs(this.order.log, {})) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.follow();
    run.signal('SIGKILL');
    await this.ended(run);
    for (const each of this.#runs) each.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
