/**
 * How one run does: its postStart hook, then its probes, and what they amount to. What has been found is kept in the
 * run's folder, so that a later provider does not call a container unready that is not. Neighbours: `container-life.ts`
 * (whose run it is), `../probes/container-probes.ts`, `hook.ts`.
 */
import { join } from 'node:path';
import type { Container } from 'vk-sdk';
import { readJson, writeJson } from '../disk/json-file.js';
import { ContainerProbes, type Health } from '../probes/container-probes.js';
import type { ContainerRun } from '../runs/container-run.js';
import { runCommand } from '../streams/command.js';
import type { PodContext } from './context.js';
import { runHook } from './hook.js';

/** `health.json` in the folder of the run. It is not there before the hook is through. */
type RecordedHealth = Pick<Health, 'started' | 'ready'>;

export interface Unhealthy {
  readonly since: number;
  readonly graceMs: number;
}

export class RunHealth {
  readonly #run: ContainerRun;
  readonly #container: Container;
  readonly #graceMs: number;
  readonly #context: PodContext;
  readonly #onChange: () => void;
  readonly #probes: ContainerProbes;
  readonly #hook = new AbortController();
  #hookDone: boolean;
  #unhealthy: Unhealthy | undefined;

  /** `graceMs`: what the container gets to stop if it has to, unless its probe says otherwise. */
  constructor(
    run: ContainerRun,
    startedAt: number,
    container: Container,
    graceMs: number,
    context: PodContext,
    onChange: () => void,
  ) {
    const { clock, logger, loopback } = context;
    const previous = readJson<RecordedHealth>(recordOf(run));
    this.#run = run;
    this.#container = container;
    this.#graceMs = graceMs;
    this.#context = context;
    this.#onChange = onChange;
    this.#hookDone = previous !== undefined || !container.lifecycle?.postStart;
    this.#probes = new ContainerProbes(
      { container, host: loopback, exec: (command, signal) => runCommand(run.surroundings, command, signal) },
      { clock, logger, startedAt, previous, onChange: (health) => this.#changed(health) },
    );
  }

  get started(): boolean {
    return this.#hookDone && this.#probes.health.started;
  }

  get ready(): boolean {
    return this.started && this.#probes.health.ready;
  }

  /** It is to be stopped for its health. */
  get unhealthy(): Unhealthy | undefined {
    return this.#unhealthy;
  }

  start(): void {
    void this.#start();
  }

  close(): void {
    this.#hook.abort();
    this.#probes.close();
  }

  async #start(): Promise<void> {
    const { clock, logger } = this.#context;
    const { name, lifecycle } = this.#container;
    if (!this.#hookDone && lifecycle?.postStart) {
      try {
        await runHook(lifecycle.postStart, this.#run.surroundings, clock, this.#hook.signal);
      } catch (err) {
        if (this.#hook.signal.aborted) return;
        logger.warn({ container: name, err }, 'postStart hook failed; the container is stopped');
        this.#fail(this.#graceMs);
        return;
      }
    }
    // Closed meanwhile: the run, and its folder, may be gone.
    if (this.#hook.signal.aborted) return;
    this.#hookDone = true;
    this.#record();
    this.#probes.start();
    this.#onChange();
  }

  #changed(health: Health): void {
    this.#record();
    if (health.alive) {
      this.#onChange();
      return;
    }
    const { name, livenessProbe, startupProbe } = this.#container;
    const own = (health.started ? livenessProbe : startupProbe)?.terminationGracePeriodSeconds;
    this.#context.logger.warn({ container: name, run: this.#run.number }, 'container is stopped: its probe fails');
    this.#fail(own === undefined ? this.#graceMs : own * 1_000);
  }

  #fail(graceMs: number): void {
    this.#unhealthy ??= { since: this.#context.clock.now(), graceMs };
    this.#onChange();
  }

  #record(): void {
    const { started, ready } = this.#probes.health;
    writeJson(recordOf(this.#run), { started, ready } satisfies RecordedHealth);
  }
}

function recordOf({ folder }: ContainerRun): string {
  return join(folder, 'health.json');
}
