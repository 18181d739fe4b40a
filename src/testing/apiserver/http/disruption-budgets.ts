/** Whether a pod may be evicted, as far as the disruption budgets say. */
import type { KubeObject, Pod } from '../../../kube/types.js';
import { ApiFailure } from '../core/api.js';

export interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
  readonly status?: { readonly disruptionsAllowed?: number };
}

/**
 * Throws 429 where a budget forbids the eviction of `pod`. Nobody counts disruptions here: `disruptionsAllowed` is what
 * has been written to a budget's status, and selectors are looked at as far as `matchLabels` go.
 */
export function requireDisruptionAllowed(pod: Pod, budgets: readonly Budget[]): void {
  // A pod that does not run, or goes anyway, disrupts nothing.
  if (pod.status?.phase !== 'Running' || pod.metadata.deletionTimestamp) return;
  const forbidding = budgets.find((budget) => guards(budget, pod) && (budget.status?.disruptionsAllowed ?? 0) <= 0);
  if (forbidding === undefined) return;
  const { name = '' } = forbidding.metadata;
  const message = `The disruption budget ${name} does not allow evicting pods currently`;
  throw new ApiFailure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  });
}

function guards(budget: Budget, pod: Pod): boolean {
  const wanted = Object.entries(budget.spec?.selector?.matchLabels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata.labels?.[key] === value);
}
