/**
 * How a run is stopped: the preStop hook, the container's signal to the whole group, and at the end SIGKILL to all that
 * is left. Neighbour: `container-life.ts`.
 */
import { constants } from 'node:os';
import type { Container, Timer } from 'vk-sdk';
import type { ContainerRun } from '../runs/container-run.js';
import type { PodContext } from './context.js';
import { runHook } from './hook.js';

/** What a process gets after a hook that has taken all the time there was. As the kubelet has it. */
const leastAfterHookMs = 2_000;

export class ContainerStop {
  readonly #run: ContainerRun;
  readonly #container: Container;
  readonly #context: PodContext;
  readonly #hook = new AbortController();
  #timer: Timer | undefined;
  #killAt = Infinity;
  #begun = false;
  #isSignalled = false;
  #closed = false;

  constructor(run: ContainerRun, container: Container, context: PodContext) {
    this.#run = run;
    this.#container = container;
    this.#context = context;
  }

  /** Begins the stop, or brings its end forward. A later time than before changes nothing. */
  killAt(time: number): void {
    if (time >= this.#killAt) return;
    this.#killAt = time;
    this.#timer?.cancel();
    const { clock } = this.#context;
    const leftMs = time - clock.now();
    if (leftMs <= 0) this.#late();
    else this.#timer = clock.setTimer(leftMs, () => this.#late());
    if (!this.#begun) void this.#begin();
    this.#begun = true;
  }

  /** Sends nothing any more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#hook.abort();
  }

  async #begin(): Promise<void> {
    const { clock, logger } = this.#context;
    const hook = this.#container.lifecycle?.preStop;
    if (hook && this.#run.state.type === 'running' && this.#killAt > clock.now()) {
      await runHook(hook, this.#run.surroundings, clock, this.#hook.signal).catch((err: unknown) => {
        logger.warn({ container: this.#container.name, err }, 'preStop hook failed');
      });
    }
    this.#signal();
  }

  #signal(): void {
    if (this.#isSignalled || this.#closed) return;
    this.#isSignalled = true;
    this.#run.signal(stopSignalOf(this.#container));
  }

  #late(): void {
    const { clock } = this.#context;
    const isInHook = !this.#isSignalled && this.#begun;
    this.#hook.abort();
    this.#signal();
    if (isInHook) this.#timer = clock.setTimer(leastAfterHookMs, () => this.#run.signal('SIGKILL'));
    else this.#run.signal('SIGKILL');
  }
}

function stopSignalOf({ lifecycle }: Container): NodeJS.Signals {
  const name = lifecycle?.stopSignal;
  return name !== undefined && Object.hasOwn(constants.signals, name) ? (name as NodeJS.Signals) : 'SIGTERM';
}
