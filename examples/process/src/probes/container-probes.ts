/**
 * Asks the probes of one run again and again, and tells when a verdict changes. What answers amount to is
 * `../decide/probe.ts`'s to say; how they are got is `check.ts`'s.
 */
import type { Clock, Container, Logger } from 'vk-sdk';
import { afterAnswer, initialProbeState, probeSettings, type ProbeKind } from '../decide/probe.js';
import { check, type CheckTarget } from './check.js';

type Probe = NonNullable<Container['livenessProbe']>;

/** What the probes say. Without a probe: as if it passed. */
export interface Health {
  readonly started: boolean;
  readonly ready: boolean;
  readonly alive: boolean;
}

export interface ContainerProbesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startedAt: number;
  /** What was found of the same run before, by another provider. */
  readonly previous: Pick<Health, 'started' | 'ready'> | undefined;
  readonly onChange: (health: Health) => void;
}

export class ContainerProbes {
  readonly #target: CheckTarget;
  readonly #options: ContainerProbesOptions;
  readonly #ended = new AbortController();
  #health: Health;

  constructor(target: CheckTarget, options: ContainerProbesOptions) {
    const { startupProbe, readinessProbe } = target.container;
    const { previous } = options;
    this.#target = target;
    this.#options = options;
    this.#health = {
      started: !startupProbe || previous?.started === true,
      ready: !readinessProbe || previous?.ready === true,
      alive: true,
    };
  }

  get health(): Health {
    return this.#health;
  }

  start(): void {
    void this.#run();
  }

  close(): void {
    this.#ended.abort();
  }

  async #run(): Promise<void> {
    const { startupProbe, livenessProbe, readinessProbe } = this.#target.container;
    // The others wait for the startup probe: it is there for programs that take long.
    if (startupProbe && !this.#health.started) await this.#repeat('startup', startupProbe);
    if (!this.#health.alive || this.#ended.signal.aborted) return;
    if (livenessProbe) void this.#repeat('liveness', livenessProbe);
    if (readinessProbe) void this.#repeat('readiness', readinessProbe);
  }

  async #repeat(kind: ProbeKind, probe: Probe): Promise<void> {
    const { clock, startedAt } = this.#options;
    const { signal } = this.#ended;
    const settings = probeSettings(probe);
    let state = initialProbeState(kind, kind === 'readiness' ? this.#health.ready : undefined);
    let waitMs = Math.max(startedAt + settings.initialDelayMs - clock.now(), 0);
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const answer = await this.#ask(kind, probe, settings.timeoutMs);
      if (answer === undefined) return;
      const before = state.passes;
      state = afterAnswer(state, answer, settings);
      if (state.passes !== undefined && state.passes !== before) this.#conclude(kind, state.passes);
      // A container that has started, or is to be killed, is not asked that any more.
      if (state.passes === false ? kind !== 'readiness' : state.passes && kind === 'startup') return;
      waitMs = settings.periodMs;
    }
  }

  /** Undefined if the run ended meanwhile. */
  async #ask(kind: ProbeKind, probe: Probe, timeoutMs: number): Promise<boolean | undefined> {
    const { clock, logger } = this.#options;
    const late = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      await check(probe, this.#target, AbortSignal.any([late.signal, this.#ended.signal]));
      return true;
    } catch (error) {
      if (this.#ended.signal.aborted) return undefined;
      const err: unknown = late.signal.aborted ? late.signal.reason : error;
      logger.info({ container: this.#target.container.name, probe: kind, err }, 'probe failed');
      return false;
    } finally {
      timer.cancel();
    }
  }

  #conclude(kind: ProbeKind, passes: boolean): void {
    if (kind === 'readiness') this.#health = { ...this.#health, ready: passes };
    else if (kind === 'startup' && passes) this.#health = { ...this.#health, started: true };
    else this.#health = { ...this.#health, alive: passes };
    this.#options.onChange(this.#health);
  }
}
