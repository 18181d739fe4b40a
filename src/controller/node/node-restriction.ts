/**
 * What a credential of a node (`system:node:NAME`) may not do to its own node, as the admission plugin NodeRestriction has
 * it: change taints after creation, and set labels under kubernetes.io and k8s.io other than the kubelet's own
 * (kubernetes/plugin/pkg/admission/noderestriction, kubelet/pkg/apis/well_known_labels.go).
 */
const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]);
const kubeletPrefixes = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** Whether a node's own credential may set the label. */
export function isNodeSettable(label: string): boolean {
  const slash = label.indexOf('/');
  if (slash < 0) return true;
  const prefix = label.slice(0, slash);
  const restricted = within(prefix, 'kubernetes.io') || within(prefix, 'k8s.io');
  if (!restricted) return true;
  if (within(prefix, 'node-restriction.kubernetes.io')) return false;
  return kubeletLabels.has(label) || kubeletPrefixes.some((allowed) => within(prefix, allowed));
}

function within(prefix: string, domain: string): boolean {
  return prefix === domain || prefix.endsWith(`.${domain}`);
}
