/** Label selectors as API objects hold them (API: `LabelSelector`). Pure. */
import type { V1LabelSelector } from '@kubernetes/client-node';
import type { Wire } from '../kube/types.js';

export type LabelSelector = Wire<V1LabelSelector>;

/** Whether the labels satisfy every requirement. An empty selector matches everything. An unknown operator matches nothing. */
export function matchesLabels(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  if (!Object.entries(matchLabels).every(([key, value]) => has(key) && labels[key] === value)) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const isListed = has(key) && values.includes(labels[key] ?? '');
    switch (operator) {
      case 'In':
        return isListed;
      case 'NotIn':
        return !isListed;
      case 'Exists':
        return has(key);
      case 'DoesNotExist':
        return !has(key);
      default:
        return false;
    }
  });
}
