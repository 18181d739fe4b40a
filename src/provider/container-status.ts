/**
 * The status of each container of a pod, from what the backend says now and what was said before. Neighbours:
 * `pod-phase.ts` and `pod-conditions.ts` conclude from these, `pod-status.ts` puts all of it together.
 */
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '../kube/types.js';
import { terminated, waiting } from './container-state.js';

/** What a backend knows of one container. Everything may be left out. */
export interface ContainerReport {
  /** Default: waiting, with the reason that the kubelet would give. */
  readonly state?: ContainerState;
  /** How the run before this one ended. Default: concluded from the previous status. */
  readonly lastState?: ContainerState;
  /** Whether the readiness probe passes. Default: whether the container runs; of an init container, whether it succeeded. */
  readonly ready?: boolean;
  /** Whether the startup probe has passed. Default: whether the container runs. */
  readonly started?: boolean;
  /** Default: the previous count, and one more for a run with another `startedAt`. */
  readonly restartCount?: number;
  readonly containerID?: string;
  readonly image?: string;
  readonly imageID?: string;
  /** What is in force, which may differ from the spec while a resize is under way. */
  readonly resources?: ContainerStatus['resources'];
  readonly allocatedResources?: ContainerStatus['allocatedResources'];
}

export type ContainerReports = Readonly<Record<string, ContainerReport>>;

/** An init container that runs on beside the others (a native sidecar). */
export function isSidecar(container: Pick<Container, 'restartPolicy'>): boolean {
  return container.restartPolicy === 'Always';
}

type ContainerStatuses = Pick<PodStatus, 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses'>;

export interface ContainerStatusOptions {
  readonly reports: ContainerReports;
  readonly previous: ContainerStatuses | undefined;
  /** The backend has ended the pod: what is not known to have terminated did so unseen. */
  readonly ended: boolean;
}

/** The statuses of all containers, each list in the order of the spec. */
export function containerStatusesOf(pod: Pod, options: ContainerStatusOptions): ContainerStatuses {
  const { spec } = pod;
  const { previous } = options;
  const initContainers = spec.initContainers ?? [];
  const notYet = waiting(initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating');

  const statusOf = (
    container: Pick<Container, 'name' | 'image'>,
    before: readonly ContainerStatus[] | undefined,
    missing: ContainerState,
  ): ContainerStatus => {
    const report = Object.hasOwn(options.reports, container.name) ? options.reports[container.name] : undefined;
    const previousStatus = before?.find(({ name }) => name === container.name);
    return oneStatus(container, report ?? {}, previousStatus, options.ended, missing);
  };

  const containerStatuses = spec.containers.map((container) =>
    statusOf(container, previous?.containerStatuses, notYet),
  );
  const begun = containerStatuses.some(hasRun);
  const initContainerStatuses = initContainers.map((container) => {
    const initialized = begun && !isSidecar(container);
    const status = statusOf(container, previous?.initContainerStatuses, initialized ? initUnseen : notYet);
    return isSidecar(container) ? status : { ...status, ready: status.state?.terminated?.exitCode === 0 };
  });
  const ephemeralContainerStatuses = (spec.ephemeralContainers ?? []).map((container) => ({
    // Ephemeral containers have no probes, and do not count for whether the pod is ready.
    ...statusOf(container, previous?.ephemeralContainerStatuses, waiting('ContainerCreating')),
    ready: false,
  }));
  return {
    containerStatuses,
    ...(initContainerStatuses.length > 0 && { initContainerStatuses }),
    ...(ephemeralContainerStatuses.length > 0 && { ephemeralContainerStatuses }),
  };
}

/** Whether a run of the container has begun, now or earlier. */
export function hasRun(status: ContainerStatus): boolean {
  return Boolean(status.state?.running ?? status.state?.terminated ?? status.lastState?.terminated);
}

/** What the kubelet says of an init container that its runtime has forgotten. */
const initUnseen = terminated({
  exitCode: 0,
  message:
    'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally',
});

/** What the kubelet says of a container that it lost sight of before the pod's end. */
const endUnseen = terminated({
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
});

function oneStatus(
  container: Pick<Container, 'name' | 'image'>,
  report: ContainerReport,
  previous: ContainerStatus | undefined,
  ended: boolean,
  missing: ContainerState,
): ContainerStatus {
  // A run that ended stays ended, also when the backend no longer lists the container.
  const known = report.state ?? (previous?.state?.terminated ? previous.state : missing);
  const state = ended && !known.terminated ? unseenEnd(known) : known;
  const started = state.running !== undefined && (report.started ?? true);
  const run = runOf(state);
  const previousRun = previous && (runOf(previous.state) ?? runOf(previous.lastState));
  const isNewRun = run !== undefined && previousRun !== undefined && run !== previousRun;
  const lastState = report.lastState ?? lastStateAfter(state, isNewRun, previous);
  const containerID = report.containerID ?? (isNewRun ? undefined : previous?.containerID);
  const { resources, allocatedResources } = report;
  return {
    name: container.name,
    state,
    lastState,
    ready: started && (report.ready ?? true),
    started,
    restartCount: report.restartCount ?? (previous?.restartCount ?? 0) + (isNewRun ? 1 : 0),
    image: report.image ?? container.image ?? '',
    imageID: report.imageID ?? previous?.imageID ?? '',
    ...(containerID !== undefined && { containerID }),
    ...(resources !== undefined && { resources }),
    ...(allocatedResources !== undefined && { allocatedResources }),
  };
}

function unseenEnd(state: ContainerState): ContainerState {
  const startedAt = state.running?.startedAt;
  return startedAt === undefined ? endUnseen : { terminated: { ...endUnseen.terminated, exitCode: 137, startedAt } };
}

/** What tells one run of a container from the next: when it began. */
function runOf(state: ContainerState | undefined): string | undefined {
  return state?.running?.startedAt ?? state?.terminated?.startedAt;
}

/** How the last run but the current one ended: as the previous status had it, or unseen if it had that run still going. */
function lastStateAfter(
  state: ContainerState,
  isNewRun: boolean,
  previous: ContainerStatus | undefined,
): ContainerState {
  const isOver = isNewRun || state.waiting !== undefined;
  if (isOver && previous?.state?.terminated) return previous.state;
  if (isOver && previous?.state?.running) return unseenEnd(previous.state);
  return previous?.lastState ?? {};
}
