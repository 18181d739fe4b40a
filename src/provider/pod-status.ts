/**
 * A whole pod status from what a backend knows: the state of each container and the pod's addresses. Neighbours:
 * `container-state.ts` (states), `container-status.ts`, `pod-phase.ts`, `pod-conditions.ts` (the rules), `qos.ts`.
 */
import type { Pod, PodStatus } from '../kube/types.js';
import { type ContainerReports, containerStatusesOf } from './container-status.js';
import { podConditions } from './pod-conditions.js';
import { isTerminalPhase, podPhase, type PodPhase } from './pod-phase.js';
import { computeQosClass } from './qos.js';
import { timestamp } from './timestamp.js';

export interface PodStatusOptions {
  /** Milliseconds since the epoch: stamps what changes. */
  readonly now: number;
  /** By name: containers, init containers and ephemeral ones. What is left out is waiting, or stays terminated. */
  readonly containers?: ContainerReports;
  /** The pod's address. Default: the previous one; with `hostNetwork` the node's. */
  readonly podIP?: string;
  /** All addresses, the first being `podIP`. An empty list takes the previous ones away. */
  readonly podIPs?: readonly string[];
  /** The node's address. Default: the previous one. */
  readonly hostIP?: string;
  /** All addresses of the node, the first being `hostIP`. */
  readonly hostIPs?: readonly string[];
  /**
   * The status before this one: transition times, restart counts, last states, addresses and a terminal phase carry on
   * from it. Default: the pod's own status.
   */
  readonly previous?: PodStatus | undefined;
  /** The backend has ended the pod: what is not known to have terminated did so unseen (exit code 137). Default: false. */
  readonly ended?: boolean;
  /** Whether the sandbox is up. Default: as the addresses and the containers suggest. */
  readonly readyToStartContainers?: boolean;
  /** In place of the phase that the containers amount to. */
  readonly phase?: PodPhase;
  /** Why the pod as a whole is as it is, such as `Evicted`. Default: the previous one, if the phase is terminal. */
  readonly reason?: string;
  readonly message?: string;
}

/**
 * The status that a kubelet would write for `pod`. Changes neither the pod nor the previous status, and answers the same
 * for the same input.
 *
 * ```ts
 * const status = buildPodStatus(pod, {
 *   now: Date.now(),
 *   podIP: '10.1.2.3',
 *   containers: { app: { state: running({ startedAt: Date.now() }) } },
 * });
 * ```
 *
 * A phase that was terminal stays. The API object's generation is acknowledged (`observedGeneration`).
 */
export function buildPodStatus(pod: Pod, options: PodStatusOptions): PodStatus {
  const previous = options.previous ?? pod.status;
  const ended = options.ended ?? false;
  const statuses = containerStatusesOf(pod, { reports: options.containers ?? {}, previous, ended });
  const stays = isTerminalPhase(previous?.phase) ? previous : undefined;
  const phase =
    stays?.phase ?? options.phase ?? podPhase(pod, statuses, ended || pod.metadata.deletionTimestamp !== undefined);
  const hostIPs =
    addresses(options.hostIP, options.hostIPs) ?? addresses(previous?.hostIP, previous?.hostIPs?.map(ipOf));
  const podIPs =
    addresses(options.podIP, options.podIPs) ??
    addresses(previous?.podIP, previous?.podIPs?.map(ipOf)) ??
    (pod.spec.hostNetwork ? hostIPs : undefined);
  const reason = options.reason ?? stays?.reason;
  const message = options.message ?? stays?.message;
  const { generation } = pod.metadata;
  const status: PodStatus = {
    phase,
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    startTime: pod.status?.startTime ?? previous?.startTime ?? timestamp(options.now),
    qosClass: pod.status?.qosClass ?? computeQosClass(pod),
    ...(hostIPs?.[0] !== undefined && { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs?.[0] !== undefined && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
    ...statuses,
  };
  const { now, readyToStartContainers } = options;
  const conditions = podConditions(pod, status, { now, previous: previous?.conditions, readyToStartContainers });
  return { ...status, conditions };
}

/** One list of the singular and the plural field: the first is the singular, and no address is there twice. */
function addresses(first: string | undefined, all: readonly string[] | undefined): string[] | undefined {
  if (first === undefined && all === undefined) return undefined;
  return [...new Set([...(first === undefined ? [] : [first]), ...(all ?? [])])];
}

function ipOf(entry: { readonly ip: string }): string {
  return entry.ip;
}
