/**
 * One run of a container, from its order to its exit, whoever began it: a run that this provider starts and one that it
 * finds are the same. Neighbours: `../supervisor/main.js` (what runs it), `supervisor-link.ts`, `launch.ts`.
 *
 * Invariants
 * 1. What a run is like is read from its folder; nothing is concluded from what this process did.
 * 2. It has ended when `exit.json` is there. Only if its supervisor is dead without one, this writes it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger } from 'vk-sdk';
import type { RunState } from '../decide/pod-plan.js';
import { readJson, writeJson } from '../disk/json-file.js';
import { claimOf } from '../supervisor/claim.js';
import type { Hello, Started } from '../supervisor/frames.js';
import { isAlive } from '../supervisor/identity.js';
import type { RunExit, RunOrder } from '../supervisor/main.js';
import { kill, killAllMarked } from '../supervisor/marks.js';
import type { Surroundings } from '../streams/command.js';
import { launchSupervisor } from './launch.js';
import { SupervisorLink, type LinkOptions } from './supervisor-link.js';

/** What the supervisor is told, and what the provider wants to know later. */
export interface RecordedOrder extends RunOrder {
  readonly backoffMs: number;
}

export interface ContainerRunOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when `state` has changed. */
  readonly onChange: () => void;
}

/** A supervisor that has not made its claim by then may have been lost on the way. */
const launchAgainMs = 5_000;
const longestPauseMs = 100;

export class ContainerRun {
  readonly number: number;
  readonly folder: string;
  readonly order: RecordedOrder;
  readonly #options: ContainerRunOptions;
  readonly #closing = new AbortController();
  readonly #ended = new AbortController();
  #state: RunState = { type: 'starting' };
  #exit: RunExit | undefined;
  #started: Started | undefined;
  #link: SupervisorLink | undefined;
  /** Signals that were sent before the process was there to get them. */
  #pending: NodeJS.Signals[] = [];

  constructor(number: number, folder: string, order: RecordedOrder, options: ContainerRunOptions) {
    this.number = number;
    this.folder = folder;
    this.order = order;
    this.#options = options;
    this.#started = readJson<Started>(join(folder, 'started.json'));
    if (this.#started) this.#state = { type: 'running', startedAt: this.#started.startedAt };
    this.#hasEnded();
  }

  /** Writes the order, which is the beginning of the run: a provider that finds it carries it out. */
  static begin(number: number, folder: string, order: RecordedOrder, options: ContainerRunOptions): ContainerRun {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeJson(join(folder, 'order.json'), order);
    return new ContainerRun(number, folder, order, options);
  }

  /** The run in `folder`. Undefined if there is none: a folder without an order is a beginning that did not take place. */
  static find(number: number, folder: string, options: ContainerRunOptions): ContainerRun | undefined {
    const order = readJson<RecordedOrder>(join(folder, 'order.json'));
    return order && new ContainerRun(number, folder, order, options);
  }

  get state(): RunState {
    return this.#state;
  }

  get exit(): RunExit | undefined {
    return this.#exit;
  }

  /** Aborts when the run has ended, or is no longer followed. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The process while it runs; also the number of its session. */
  get pid(): number | undefined {
    return this.#state.type === 'running' ? this.#started?.pid : undefined;
  }

  /** What a further command of the container is run in. */
  get surroundings(): Surroundings {
    const { cwd, env, mounts } = this.order;
    const pid = this.#started?.namespace;
    return { cwd, env, joined: mounts && pid !== undefined ? { tools: mounts, pid } : undefined };
  }

  /** Starts the run if nobody has, and follows it to its end. Until `close`. */
  follow(): void {
    if (this.#state.type !== 'ended') void this.#follow();
  }

  /** To the process and its group. SIGKILL reaches also those that have left it. */
  signal(signal: NodeJS.Signals): void {
    if (this.#link && this.#state.type === 'running') this.#link.signal(signal);
    else this.#pending.push(signal);
  }

  /** A connection to the streams of the process. Rejects if it does not run. */
  attach(options: LinkOptions): Promise<SupervisorLink> {
    return SupervisorLink.open(this.order.socket, options);
  }

  /** Ends the following. The process runs on. */
  close(): void {
    this.#closing.abort();
    this.#ended.abort();
    this.#link?.close();
  }

  async #follow(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#closing;
    let launchAt = 0;
    for (let pauseMs = 2; !signal.aborted && !this.#hasEnded(); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const holder = claimOf(join(this.folder, 'claim'));
      if (holder === undefined && clock.now() >= launchAt) {
        launchSupervisor(this.folder, logger);
        launchAt = clock.now() + launchAgainMs;
      }
      if (holder?.alive) await this.#listen();
      else if (holder && !this.#hasEnded()) await this.#bury();
      if (!this.#hasEnded()) await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
    if (this.#exit) this.#options.onChange();
  }

  async #listen(): Promise<void> {
    const hello: Hello = { stdin: false, stdout: false, stderr: false };
    const onStarted = (started: Started): void => this.#hasStarted(started);
    const link = await SupervisorLink.open(this.order.socket, { hello, onStarted }).catch(() => undefined);
    this.#link = link;
    if (this.#closing.signal.aborted) link?.close();
    await link?.closed;
    this.#link = undefined;
  }

  #hasStarted(started: Started): void {
    this.#started = started;
    if (this.#state.type === 'starting') this.#state = { type: 'running', startedAt: started.startedAt };
    this.#options.onChange();
    for (const signal of this.#pending.splice(0)) this.#link?.signal(signal);
  }

  /** Whether the folder says so. */
  #hasEnded(): boolean {
    this.#exit ??= readJson<RunExit>(join(this.folder, 'exit.json'));
    if (this.#exit === undefined) return false;
    const { exitCode, startedAt, finishedAt } = this.#exit;
    this.#state = { type: 'ended', exitCode, finishedAt, ...(startedAt !== undefined && { startedAt }) };
    this.#ended.abort();
    return true;
  }

  /** The supervisor died, by somebody's hand or with the machine: nobody knows how the process ends, so it is ended. */
  async #bury(): Promise<void> {
    const { clock, logger } = this.#options;
    const { mark } = this.order;
    logger.error({ run: mark }, 'supervisor is gone; what is left of the container is killed');
    if (this.#started && isAlive(this.#started)) kill(-this.#started.pid, 'SIGKILL');
    await killAllMarked(mark);
    const exit: RunExit = {
      exitCode: 137,
      ...(this.#started && { startedAt: this.#started.startedAt }),
      finishedAt: clock.now(),
      reason: 'ContainerStatusUnknown',
      message: 'The supervisor of the container ended before the container did, and nobody knows its exit code',
    };
    writeJson(join(this.folder, 'exit.json'), exit);
  }
}
