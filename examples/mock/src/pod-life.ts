/**
 * One pretended pod. Its containers start after a moment and run until the pod is deleted, or as long as its annotations
 * say; then they are restarted or not, as the restart policy has it. Neighbour: `mock-provider.ts`, which keeps these.
 */
import {
  buildPodStatus,
  running,
  terminated,
  waiting,
  type Clock,
  type ContainerReport,
  type ContainerState,
  type Pod,
  type PodStatus,
  type Timer,
} from 'vk-sdk';

/** How long the containers run: `2s`, `500ms`. Without it they do not end by themselves. */
export const completeAfterAnnotation = 'mock.vk-sdk.io/complete-after';
/** What they end with then. Default: 0. */
export const exitCodeAnnotation = 'mock.vk-sdk.io/exit-code';

export interface PodLifeOptions {
  readonly clock: Clock;
  readonly hostIP: string;
  readonly podIP: string;
  /** From the pod's creation to its containers' start. */
  readonly startDelayMs: number;
  /** Called after every change of `status`. */
  readonly onChange: (life: PodLife) => void;
}

export class PodLife {
  readonly podIP: string;
  readonly #options: PodLifeOptions;
  #pod: Pod;
  #status: PodStatus = {};
  #containers: Record<string, ContainerReport> = {};
  #restarts = 0;
  #timer: Timer | undefined;

  constructor(pod: Pod, options: PodLifeOptions) {
    this.podIP = options.podIP;
    this.#pod = pod;
    this.#options = options;
    if (options.startDelayMs === 0) {
      this.#begin();
    } else {
      this.#report({});
      this.#wait(options.startDelayMs, () => this.#begin());
    }
  }

  get status(): PodStatus {
    return this.#status;
  }

  /** The pod with its status, as a provider answers it. */
  get pod(): Pod {
    return { ...this.#pod, status: this.#status };
  }

  /** What a container does now, and how its run before this one ended. */
  statesOf(container: string): { readonly now?: ContainerState; readonly before?: ContainerState } {
    const { state, lastState } = this.#containers[container] ?? {};
    return { ...(state && { now: state }), ...(lastState && { before: lastState }) };
  }

  /** Takes over what changed: labels and annotations, images and resources, ephemeral containers. */
  update(pod: Pod): void {
    this.#pod = pod;
    const hasBegun = Object.keys(this.#containers).length > 0;
    if (hasBegun) this.#startNewOnes();
    this.#report({});
  }

  /** Terminates whatever runs, as a container that heeds its SIGTERM. */
  end(): void {
    this.#timer?.cancel();
    const { clock } = this.#options;
    for (const [name, report] of Object.entries(this.#containers)) {
      if (report.state?.running) this.#containers[name] = this.#terminate(report, 0, clock.now());
    }
    this.#report({ ended: true });
  }

  /** Stops the clock of a pod that nobody asks for any more. */
  forget(): void {
    this.#timer?.cancel();
  }

  #begin(): void {
    const now = this.#options.clock.now();
    for (const { name, restartPolicy } of this.#pod.spec.initContainers ?? []) {
      const started = this.#run(name, now);
      this.#containers[name] = restartPolicy === 'Always' ? started : this.#terminate(started, 0, now);
    }
    this.#startContainers();
  }

  #startContainers(): void {
    const now = this.#options.clock.now();
    for (const { name } of this.#pod.spec.containers) this.#containers[name] = this.#run(name, now);
    this.#startNewOnes();
    this.#report({});
    const completeAfterMs = this.#completeAfterMs();
    if (completeAfterMs !== undefined) this.#wait(completeAfterMs, () => this.#complete());
  }

  #startNewOnes(): void {
    const now = this.#options.clock.now();
    for (const { name } of this.#pod.spec.ephemeralContainers ?? []) this.#containers[name] ??= this.#run(name, now);
    for (const { name, resources } of this.#pod.spec.containers) {
      const report = this.#containers[name];
      if (report && resources) this.#containers[name] = { ...report, resources };
    }
  }

  #complete(): void {
    const now = this.#options.clock.now();
    const exitCode = Number(this.#pod.metadata.annotations?.[exitCodeAnnotation] ?? 0);
    const { restartPolicy = 'Always', containers } = this.#pod.spec;
    const isRestarted = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
    // Sidecars end once the containers have that they are there for.
    const names = isRestarted ? containers.map(({ name }) => name) : Object.keys(this.#containers);
    for (const name of names) {
      const report = this.#containers[name];
      const isMain = containers.some((container) => container.name === name);
      if (report?.state?.running) this.#containers[name] = this.#terminate(report, isMain ? exitCode : 0, now);
    }
    this.#report({});
    if (isRestarted) this.#backOff();
  }

  /** A second at first, twice as long each time, five minutes at most: in small the kubelet's way. */
  #backOff(): void {
    const delayMs = Math.min(1_000 * 2 ** this.#restarts, 300_000);
    for (const { name } of this.#pod.spec.containers) {
      const { state, ...report } = this.#containers[name] ?? {};
      const back = waiting('CrashLoopBackOff', `back-off ${delayMs / 1_000}s restarting container ${name}`);
      this.#containers[name] = { ...report, state: back, ...(state && { lastState: state }) };
    }
    this.#report({});
    this.#restarts++;
    this.#wait(delayMs, () => this.#startContainers());
  }

  #run(name: string, now: number): ContainerReport {
    const before = this.#containers[name];
    return {
      state: running({ startedAt: now }),
      ...(before?.lastState && { lastState: before.lastState }),
      restartCount: this.#restarts,
      containerID: `mock://${this.#pod.metadata.uid ?? ''}/${name}/${this.#restarts}`,
    };
  }

  #terminate(report: ContainerReport, exitCode: number, now: number): ContainerReport {
    const startedAt = report.state?.running?.startedAt;
    const { containerID } = report;
    const details = { exitCode, finishedAt: now, ...(startedAt && { startedAt }), ...(containerID && { containerID }) };
    return { ...report, state: terminated(details) };
  }

  #completeAfterMs(): number | undefined {
    const [, amount, unit] =
      /^(\d+)(ms|s|m)$/.exec(this.#pod.metadata.annotations?.[completeAfterAnnotation] ?? '') ?? [];
    return amount === undefined ? undefined : Number(amount) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : 60_000);
  }

  #wait(delayMs: number, then: () => void): void {
    this.#timer = this.#options.clock.setTimer(delayMs, then);
  }

  #report(more: { readonly ended?: boolean }): void {
    const { clock, hostIP, podIP } = this.#options;
    this.#status = buildPodStatus(this.#pod, {
      now: clock.now(),
      hostIP,
      podIP: this.#pod.spec.hostNetwork ? hostIP : podIP,
      containers: this.#containers,
      previous: this.#status,
      ...more,
    });
    this.#options.onChange(this);
  }
}
