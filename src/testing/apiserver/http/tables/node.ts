import type { Node } from '../../../../kube/types.js';
import { columns, type TableKind } from './columns.js';
import { age, orNone } from './format.js';

const rolePrefix = 'node-role.kubernetes.io/';

export const nodeTable: TableKind<Node> = {
  columns: columns(
    ...['Name', 'Status', 'Roles', 'Age', 'Version'],
    ...['+Internal-IP', '+External-IP', '+OS-Image', '+Kernel-Version', '+Container-Runtime'],
  ),
  cells(node, nowMs) {
    const { nodeInfo, addresses = [] } = node.status ?? {};
    const address = (type: string): string => orNone(addresses.find((each) => each.type === type)?.address);
    return [
      node.metadata.name ?? '',
      statusText(node),
      roles(node),
      age(node.metadata.creationTimestamp, nowMs),
      nodeInfo?.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      nodeInfo?.osImage || '<unknown>',
      nodeInfo?.kernelVersion || '<unknown>',
      nodeInfo?.containerRuntimeVersion || '<unknown>',
    ];
  },
};

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
  const health = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable ? `${health},SchedulingDisabled` : health;
}

function roles(node: Node): string {
  const names = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) return [key.slice(rolePrefix.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return orNone([...new Set(names)].sort().join(','));
}
