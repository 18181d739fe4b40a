/** Which changes of a pod are the provider's business. */
import type { Container, Pod, PodSpec } from '../../kube/types.js';
import { jsonEqual } from '../../provider/json-equal.js';

/** The parts of a spec that Kubernetes lets anyone change while the pod lives, and that matter to a backend. */
const mutableSpecFields = [
  'containers',
  'initContainers',
  'ephemeralContainers',
  'activeDeadlineSeconds',
  'tolerations',
  'resources',
] as const satisfies readonly (keyof PodSpec)[];

/** Whether `updatePod` is due for a provider that was given `applied`. */
export function needsUpdate(applied: Pod, desired: Pod): boolean {
  if (applied === desired || applied.metadata.resourceVersion === desired.metadata.resourceVersion) return false;
  return (
    mutableSpecFields.some((field) => !isSamePart(applied.spec[field], desired.spec[field])) ||
    !jsonEqual(applied.metadata.labels ?? {}, desired.metadata.labels ?? {}) ||
    !jsonEqual(applied.metadata.annotations ?? {}, desired.metadata.annotations ?? {})
  );
}

/**
 * The environment of a container never changes in Kubernetes; in what a provider keeps it may be written out where the pod
 * has references, so it is left out of the comparison.
 */
function isSamePart(applied: unknown, desired: unknown): boolean {
  return jsonEqual(applied, desired) || jsonEqual(withoutEnvironment(applied), withoutEnvironment(desired));
}

function withoutEnvironment(part: unknown): unknown {
  if (!Array.isArray(part)) return part;
  return part.map((item: unknown) => {
    if (typeof item !== 'object' || item === null || !('env' in item || 'envFrom' in item)) return item;
    const { env: _env, envFrom: _envFrom, ...rest } = item as Container;
    return rest;
  });
}

/**
 * What the backend may be taken to have of a pod that was found running at start.
 *
 * A provider that keeps the object it was given (recognised by its generation or resourceVersion) says so itself. Any
 * other rebuilds a pod from what its backend knows, which says little of the original; then `status.observedGeneration`,
 * written after each update that succeeded, tells whether the newest spec has reached the backend: if not, the answer
 * differs from `desired` and an update follows.
 */
export function adoptedState(found: Pod, desired: Pod): Pod {
  const kept = found.metadata.generation ?? found.metadata.resourceVersion;
  // Where nothing differs the cache's own object will do: it is in memory already.
  if (kept !== undefined) return needsUpdate(found, desired) ? found : desired;
  const { generation } = desired.metadata;
  const observed = desired.status?.observedGeneration;
  const behind = generation !== undefined && observed !== undefined && observed < generation;
  return behind ? { ...desired, metadata: {}, spec: { containers: [] } } : desired;
}
