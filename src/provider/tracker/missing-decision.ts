/** What to conclude from a pod that the backend no longer knows. Pure; `status-poller.ts` is the shell around it. */
import type { PodStatus } from '../../kube/types.js';
import { isTerminalPhase } from '../pod-phase.js';
import { lostPodStatus, notFoundInProvider } from './missing-pod.js';
import type { TrackedPod } from './node-pods.js';

/** A backend may take as long as this to show what it has just created. */
const graceMs = 60_000;

/**
 * The status of a pod that the backend says it does not know, or undefined if nothing follows from that: the pod is being
 * deleted, has ended already, was never created (`ProviderFailed`: its creation is tried again), or has yet to run
 * and was taken over less than a minute ago. Otherwise it is Failed, and its running containers terminated with exit code
 * -137.
 *
 * @param ageMs - since the backend took the pod over.
 * @param now - in ms since the epoch: when the containers are said to have ended.
 */
export function decideMissing(tracked: TrackedPod, ageMs: number, now: number): PodStatus | undefined {
  const { pod } = tracked;
  const last = tracked.lastStatus ?? pod.status ?? {};
  if (tracked.deleted || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (isTerminalPhase(last.phase) || last.reason === 'ProviderFailed') return undefined;
  if (last.phase !== 'Running' && ageMs < graceMs) return undefined;

  return lostPodStatus(last, notFoundInProvider, now);
}
