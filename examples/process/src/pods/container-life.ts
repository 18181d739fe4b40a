/**
 * One container of a pod: its runs, one after the other. It does what it is told by the pod's plan, and says how things
 * are. Neighbours: `pod-life.ts` (its pod), `run-health.ts` (hooks and probes of a run), `container-stop.ts` (its end),
 * `../runs/container-run.ts` (the run itself).
 */
import { VkError, type Container, type Pod } from 'vk-sdk';
import { containerCommand, type Variables } from '../decide/container-command.js';
import type { ContainerView, Role } from '../decide/pod-plan.js';
import type { ContainerFacts, RunFacts } from '../decide/pod-report.js';
import { restartPolicyOf, type NextRun } from '../decide/restart.js';
import type { PodFolder } from '../disk/state-folder.js';
import { ContainerRun, type ContainerRunOptions } from '../runs/container-run.js';
import type { RunMounts } from '../supervisor/namespace.js';
import { ContainerStop } from './container-stop.js';
import type { PodContext } from './context.js';
import { linkMounts, mountsOf, prepareContainer, stageMounts } from './container-files.js';
import type { PodSupply } from './pod-supply.js';
import { RunHealth } from './run-health.js';
import { terminationMessageOf } from './termination-message.js';

/** After a failure that is the machine's, such as a full disk. */
const retryMs = 10_000;

export class ContainerLife {
  readonly name: string;
  readonly role: Role;
  readonly #context: PodContext;
  readonly #folder: PodFolder;
  readonly #supply: PodSupply;
  readonly #onChange: () => void;
  #pod: Pod;
  #run: ContainerRun | undefined;
  #previous: ContainerRun | undefined;
  /** Of the run, once it has been seen running. */
  #health: RunHealth | undefined;
  #stop: ContainerStop | undefined;
  /** Why the container could not be started, and when to try again. */
  #failure: { readonly message: string; readonly retryAt: number } | undefined;

  constructor(
    role: Role,
    name: string,
    pod: Pod,
    folder: PodFolder,
    supply: PodSupply,
    context: PodContext,
    onChange: () => void,
  ) {
    this.name = name;
    this.role = role;
    this.#pod = pod;
    this.#folder = folder;
    this.#supply = supply;
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
      started: this.#health?.started ?? false,
      ...(this.#failure && { notBefore: this.#failure.retryAt }),
      ...(this.#health?.unhealthy && { unhealthy: this.#health.unhealthy }),
    };
  }

  get facts(): ContainerFacts {
    return {
      name: this.name,
      ...(this.#run && { run: this.#factsOf(this.#run) }),
      ...(this.#previous && { previous: this.#factsOf(this.#previous) }),
      started: this.#health?.started ?? false,
      ready: this.#health?.ready ?? false,
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
      const variables = this.#supply.variables(this.#pod, spec.name);
      prepareContainer(this.#folder, spec, number);
      const mounts = this.#mount(spec, variables);
      const volumesBelowRoot = mounts === undefined;
      const options = { root: folder.root, run: number, path, variables, volumesBelowRoot };
      const command = containerCommand(this.#pod, spec, options);
      const order = {
        ...command,
        ...(mounts && { mounts }),
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
    this.#health?.close();
    this.#stop ??= new ContainerStop(run, this.spec, this.#context);
    this.#stop.killAt(killAt);
  }

  /** Stops looking after it. It runs on. */
  close(): void {
    this.#health?.close();
    this.#stop?.close();
    this.#run?.close();
  }

  /** Puts the volumes where the container finds them. Answers undefined if that is below its own directory. */
  #mount(spec: Container, variables: Variables): RunMounts | undefined {
    const folder = this.#folder.container(this.name);
    const { logger } = this.#context;
    const tools = this.#context.namespaces();
    const mounts = mountsOf(this.#folder, this.#pod, spec, variables);
    const fault = tools && mounts.length > 0 ? stageMounts(this.#folder, spec, mounts) : undefined;
    if (tools && fault === undefined) return mounts.length > 0 ? { ...tools, stage: folder.mounts } : undefined;
    if (fault !== undefined) logger.warn({ container: this.name, reason: fault }, 'volumes are below POD_ROOT');
    linkMounts(folder.root, mounts);
    return undefined;
  }

  #runOptions(): ContainerRunOptions {
    const { clock, logger } = this.#context;
    return { clock, logger, onChange: () => this.#runChanged() };
  }

  #take(run: ContainerRun): void {
    this.#failure = undefined;
    this.#health = undefined;
    this.#stop = undefined;
    this.#run = run;
    this.#see(run);
    run.follow();
  }

  #runChanged(): void {
    if (this.#run) this.#see(this.#run);
    this.#onChange();
  }

  #see(run: ContainerRun): void {
    if (run.state.type === 'ended') {
      this.#health?.close();
      this.#health = undefined;
      this.#stop?.close();
    } else if (run.state.type === 'running' && !this.#health) {
      const graceMs = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
      const { startedAt } = run.state;
      this.#health = new RunHealth(run, startedAt, this.spec, graceMs, this.#context, this.#onChange);
      this.#health.start();
    }
  }

  #factsOf(run: ContainerRun): RunFacts {
    const { number, state, exit } = run;
    const folder = this.#folder.container(this.name);
    const message = exit && (exit.message ?? terminationMessageOf(run, exit.exitCode, this.spec, folder.root));
    return {
      number,
      state,
      ...(exit?.reason !== undefined && { reason: exit.reason }),
      ...(message !== undefined && { message }),
    };
  }
}
