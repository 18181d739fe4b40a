/**
 * One container from its first start to the end of its group: state, previous state, restarts by policy with backoff,
 * events, log. Where it runs is the machine's affair (`machine.ts`); how it shows is the view's (`cloud/view.ts`).
 *
 * 1. It is started again only while `#wanted`, which `stop` ends for good until the next `start`.
 * 2. There is at most one restart timer, and none once `stop` has been called.
 */
import type { Clock, Timer } from 'vk-sdk';
import { EventList } from '../cloud/event-list.js';
import type { RestartPolicy, WireContainer, WireState } from '../cloud/wire.js';
import { LogRing } from './log-ring.js';
import type { Machine, RunningContainer } from './machine.js';

/** The first restart is at once, later ones after 10 s, doubled up to 5 min: the kubelet's, which the cloud's resembles. */
const firstBackoffMs = 10_000;
const maxBackoffMs = 300_000;

export class ContainerLife {
  readonly spec: WireContainer;
  readonly log: LogRing;
  readonly events: EventList;
  readonly #clock: Clock;
  readonly #policy: RestartPolicy;
  readonly #changed: () => void;
  #state: WireState = { state: 'Waiting', detailStatus: '' };
  #previous: WireState | undefined;
  #restarts = 0;
  #wanted = false;
  #machine: Machine | undefined;
  #running: RunningContainer | undefined;
  #timer: Timer | undefined;

  /** `changed` is called after each change of the state. */
  constructor(spec: WireContainer, policy: RestartPolicy, clock: Clock, changed: () => void) {
    this.spec = spec;
    this.log = new LogRing(clock);
    this.events = new EventList(clock);
    this.#policy = policy;
    this.#clock = clock;
    this.#changed = changed;
  }

  get state(): WireState {
    return this.#state;
  }

  get previousState(): WireState | undefined {
    return this.#previous;
  }

  get restartCount(): number {
    return this.#restarts;
  }

  /** Whether it has ended and will not be started again. */
  get finished(): boolean {
    return this.#state.state === 'Terminated' && this.#timer === undefined;
  }

  start(machine: Machine): void {
    this.#wanted = true;
    this.#machine = machine;
    this.#run();
  }

  async stop(graceMs: number): Promise<void> {
    this.#wanted = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#running?.end(graceMs);
  }

  #run(): void {
    this.#timer = undefined;
    if (!this.#wanted || this.#machine === undefined) return;
    if (this.#state.state === 'Terminated') {
      this.#previous = this.#state;
      this.#restarts += 1;
    }
    const startedMs = this.#clock.now();
    this.#running = this.#machine.start(this.spec, this.log, (exitCode) => this.#ended(startedMs, exitCode));
    this.#state = { state: 'Running', startTime: new Date(startedMs).toISOString(), detailStatus: '' };
    this.events.add('Started', 'Started container');
    this.#changed();
  }

  #ended(startedMs: number, exitCode: number): void {
    this.#running = undefined;
    this.#state = {
      state: 'Terminated',
      startTime: new Date(startedMs).toISOString(),
      finishTime: new Date(this.#clock.now()).toISOString(),
      exitCode,
      detailStatus: exitCode === 0 ? 'Completed' : 'Error',
    };
    if (!this.#wanted) this.events.add('Killing', 'Killing container');
    const again = this.#wanted && (this.#policy === 'Always' || (this.#policy === 'OnFailure' && exitCode !== 0));
    if (again) this.#restartLater();
    this.#changed();
  }

  #restartLater(): void {
    const ended = this.#state;
    const delayMs =
      this.#restarts === 0 ? 0 : Math.min(firstBackoffMs * 2 ** Math.min(this.#restarts - 1, 10), maxBackoffMs);
    if (delayMs > 0) this.events.add('BackOff', 'Back-off restarting failed container', 'Warning');
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#state = ended;
      this.#run();
    });
    if (delayMs === 0) return;
    this.#previous = ended;
    this.#state = { state: 'Waiting', detailStatus: 'CrashLoopBackOff: Back-off restarting failed' };
  }
}
