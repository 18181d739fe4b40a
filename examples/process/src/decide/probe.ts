/** What the answers of a probe amount to. As the kubelet has it. Pure. */
import type { Container } from 'vk-sdk';

type Probe = NonNullable<Container['livenessProbe']>;

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeSettings {
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** The API's defaults where a field is left out or 0. */
export function probeSettings(probe: Probe): ProbeSettings {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1_000,
    periodMs: (probe.periodSeconds || 10) * 1_000,
    timeoutMs: (probe.timeoutSeconds || 1) * 1_000,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

export interface ProbeState {
  /** What counts. Undefined: nothing yet. */
  readonly passes: boolean | undefined;
  /** The latest answer, and how often it came in a row. */
  readonly answer: boolean | undefined;
  readonly streak: number;
}

/** Before the first answer: alive, but not ready, and not known to have started. */
export function initialProbeState(kind: ProbeKind, passes = kind === 'liveness' ? true : undefined): ProbeState {
  return { passes, answer: undefined, streak: 0 };
}

export function afterAnswer(state: ProbeState, answer: boolean, settings: ProbeSettings): ProbeState {
  const streak = state.answer === answer ? state.streak + 1 : 1;
  const threshold = answer ? settings.successThreshold : settings.failureThreshold;
  return { passes: streak >= threshold ? answer : state.passes, answer, streak };
}
