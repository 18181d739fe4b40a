/** What to conclude from a pod that the backend no longer knows. Pure; `status-poller.ts` is the shell around it. */
import type { Pod, PodStatus } from '../../kube/types.js';
import { isTerminalPhase } from '../../provider/pod-phase.js';
import { lostPodStatus, notFoundInProvider } from './missing-pod.js';

/** A pod as its controller keeps it. Read again after each call, so it may be a live record. */
export interface PolledPod {
  /** From the cache, shared: neither the poller nor who is notified changes it. */
  readonly pod: Pod;
  /** What the controller was last told by the provider. */
  readonly lastStatus?: PodStatus | undefined;
  /** Kubernetes asked for the pod's end: that it goes is expected. */
  readonly deleted: boolean;
  /** When the provider took the pod over, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A backend may take as long as this to show what it has just created. */
const graceMs = 60_000;

/**
 * The status of a pod that the provider says it does not know, or undefined if nothing follows from that: the pod is being
 * deleted, has ended already, was never created (`ProviderFailed`: its creation is tried again), or has yet to run
 * and is younger than a minute. Otherwise it is Failed, and its running containers terminated with exit code -137.
 */
export function decideMissing(polled: PolledPod, now: number): PodStatus | undefined {
  const { pod } = polled;
  const last = polled.lastStatus ?? pod.status ?? {};
  if (polled.deleted || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (isTerminalPhase(last.phase) || last.reason === 'ProviderFailed') return undefined;
  if (last.phase !== 'Running' && now - polled.createdAt < graceMs) return undefined;

  return lostPodStatus(last, notFoundInProvider, now);
}
