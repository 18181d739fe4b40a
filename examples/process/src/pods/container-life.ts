/**
 * One container of a pod: its runs, one after the other, with their probes and hooks. It does what it is told by the
 * pod's plan, and says how things are. Neighbours: `pod-life.ts` (its pod), `container-stop.ts`, `../runs/` (a run).
 */
import { join } from 'node:path';
import { VkError, type Container, type Pod } from 'vk-sdk';
import { containerCommand } from '../decide/container-command.js';
import type { ContainerView, Role } from '../decide/pod-plan.js';
import type { ContainerFacts, RunEnd } from '../decide/pod-report.js';
import { restartPolicyOf, type NextRun } from '../decide/restart.js';
import { readJson, writeJson } from '../disk/json-file.js';
import type { PodFolder } from '../disk/state-folder.js';
import { ContainerProbes, type Health } from '../probes/container-probes.js';
import { ContainerRun, type ContainerRunOptions } from '../runs/container-run.js';
import { runCommand } from '../streams/command.js';
import { ContainerStop } from './container-stop.js';
import type { PodContext } from './context.js';
import { runHook } from './hook.js';
import { prepareContainer } from './prepare.js';
import { readTerminationMessage } from './termination-message.js';

/** What is kept of a run beside what its supervisor writes: `health.json` and `message.json` in its folder. */
type RecordedHealth = Pick<Health, 'started' | 'ready'> & { readonly hookDone: boolean };

/** After a failure that is the machine's, such as a full disk. */
const retryMs = 10_000;

export class ContainerLife {
  readonly name: string;
  readonly role: Role;
  readonly #context: PodContext;
  readonly #folder: PodFolder;
  readonly #onChange: () => void;
  #pod: Pod;
  #run: ContainerRun | undefined;
  #previous: ContainerRun | undefined;
  #probes: ContainerProbes | undefined;
  #stop: ContainerStop | undefined;
  #hook: AbortController | undefined;
  #hookDone = false;
  #unhealthySince: { readonly since: number; readonly graceMs: number } | undefined;
  /** Why the container could not be started, and when to try again. */
  #failure: { readonly message: string; readonly retryAt: number } | undefined;
  readonly #messages = new WeakMap<ContainerRun, { readonly message?: string }>();

  constructor(role: Role, name: string, pod: Pod, folder: PodFolder, context: PodContext, onChange: () => void) {
    this.name = name;
    this.role = role;
    this.#pod = pod;
    this.#folder = folder;
    this.#context = context;
    this.#onChange = onChange;
  }

  get run(): ContainerRun | undefined {
    return this.#run;
  }

  /** The run before that. */
  get previous(): ContainerRun | undefined {
    return this.#previous;
  }

  /** The spec of the container as it is now. */
  get spec(): Container {
    const { initContainers = [], containers, ephemeralContainers = [] } = this.#pod.spec;
    const found = [...initContainers, ...containers, ...(ephemeralContainers as Container[])].find(
      ({ name }) => name === this.name,
    );
    if (!found) throw new VkError('Internal', `container ${this.name}: no longer in its pod`);
    return found;
  }

