/** Binding and eviction: what is done to a pod by creating something else. */
import type { KubeObject, Pod } from '../../../kube/types.js';
import {
  ApiFailure,
  type ApiCore,
  type DeleteRequest,
  type ResourceDefinition,
  type WriteRequest,
} from '../core/api.js';
import { isRecord } from './body.js';

interface Where {
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Gives a pod to a node, once. The pod's condition PodScheduled becomes True in the same write. */
export function bindPod(
  core: ApiCore,
  at: Where,
  binding: Record<string, unknown>,
  timestamp: string,
  request: WriteRequest,
): void {
  const pods = definitionOf(core, '', 'pods');
  const { target } = binding;
  const nodeName = isRecord(target) && typeof target['name'] === 'string' ? target['name'] : '';
  if (nodeName === '') throw invalidBinding(at.name);
  const pod = core.get(pods, at).object as Pod;
  const conflict = pod.metadata.deletionTimestamp
    ? `pod ${at.name} is being deleted, cannot be assigned to a host`
    : pod.spec.nodeName
      ? `pod ${at.name} is already assigned to node "${pod.spec.nodeName}"`
      : undefined;
  if (conflict !== undefined) {
    throw new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on pods/binding "${at.name}": ${conflict}`, {
      name: at.name,
      kind: 'pods/binding',
    });
  }
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp };
  const others = pod.status?.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  const patch = { spec: { nodeName }, status: { conditions: [...others, scheduled] } };
  core.patch(pods, { ...at, subresource: 'binding' }, 'application/merge-patch+json', patch, request);
}

interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/**
 * Deletes a pod unless a disruption budget forbids it. No controller counts disruptions here: `disruptionsAllowed` is what
 * has been written to the budget's status, and selectors are looked at as far as `matchLabels` go.
 */
export function evictPod(core: ApiCore, at: Where, request: DeleteRequest): void {
  const pods = definitionOf(core, '', 'pods');
  const pod = core.get(pods, at).object as Pod;
  const { items } = core.list(definitionOf(core, 'policy', 'poddisruptionbudgets'), { namespace: at.namespace });
  const budgets = items.map(({ object }) => object as Budget).filter((budget) => guards(budget, pod));
  const forbidding = budgets.find(({ status }) => (status?.disruptionsAllowed ?? 0) <= 0);
  if (forbidding !== undefined && isRunning(pod)) {
    const { name = '' } = forbidding.metadata;
    throw new ApiFailure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        { reason: 'DisruptionBudget', message: `The disruption budget ${name} does not allow evicting pods currently` },
      ],
    });
  }
  core.delete(pods, at, request);
}

function guards(budget: Budget, pod: Pod): boolean {
  const wanted = Object.entries(budget.spec?.selector?.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

function isRunning(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && !pod.metadata.deletionTimestamp;
}

function definitionOf(core: ApiCore, group: string, plural: string): ResourceDefinition {
  const found = core.definitions.find((each) => each.group === group && each.plural === plural);
  if (found === undefined) throw new Error(`${plural}: not a resource of the fake apiserver`);
  return found;
}

function invalidBinding(name: string): ApiFailure {
  return new ApiFailure(422, 'Invalid', `Binding "${name}" is invalid: target.name: Required value`, {
    name,
    kind: 'Binding',
    causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' }],
  });
}
