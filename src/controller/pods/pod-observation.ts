/** How a record takes what it is told: by the watch, by the provider's reports, by what the backend answers when asked. */
import type { Pod, PodStatus } from '../../kube/types.js';
import { jsonEqual } from '../../provider/json-equal.js';
import { endedPodStatus, endNotSeen, lostPodStatus, notFoundInProvider } from '../../provider/tracker/missing-pod.js';
import { hasEnded, hasStarted, isLeaving, isTerminal, type Disappearance, type PodRecord } from './pod-record.js';
import { needsUpdate } from './pod-changes.js';
import { isOlder } from '../../kube/resource-version.js';

/** The API object as the watch or a write's answer shows it. An older state than the one known is ignored. */
export function takeObject(record: PodRecord, pod: Pod): void {
  const before = record.desired;
  if (before !== undefined && isOlder(pod.metadata.resourceVersion, before.metadata.resourceVersion)) return;
  if (before !== undefined && needsUpdate(before, pod)) delete record.failures.update;
  if (record.sent && jsonEqual(record.sent.result, pod.status)) {
    record.sent = { ...record.sent, result: pod.status };
  }
  record.desired = pod;
  record.lastSeen = pod;
  record.disappearance = undefined;
}

/** The API object is gone. */
export function takeDisappearance(record: PodRecord, last: Pod, how: Disappearance): void {
  record.desired = undefined;
  record.lastSeen = last;
  record.disappearance = how;
}

/** A status from the provider. Answers whether it was taken: one that comes after the pod's end is not. */
export function takeReport(record: PodRecord, status: PodStatus): boolean {
  if (record.backend === 'gone' || (isTerminal(record.reported) && !isTerminal(status))) return false;
  const stopping = isLeaving(record) && (record.deleted !== undefined || record.inFlight?.call === 'delete');
  const ended = isTerminal(status) || (stopping && hasEnded(status));
  const reported = ended ? endedPodStatus(status) : status;
  // The same said again is the same: what the server made of it need not be compared again.
  if (!jsonEqual(record.reported, reported)) record.reported = sharing(reported, record.desired?.status);
  record.backend = ended ? 'ended' : 'present';
  // The backend knows the pod: if it was created here, then that worked; if not, it is taken over as it is.
  delete record.failures.create;
  record.applied ??= record.desired;
  return true;
}

/** The same status, with the parts of `known` that it agrees with: very many pods need not be in memory twice. */
function sharing(status: PodStatus, known: PodStatus | undefined): PodStatus {
  if (known === undefined) return status;
  const shared: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(status)) {
    const theirs: unknown = known[key as keyof PodStatus];
    shared[key] = jsonEqual(value, theirs) ? theirs : value;
  }
  return shared;
}

/** A pod with a deletionTimestamp that Kubernetes did not ask for was evicted by the backend. */
export function takeEviction(
  record: PodRecord,
  { deletionTimestamp, deletionGracePeriodSeconds }: Pod['metadata'],
): void {
  if (!deletionTimestamp || isLeaving(record)) return;
  record.evicted ??= { gracePeriodSeconds: deletionGracePeriodSeconds ?? undefined, sent: false };
}

/** The backend was asked and does not know the pod. */
export function takeAbsence(record: PodRecord, now: number): void {
  const { desired } = record;
  if (isLeaving(record)) {
    record.backend = 'gone';
    // Somebody with a finalizer on the pod still reads how it ended. Without one nobody can: the object goes at once.
    const read = desired?.metadata.finalizers?.length && !isTerminal(desired.status) && !isTerminal(record.reported);
    if (read) record.reported = lostPodStatus(record.reported ?? desired.status, endNotSeen, now);
    return;
  }
  const ran = record.backend === 'unknown' && hasStarted(desired?.status) && !isTerminal(desired?.status);
  if (ran && desired?.spec.restartPolicy === 'Never') {
    record.reported = lostPodStatus(desired.status, notFoundInProvider, now);
    record.backend = 'gone';
    return;
  }
  record.backend = 'absent';
}