  get view(): ContainerView {
    const { restartPolicy } = this.#pod.spec;
    const never = { policy: 'Never', rules: [] };
    return {
      name: this.name,
      role: this.role,
      restart: this.role === 'ephemeral' ? never : restartPolicyOf(this.spec, restartPolicy, this.role === 'init'),
      ...(this.#run && {
        run: { number: this.#run.number, backoffMs: this.#run.order.backoffMs, state: this.#run.state },
      }),
      started: this.#isStarted(),
      ...(this.#failure && { notBefore: this.#failure.retryAt }),
      ...(this.#unhealthySince && { unhealthy: this.#unhealthySince }),
    };
  }

  get facts(): ContainerFacts {
    const { exit } = this.#run ?? {};
    const lastEnd = this.#previous && this.#endOf(this.#previous);
    const message = this.#run && exit && this.#messageOf(this.#run);
    const { reason } = exit ?? {};
    return {
      name: this.name,
      ...(this.#run && {
        run: {
          number: this.#run.number,
          state: this.#run.state,
          ...(reason !== undefined && { reason }),
          ...(message !== undefined && { message }),
        },
      }),
      ...(lastEnd && { lastEnd }),
      started: this.#isStarted(),
      ready: this.#isStarted() && (this.#probes?.health.ready ?? false),
      ...(this.#failure && { impossible: this.#failure.message }),
    };
  }

  update(pod: Pod): void {
    this.#pod = pod;
  }

  /** Takes up the runs that are on disk, the last two of them. Those before are done with. */
  adopt(): void {
    const folder = this.#folder.container(this.name);
    const numbers = folder.runs();
    const runs = numbers.flatMap((number) => ContainerRun.find(number, folder.run(number), this.#runOptions()) ?? []);
    this.#previous = runs.at(-2);
    const latest = runs.at(-1);
    if (latest) this.#take(latest);
  }

  /** Begins a run. That there is one of that number already means that another provider was here: it is taken up. */
  start({ number, backoffMs }: NextRun): void {
    const { state, rotation, path } = this.#context;
    const folder = this.#folder.container(this.name);
    try {
      const { spec } = this;
      prepareContainer(this.#folder, this.#pod, spec, number);
      const command = containerCommand(this.#pod, spec, { root: folder.root, run: number, path });
      const order = {
        ...command,
        backoffMs,
        tty: spec.tty ?? false,
        stdin: spec.stdin ?? false,
        stdinOnce: spec.stdinOnce ?? false,
        log: folder.log(number),
        socket: state.socket(command.mark),
        rotation,
      };
      if (number > 1) folder.removeRun(number - 2);
      this.#previous = this.#run;
      this.#take(ContainerRun.begin(number, folder.run(number), order, this.#runOptions()));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#failure = { message, retryAt: this.#context.clock.now() + retryMs };
      this.#context.logger.error({ container: this.name, err: error }, 'container could not be started');
    }
  }

  /** Has it stop by `killAt`. May be called again, with an earlier time too. */
  stop(killAt: number): void {
    const run = this.#run;
    if (!run || run.state.type === 'ended') return;
    this.#hook?.abort();
    this.#probes?.close();
    this.#stop ??= new ContainerStop(run, this.spec, this.#context);
    this.#stop.killAt(killAt);
  }

  /** Stops looking after it. It runs on. */
  close(): void {
    this.#hook?.abort();
    this.#probes?.close();
    this.#stop?.close();
    this.#run?.close();
  }

  #runOptions(): ContainerRunOptions {
    const { clock, logger } = this.#context;
    return { clock, logger, onChange: () => this.#runChanged() };
  }

  #take(run: ContainerRun): void {
    this.#failure = undefined;
    this.#unhealthySince = undefined;
    this.#hookDone = false;
    this.#probes = undefined;
    this.#stop = undefined;
    this.#run = run;
    if (run.state.type === 'running') this.#running(run, run.state.startedAt);
    run.follow();
  }

  #runChanged(): void {
    const run = this.#run;
    if (run?.state.type === 'running') this.#running(run, run.state.startedAt);
    if (run?.state.type === 'ended') {
      this.#hook?.abort();
      this.#probes?.close();
      this.#stop?.close();
    }
    this.#onChange();
  }

  /** Once for each run that this provider sees running. */
  #running(run: ContainerRun, startedAt: number): void {
    if (this.#probes) return;
    const { clock, logger, loopback } = this.#context;
    const recorded = readJson<RecordedHealth>(join(run.folder, 'health.json'));
    const probes = new ContainerProbes(
      {
        container: this.spec,
        host: loopback,
        exec: (command, signal) => runCommand(run.order, command, signal),
      },
      { clock, logger, startedAt, previous: recorded, onChange: (health) => this.#healthChanged(run, health) },
    );
    this.#probes = probes;
    void this.#begin(run, probes, recorded?.hookDone ?? false);
  }

  /** The postStart hook first: until it is through the container counts as not started. */
  async #begin(run: ContainerRun, probes: ContainerProbes, hookDone: boolean): Promise<void> {
    const hook = this.spec.lifecycle?.postStart;
    if (hook && !hookDone) {
      this.#hook = new AbortController();
      try {
        await runHook(hook, run.order, this.#context.clock, this.#hook.signal);
      } catch (err) {
        if (this.#hook.signal.aborted) return;
        this.#context.logger.warn({ container: this.name, err }, 'postStart hook failed; the container is stopped');
        this.#setUnhealthy(this.#graceMs());
        this.#onChange();
        return;
      }
    }
    this.#hookDone = true;
    this.#record(run, probes.health);
    probes.start();
    this.#onChange();
  }

  #healthChanged(run: ContainerRun, health: Health): void {
    if (run !== this.#run || run.state.type !== 'running') return;
    this.#record(run, health);
    if (!health.alive) {
      const { livenessProbe, startupProbe } = this.spec;
      const own = (health.started ? livenessProbe : startupProbe)?.terminationGracePeriodSeconds;
      this.#context.logger.warn({ container: this.name, run: run.number }, 'container is stopped: its probe fails');
      this.#setUnhealthy(own === undefined ? this.#graceMs() : own * 1_000);
    }
    this.#onChange();
  }

  #setUnhealthy(graceMs: number): void {
    this.#unhealthySince ??= { since: this.#context.clock.now(), graceMs };
  }

  #record(run: ContainerRun, { started, ready }: Health): void {
    writeJson(join(run.folder, 'health.json'), { started, ready, hookDone: this.#hookDone } satisfies RecordedHealth);
  }

  #graceMs(): number {
    return (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
  }

  #isStarted(): boolean {
    return this.#run?.state.type === 'running' && this.#hookDone && (this.#probes?.health.started ?? false);
  }

  #endOf(run: ContainerRun): RunEnd | undefined {
    if (run.state.type !== 'ended') return undefined;
    const message = this.#messageOf(run);
    const { reason } = run.exit ?? {};
    return { ...run.state, ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) };
  }

  /** Read once, at the end: the next run finds the file empty. */
  #messageOf(run: ContainerRun): string | undefined {
    const { exit } = run;
    if (exit === undefined || exit.message !== undefined) return exit?.message;
    const path = join(run.folder, 'message.json');
    let known = this.#messages.get(run) ?? readJson<{ readonly message?: string }>(path);
    if (!known) {
      const folder = this.#folder.container(this.name);
      const message = readTerminationMessage(this.spec, folder.root, folder.log(run.number), exit.exitCode);
      known = message === undefined ? {} : { message };
      writeJson(path, known);
    }
    this.#messages.set(run, known);
    return known.message;
  }
}
