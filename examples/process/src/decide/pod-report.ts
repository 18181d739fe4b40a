/** The status of a pod, from what is known of its containers. Pure; the kubelet's rules are in `buildPodStatus`. */
import {
  buildPodStatus,
  running,
  terminated,
  waiting,
  type Container,
  type ContainerReport,
  type ContainerState,
  type Pod,
  type PodStatus,
} from 'vk-sdk';
import type { PodPlan, RunState } from './pod-plan.js';

export interface RunFacts {
  readonly number: number;
  readonly state: RunState;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerFacts {
  readonly name: string;
  /** The latest run, and the one before. */
  readonly run?: RunFacts;
  readonly previous?: RunFacts;
  readonly started: boolean;
  readonly ready: boolean;
  /** Why the container cannot even be tried. */
  readonly impossible?: string;
}

export interface ReportOptions {
  readonly now: number;
  readonly address: string;
  readonly previous: PodStatus | undefined;
  readonly plan: PodPlan;
  /** The pod was told to stop. */
  readonly stopped: boolean;
}

export function reportPod(pod: Pod, facts: readonly ContainerFacts[], options: ReportOptions): PodStatus {
  const { now, address, previous, plan } = options;
  const specs = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const containers = Object.fromEntries(
    facts.map((fact) => [
      fact.name,
      reportContainer(
        pod,
        fact,
        specs.find(({ name }) => name === fact.name),
        plan,
      ),
    ]),
  );
  const isLate = plan.deadlineExceeded;
  return buildPodStatus(pod, {
    now,
    podIP: address,
    hostIP: address,
    containers,
    ...(previous && { previous }),
    ended: plan.ended && (options.stopped || isLate),
    ...(isLate && {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
      ...(plan.ended && { phase: 'Failed' }),
    }),
  });
}

function reportContainer(pod: Pod, fact: ContainerFacts, spec: Container | undefined, plan: PodPlan): ContainerReport {
  const { name, run, previous, started, ready, impossible } = fact;
  const { requests } = spec?.resources ?? {};
  const resources = {
    ...(spec?.resources && { resources: spec.resources }),
    ...(requests && { allocatedResources: requests }),
  };
  if (impossible !== undefined) return { ...resources, state: waiting('CreateContainerConfigError', impossible) };
  if (run === undefined) return resources;
  const common = {
    ...resources,
    started,
    ready,
    restartCount: run.number,
    containerID: containerId(pod, name, run.number),
  };
  const end = endOf(pod, name, run);
  const next = plan.backingOff.find((each) => each.name === name);
  if (end && next && run.state.type === 'ended') {
    return { ...common, state: backOff(pod, name, next.at - run.state.finishedAt), lastState: end };
  }
  const lastState = previous && endOf(pod, name, previous);
  const state = end ?? (run.state.type === 'running' ? running(run.state) : waiting('ContainerCreating'));
  return { ...common, state, ...(lastState && { lastState }) };
}

function backOff({ metadata }: Pod, container: string, delayMs: number): ContainerState {
  const { namespace = '', name = '', uid = '' } = metadata;
  const delay = `${Math.round(delayMs / 1_000)}s`;
  const message = `back-off ${delay} restarting failed container=${container} pod=${name}_${namespace}(${uid})`;
  return waiting('CrashLoopBackOff', message);
}

/** Undefined for a run that has not ended. */
function endOf(pod: Pod, container: string, run: RunFacts): ContainerState | undefined {
  const { number, state, reason, message } = run;
  if (state.type !== 'ended') return undefined;
  const { exitCode, startedAt, finishedAt } = state;
  return terminated({
    exitCode,
    finishedAt,
    containerID: containerId(pod, container, number),
    ...(startedAt !== undefined && { startedAt }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  });
}

function containerId({ metadata }: Pod, container: string, run: number): string {
  return `process://${metadata.uid ?? ''}/${container}/${run}`;
}
