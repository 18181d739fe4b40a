/** Whether a pod may run on a node. Pure; the texts are kube-scheduler's where it has the same reason. */
import type { Node, Pod, PodSpec, Taint, Toleration } from '../../../../kube/types.js';
import { nodeAllocatable, type Amounts } from './resources.js';

/** A node and what its pods have taken of it. */
export interface NodeState {
  readonly node: Node;
  readonly requested: Amounts;
}

/** Why the pod cannot run on the node; none if it can. */
export function misfits(pod: Pod, requests: Amounts, { node, requested }: NodeState): string[] {
  if (!isReady(node)) return ['node(s) were not ready'];
  if (node.spec?.unschedulable && !tolerated(unschedulable, pod.spec.tolerations ?? [])) {
    return ['node(s) were unschedulable'];
  }
  const hard = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
  if (hard.some((taint) => !tolerated(taint, pod.spec.tolerations ?? []))) return ['node(s) had untolerated taint(s)'];
  if (!matchesNode(pod.spec, node)) return ["node(s) didn't match Pod's node affinity/selector"];
  const allocatable = nodeAllocatable(node);
  return [...requests]
    .filter(([name, wanted]) => wanted > 0n && (requested.get(name) ?? 0n) + wanted > (allocatable.get(name) ?? 0n))
    .map(([name]) => (name === 'pods' ? 'Too many pods' : `Insufficient ${name}`));
}

/** Whether `tolerations` put up with `taint`. */
export function tolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint));
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key, operator = 'Equal', value = '', effect } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || (Boolean(key) && value === (taint.value ?? ''));
}

/** One sentence for all nodes, as in the event FailedScheduling. */
export function explainMisfits(reasonsByNode: readonly (readonly string[])[]): string {
  if (reasonsByNode.length === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of reasonsByNode.flat()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${reasonsByNode.length} nodes are available: ${parts.join(', ')}.`;
}

const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function isReady(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function matchesNode({ nodeSelector = {}, affinity }: PodSpec, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return true;
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    // A term that says nothing matches nothing.
    if (matchExpressions.length + matchFields.length === 0) return false;
    return matchExpressions.every((each) => holds(each, labels)) && matchFields.every((each) => holds(each, fields));
  });
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

function holds({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) > BigInt(values[0]);
    case 'Lt':
      return isInteger(value) && isInteger(values[0]) && BigInt(value) < BigInt(values[0]);
    default:
      return false;
  }
}

function isInteger(value: string | undefined): value is string {
  return value !== undefined && /^-?\d+$/.test(value);
}
