/**
 * One pod: asks the plan what is due, does it, and tells what has become of it. Neighbours: `../decide/pod-plan.ts` (what
 * is due), `container-life.ts` (a container), `../decide/pod-report.ts` (the status).
 *
 * Invariants
 * 1. The pod is on disk before any of it runs, and gone from disk only when nothing of it runs.
 * 2. One look at a time: what happens during it leads to another one.
 */
import { isSidecar, isTerminalPhase, type Pod, type PodInputs, type PodStatus, type Timer } from 'vk-sdk';
import { planPod, type PodPlan, type PodView, type Role } from '../decide/pod-plan.js';
import { reportPod } from '../decide/pod-report.js';
import { readJson, writeJson } from '../disk/json-file.js';
import type { PodFolder } from '../disk/state-folder.js';
import { killMarked } from '../supervisor/marks.js';
import { ContainerLife } from './container-life.js';
import type { PodContext } from './context.js';
import { PodSupply } from './pod-supply.js';

type Stop = NonNullable<PodView['stop']>;

export interface PodLifeOptions {
  /** Called after every change of `status`. */
  readonly onStatus: (life: PodLife) => void;
  /** Called once, when the pod was to stop, and is gone with all it had. */
  readonly onGone: (life: PodLife) => void;
}

export class PodLife {
  readonly uid: string;
  readonly #folder: PodFolder;
  readonly #context: PodContext;
  readonly #options: PodLifeOptions;
  readonly #supply: PodSupply;
  readonly #containers = new Map<string, ContainerLife>();
  #pod: Pod;
  #status: PodStatus | undefined;
  #stop: Stop | undefined;
  #timer: Timer | undefined;
  #isLooking = false;
  #lookAgain = false;
  #closed = false;

  private constructor(pod: Pod, supply: PodSupply, folder: PodFolder, context: PodContext, options: PodLifeOptions) {
    this.uid = pod.metadata.uid ?? '';
    this.#pod = pod;
    this.#folder = folder;
    this.#context = context;
    this.#options = options;
    this.#supply = supply;
  }

  /**
   * A new pod, with what it brings with it. It is on disk when this resolves; `start` makes it run. Rejects, and leaves
   * nothing, while something that it needs is missing, or cannot be written.
   */
  static async create(
    pod: Pod,
    inputs: PodInputs | undefined,
    context: PodContext,
    options: PodLifeOptions,
  ): Promise<PodLife> {
    const folder = context.state.pod(pod.metadata.uid ?? '');
    const supply = new PodSupply(folder, context.address, inputs);
    const volumes = await supply.volumes(pod);
    try {
      supply.record(pod);
      await supply.write(volumes);
      writeJson(folder.pod, pod);
    } catch (error) {
      // Nobody would come back for it if the pod went before the next attempt: there are secrets in it.
      folder.remove();
      throw error;
    }
    return new PodLife(pod, supply, folder, context, options);
  }

  /** The pod that another provider has left in `folder`. Undefined if it had not taken it over yet. */
  static find(folder: PodFolder, context: PodContext, options: PodLifeOptions): PodLife | undefined {
    const pod = readJson<Pod>(folder.pod);
    if (!pod) return undefined;
    const life = new PodLife(pod, new PodSupply(folder, context.address), folder, context, options);
    life.#status = readJson<PodStatus>(folder.status);
    life.#stop = readJson<Stop>(folder.stop);
    return life;
  }

  get status(): PodStatus {
    return this.#status ?? {};
  }

