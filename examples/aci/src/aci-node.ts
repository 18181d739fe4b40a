/** The Node object of a cloud: room as configured, and no part in what concerns machines. */
import type { Node } from 'vk-sdk';
import type { Capacity } from './config/aci-settings.js';
import type { OperatingSystem } from './mapping/index.js';

/** Changes `node` as azure-aci does (upstream section 5). Labels that somebody gave it stay. */
export function configureAciNode(node: Node, capacity: Capacity, operatingSystem: OperatingSystem): void {
  const { cpu, memory, pods, gpu } = capacity;
  const resources = { cpu, memory, pods, ...(gpu !== undefined && { 'nvidia.com/gpu': gpu }) };
  const os = operatingSystem.toLowerCase();
  node.metadata.labels = {
    ...node.metadata.labels,
    // Service controllers, of then and of now, do not send traffic through it; Azure's own leaves it alone altogether.
    'alpha.service-controller.kubernetes.io/exclude-balancer': 'true',
    'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
    'kubernetes.azure.com/managed': 'false',
    'beta.kubernetes.io/os': os,
    'kubernetes.io/os': os,
  };
  const status = (node.status ??= {});
  status.capacity = resources;
  status.allocatable = { ...resources };
  if (status.nodeInfo) {
    status.nodeInfo.operatingSystem = os;
    status.nodeInfo.osImage = 'Azure Container Instances';
    status.nodeInfo.containerRuntimeVersion = 'aci://2023-05-01';
  }
}
