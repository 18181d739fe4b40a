/**
 * One container group: what was asked for, and what has become of it. What the API makes of it is in `container-groups.ts`,
 * how it shows in `view.ts`, its containers in `run/container-life.ts`.
 *
 * 1. `transition` is the one operation under way; while there is one, no other begins.
 * 2. After `dispose` nothing of it runs, and nothing of it changes.
 */
import type { Clock } from 'vk-sdk';
import { ContainerLife } from '../run/container-life.js';
import type { ImageScript } from '../run/image-script.js';
import type { Machine, NewMachine } from '../run/machine.js';
import { draw, type EmulatorLatencies } from '../options.js';
import { EventList } from './event-list.js';
import type { CloudOperation } from './operation-list.js';
import type { InstanceState, ProvisioningState, WireContainer, WireGroup } from './wire.js';

export interface GroupContext {
  readonly clock: Clock;
  readonly latencies: EmulatorLatencies;
  readonly images: Readonly<Record<string, ImageScript>>;
  readonly newMachine: NewMachine;
  /** Resolves when provisioning of the group of that name may go on: at once unless it was made to stick. */
  readonly mayProceed: (name: string, signal: AbortSignal) => Promise<void>;
}

/** How long containers have to end before they are killed. */
const graceMs = 5_000;

/** Provisioning that ends badly, with what the operation then says. */
export class ProvisioningError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class Group {
  readonly name: string;
  readonly ip: string;
  readonly createdMs: number;
  readonly events: EventList;
  spec: WireGroup;
  provisioningState: ProvisioningState = 'Pending';
  transition: { readonly operation: CloudOperation; readonly kind: 'provision' | 'stop' | 'delete' } | undefined;
  containers: readonly ContainerLife[] = [];
  initContainers: readonly ContainerLife[] = [];
  readonly #context: GroupContext;
  readonly #stopping = new AbortController();
  #waiters: (() => void)[] = [];
  #machine: Machine | undefined;
  #stopped = false;

  constructor(name: string, spec: WireGroup, ip: string, context: GroupContext) {
    this.name = name;
    this.spec = spec;
    this.ip = ip;
    this.createdMs = context.clock.now();
    this.events = new EventList(context.clock);
    this.#context = context;
    this.#renew();
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** What the instance view says. */
  get state(): InstanceState {
    if (this.#stopped) return 'Stopped';
    if (this.provisioningState === 'Failed') return 'Failed';
    if (this.initContainers.some((life) => life.finished && life.state.exitCode !== 0)) return 'Failed';
    if (this.provisioningState !== 'Succeeded') return 'Pending';
    if (!this.containers.every((life) => life.finished)) return 'Running';
    return this.containers.every((life) => life.state.exitCode === 0) ? 'Succeeded' : 'Failed';
  }

  container(name: string): ContainerLife | undefined {
    return [...this.containers, ...this.initContainers].find((life) => life.spec.name === name);
  }

  get machine(): Machine | undefined {
    return this.#machine;
  }

  /** Another specification for the same group. Its containers begin anew. */
  async replace(spec: WireGroup): Promise<void> {
    this.provisioningState = 'Pending';
    await this.#halt();
    this.spec = spec;
    this.#renew();
  }

  /** From acceptance to running containers. Rejects with a {@link ProvisioningError}, or with the signal's reason. */
  async provision(): Promise<void> {
    const { latencies, mayProceed } = this.#context;
    this.#stopped = false;
    this.provisioningState = 'Pending';
    try {
      await this.#pause(draw(latencies.pending));
      await mayProceed(this.name, this.signal);
      this.provisioningState = 'Creating';
      await this.#pull();
      await mayProceed(this.name, this.signal);
      const machine = await this.#ownMachine();
      await this.#runInitContainers(machine);
      for (const life of this.containers) life.start(machine);
      this.provisioningState = 'Succeeded';
    } catch (error) {
      if (!this.signal.aborted) this.provisioningState = 'Failed';
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#pause(draw(this.#context.latencies.stop));
    await this.#halt();
    this.#stopped = true;
  }

  async restart(): Promise<void> {
    await this.#pause(draw(this.#context.latencies.stop));
    await Promise.all(this.containers.map((life) => life.stop(graceMs)));
    const machine = this.#machine;
    if (machine) for (const life of this.containers) life.start(machine);
  }

  /** Ends what runs, in good order if `politely`, and leaves nothing. */
  async dispose(politely: boolean): Promise<void> {
    this.#stopping.abort(new Error(`container group ${this.name} is gone`));
    await this.#halt(politely ? graceMs : 0);
  }

  /** As {@link dispose}, after the time that a deletion takes. */
  async remove(): Promise<void> {
    await this.#pause(draw(this.#context.latencies.delete));
    await this.dispose(true);
  }

  #renew(): void {
    const { restartPolicy, containers, initContainers = [] } = this.spec.properties;
    const changed = (): void => {
      for (const waiter of this.#waiters.splice(0)) waiter();
    };
    const lives = (specs: readonly WireContainer[], policy: typeof restartPolicy): ContainerLife[] =>
      specs.map((spec) => new ContainerLife(spec, policy, this.#context.clock, changed));
    this.containers = lives(containers, restartPolicy);
    this.initContainers = lives(initContainers, restartPolicy === 'Never' ? 'Never' : 'OnFailure');
  }

  async #halt(grace = graceMs): Promise<void> {
    await Promise.all([...this.containers, ...this.initContainers].map((life) => life.stop(grace)));
    await this.#machine?.[Symbol.asyncDispose]();
    this.#machine = undefined;
  }

  async #ownMachine(): Promise<Machine> {
    if (this.#machine) return this.#machine;
    const machine = await this.#context.newMachine(this.name, this.spec);
    if (this.signal.aborted) {
      await machine[Symbol.asyncDispose]();
      throw this.signal.reason;
    }
    this.#machine = machine;
    return machine;
  }

  async #pull(): Promise<void> {
    const lives = [...this.initContainers, ...this.containers];
    const pulled = new Set<string>();
    for (const { spec, events } of lives) {
      const { image } = spec.properties;
      const script = this.#context.images[image];
      events.add('Pulling', `pulling image "${image}"`);
      if (script?.pull === 'never') await this.#pause(Infinity);
      if (!pulled.has(image)) await this.#pause(draw(this.#context.latencies.pull));
      pulled.add(image);
      if (script?.pull === 'fails') {
        events.add('Failed', `Failed to pull image "${image}"`, 'Warning');
        throw new ProvisioningError('ContainerGroupDeploymentFailed', `Failed to pull image "${image}".`);
      }
      events.add('Pulled', `Successfully pulled image "${image}"`);
    }
  }

  async #runInitContainers(machine: Machine): Promise<void> {
    for (const life of this.initContainers) {
      life.start(machine);
      while (!life.finished) await this.#change();
      if (life.state.exitCode !== 0)
        throw new ProvisioningError('InitContainerFailed', `The init container '${life.spec.name}' failed.`);
    }
  }

  /** Resolves at the next change of a container's state. */
  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(this.signal.reason as Error);
        return;
      }
      const onAbort = (): void => reject(this.signal.reason as Error);
      this.signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(() => {
        this.signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  async #pause(ms: number): Promise<void> {
    if (this.signal.aborted) throw this.signal.reason;
    if (ms === Infinity) while (true) await this.#change();
    if (ms > 0) await this.#context.clock.sleep(ms, this.signal);
  }
}