  /** The pod with its status, as a provider answers it. */
  get pod(): Pod {
    return { ...this.#pod, status: this.status };
  }

  get folder(): PodFolder {
    return this.#folder;
  }

  get containers(): Iterable<ContainerLife> {
    return this.#containers.values();
  }

  container(name: string): ContainerLife | undefined {
    return this.#containers.get(name);
  }

  start(): void {
    this.#addContainers();
    this.#look();
  }

  /** Labels, annotations, resources and ephemeral containers may have changed. */
  update(pod: Pod): void {
    writeJson(this.#folder.pod, pod);
    this.#pod = pod;
    for (const container of this.#containers.values()) container.update(pod);
    this.#addContainers();
    this.#look();
  }

  /** What it brings with it is something else now, or there is somebody to ask again. */
  async updateInputs(pod: Pod, inputs: PodInputs | undefined): Promise<void> {
    this.#supply.take(inputs);
    this.update(pod);
    const volumes = await this.#supply.updates();
    // The folder of a pod that has gone meanwhile is not made again.
    if (!this.#closed) await this.#supply.write(volumes);
  }

  /** Has the pod stop and go. May be called again, with less time. */
  stop(graceMs: number): void {
    const now = this.#context.clock.now();
    if (this.#stop && this.#stop.since + this.#stop.graceMs <= now + graceMs) return;
    this.#stop = { since: now, graceMs };
    writeJson(this.#folder.stop, this.#stop);
    this.#look();
  }

  /** Stops looking after the pod, which runs on. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const container of this.#containers.values()) container.close();
  }

  #addContainers(): void {
    const { initContainers = [], containers, ephemeralContainers = [] } = this.#pod.spec;
    for (const init of initContainers) this.#add(isSidecar(init) ? 'sidecar' : 'init', init.name);
    for (const { name } of containers) this.#add('main', name);
    for (const { name } of ephemeralContainers) this.#add('ephemeral', name);
  }

  #add(role: Role, name: string): void {
    if (this.#containers.has(name)) return;
    const container = new ContainerLife(role, name, this.#pod, this.#folder, this.#supply, this.#context, () =>
      this.#look(),
    );
    this.#containers.set(name, container);
    container.adopt();
  }

  /** Invariant 2. */
  #look(): void {
    this.#lookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#lookAgain && !this.#closed) {
        this.#lookAgain = false;
        this.#act();
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #act(): void {
    const { clock, backoff } = this.#context;
    const containers = [...this.#containers.values()];
    const plan = planPod(this.#view(containers), clock.now(), backoff);
    // Before what is started has changed it: an end is told, also of a run that is followed by the next at once.
    this.#tell(plan);
    for (const next of plan.start) this.#containers.get(next.name)?.start(next);
    for (const { name, killAt } of plan.stop) this.#containers.get(name)?.stop(killAt);
    this.#timer?.cancel();
    if (plan.lookAgainAt !== undefined) {
      this.#timer = clock.setTimer(Math.max(plan.lookAgainAt - clock.now(), 0), () => this.#look());
    }
    if (plan.start.length > 0) this.#lookAgain = true;
    if (plan.ended && this.#stop) this.#leave();
  }

  #view(containers: readonly ContainerLife[]): PodView {
    const { terminationGracePeriodSeconds = 30, activeDeadlineSeconds } = this.#pod.spec;
    const startedAt = this.#status?.startTime === undefined ? undefined : Date.parse(this.#status.startTime);
    const graceMs = terminationGracePeriodSeconds * 1_000;
    const isOver = isTerminalPhase(this.#status?.phase);
    // A phase that is terminal stays so: nothing starts again, whatever the restart policy.
    const stop = this.#stop ?? (isOver ? { since: this.#context.clock.now(), graceMs } : undefined);
    return {
      containers: containers.map(({ view }) => view),
      graceMs,
      ...(stop && { stop }),
      ...(activeDeadlineSeconds !== undefined &&
        startedAt !== undefined &&
        !isOver && { activeUntil: startedAt + activeDeadlineSeconds * 1_000 }),
    };
  }

  #tell(plan: PodPlan): void {
    const { clock, address } = this.#context;
    const facts = [...this.#containers.values()].map((container) => container.facts);
    const status = reportPod(this.#pod, facts, {
      now: clock.now(),
      address,
      previous: this.#status,
      plan,
      stopped: this.#stop !== undefined,
    });
    if (JSON.stringify(status) === JSON.stringify(this.#status)) return;
    this.#status = status;
    writeJson(this.#folder.status, status);
    this.#options.onStatus(this);
  }

  /** Nothing runs that is known. What has slipped out of its container's group is still marked as the pod's. */
  #leave(): void {
    this.close();
    killMarked(`${this.uid}/`);
    this.#folder.remove();
    this.#options.onGone(this);
  }
}
