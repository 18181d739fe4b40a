/** The status of a pod, from what is known of its containers. Pure; the kubelet's rules are in `buildPodStatus`. */
import {
  buildPodStatus,
  running,
  terminated,
  waiting,
  type Container,
  type ContainerReport,
  type Pod,
  type PodStatus,
} from 'vk-sdk';
import type { PodPlan, RunState } from './pod-plan.js';

export interface ContainerFacts {
  readonly name: string;
  readonly run?: {
    readonly number: number;
    readonly state: RunState;
    readonly reason?: string;
    readonly message?: string;
  };
  /** How the run before that ended. */
  readonly lastEnd?: RunEnd;
  readonly started: boolean;
  readonly ready: boolean;
  /** Why the container cannot even be tried. */
  readonly impossible?: string;
}

export type RunEnd = Extract<RunState, { type: 'ended' }> & { readonly reason?: string; readonly message?: string };

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
  const { run, lastEnd, started, ready, impossible } = fact;
  const containerID = run && containerId(pod, fact.name, run.number);
  const backingOff = plan.backingOff.find(({ name }) => name === fact.name);
  const resources = spec?.resources && {
    resources: spec.resources,
    ...(spec.resources.requests && { allocatedResources: spec.resources.requests }),
  };
  const common = {
    started,
    ready,
    restartCount: run?.number ?? 0,
    ...(containerID !== undefined && { containerID }),
    ...resources,
  };
  if (impossible !== undefined) return { ...common, state: waiting('CreateContainerConfigError', impossible) };
  if (run === undefined) return resources ?? {};
  const lastState = lastEnd && endOf(lastEnd, containerId(pod, fact.name, run.number - 1));
  const { state } = run;
  switch (state.type) {
    case 'starting':
      return { ...common, state: waiting('ContainerCreating'), ...(lastState && { lastState }) };
    case 'running':
      return { ...common, state: running(state), ...(lastState && { lastState }) };
    case 'ended': {
      const end = endOf({ ...state, ...run, ...state }, containerID);
      if (!backingOff) return { ...common, state: end, ...(lastState && { lastState }) };
      const seconds = Math.round((backingOff.at - state.finishedAt) / 1_000);
      const message = `back-off ${seconds}s restarting failed container=${fact.name} pod=${pod.metadata.name ?? ''}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`;
      return { ...common, state: waiting('CrashLoopBackOff', message), lastState: end };
    }
  }
}

function endOf(end: RunEnd, containerID: string | undefined): ReturnType<typeof terminated> {
  const { exitCode, startedAt, finishedAt, reason, message } = end;
  return terminated({
    exitCode,
    finishedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(containerID !== undefined && { containerID }),
  });
}

function containerId(pod: Pod, container: string, run: number): string {
  return `process://${pod.metadata.uid ?? ''}/${container}/${run}`;
}
