/** The phase of a pod, by the kubelet's rules (`getPhase` in `pkg/kubelet/kubelet_pods.go`). */
import type { Container, ContainerStatus, Pod, PodStatus } from '../kube/types.js';
import { hasRun, isSidecar } from './container-status.js';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

/** Succeeded or Failed: a phase that nothing follows. */
export function isTerminalPhase(phase: string | undefined): phase is 'Succeeded' | 'Failed' {
  return phase === 'Succeeded' || phase === 'Failed';
}

/**
 * The phase that the container statuses amount to: Pending until every init container is done and every container has
 * begun, Running while one runs or will be restarted, then Succeeded if all ended with exit code 0, else Failed. A native
 * sidecar keeps a pod running while it runs, but how it ends does not matter. `ended`: nothing is started any more,
 * whatever the restart policy; by default that is so while the pod is being deleted.
 */
export function podPhase(
  pod: Pod,
  statuses: Pick<PodStatus, 'containerStatuses' | 'initContainerStatuses'>,
  ended = pod.metadata.deletionTimestamp !== undefined,
): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const init = initFacts(pod, statuses);
  const main = mainFacts(pod, statuses.containerStatuses);
  const isRunning = init.isRunning || main.isRunning;
  if (init.failed) return 'Failed';
  if (main.pending || (init.pending && !ended)) return 'Pending';
  if (isRunning || (main.restarting && !ended)) return 'Running';
  return main.failed ? 'Failed' : 'Succeeded';
}

interface Facts {
  /** A container has yet to begin, or an init container to succeed. */
  pending: boolean;
  /** One runs (of the init containers: a sidecar). */
  isRunning: boolean;
  /** One failed (of the init containers: for good). */
  failed: boolean;
}

function initFacts(pod: Pod, statuses: Pick<PodStatus, 'containerStatuses' | 'initContainerStatuses'>): Facts {
  const initialized = statuses.containerStatuses?.some(hasRun) ?? false;
  const facts: Facts = { pending: false, isRunning: false, failed: false };
  for (const [container, status] of withStatus(pod.spec.initContainers ?? [], statuses.initContainerStatuses)) {
    const runs = status?.state?.running !== undefined;
    const end = lastEnd(status);
    if (isSidecar(container)) {
      if (runs) facts.isRunning = true;
      if (runs ? !initialized && !status.started : !end) facts.pending = true;
    } else if (runs || !end) {
      facts.pending = true;
    } else if (end.exitCode !== 0) {
      if (restarts(pod, container, end.exitCode)) facts.pending = true;
      else facts.failed = true;
    }
  }
  return facts;
}

function mainFacts(pod: Pod, statuses: readonly ContainerStatus[] | undefined): Facts & { restarting: boolean } {
  const facts = { pending: false, isRunning: false, failed: false, restarting: false };
  for (const [container, status] of withStatus(pod.spec.containers, statuses)) {
    const end = lastEnd(status);
    if (status?.state?.running) {
      facts.isRunning = true;
    } else if (!end) {
      facts.pending = true;
    } else {
      // Waiting after a run means that the next run is due, whatever the exit code was.
      const isDue = !status?.state?.terminated && policyOf(pod, container) !== 'Never';
      if (isDue || restarts(pod, container, end.exitCode)) facts.restarting = true;
      if (end.exitCode !== 0) facts.failed = true;
    }
  }
  return facts;
}

function lastEnd(status: ContainerStatus | undefined): { exitCode: number } | undefined {
  return status?.state?.terminated ?? status?.lastState?.terminated;
}

function withStatus(
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
): (readonly [Container, ContainerStatus | undefined])[] {
  return containers.map((container) => [container, statuses?.find(({ name }) => name === container.name)]);
}

function policyOf(pod: Pod, container: Container): string {
  return container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
}

/** Whether the container is started again after `exitCode`: its own rules, its own policy, the pod's policy, in this order. */
function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(exitCode) ?? false;
    if (action === 'Restart' && exitCodes && listed === (exitCodes.operator === 'In')) return true;
  }
  const policy = policyOf(pod, container);
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
