/** What every group of a node gets by the node's settings: an identity, a place for its logs, and what runs beside it. */
import type { ContainerGroup, ContainerGroupDiagnostics, ContainerGroupIdentity } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';

export function nodeWideOf(
  pod: Pod,
  settings: GroupSettings,
): Pick<ContainerGroup, 'diagnostics' | 'extensions' | 'identity'> {
  const identity = identityOf(settings);
  const diagnostics = diagnosticsOf(pod, settings);
  const { extensions = [], operatingSystem, subnetId } = settings;
  // As azure-aci has it: they join the cluster's network, which only a subnet can reach, and run on Linux alone.
  const hasExtensions = extensions.length > 0 && subnetId !== undefined && operatingSystem === 'Linux';
  return {
    ...(identity && { identity }),
    ...(diagnostics && { diagnostics }),
    ...(hasExtensions && { extensions: [...extensions] }),
  };
}

function identityOf({ identity = {} }: GroupSettings): ContainerGroupIdentity | undefined {
  const { systemAssigned = false, userAssigned = [] } = identity;
  const userAssignedIdentities = Object.fromEntries(userAssigned.map((id) => [id, {}]));
  if (userAssigned.length > 0) {
    return { type: systemAssigned ? 'SystemAssigned, UserAssigned' : 'UserAssigned', userAssignedIdentities };
  }
  return systemAssigned ? { type: 'SystemAssigned' } : undefined;
}

/** The names of the metadata are those by which azure-aci's groups are found in a workspace. */
function diagnosticsOf(
  { metadata: { uid = '' } }: Pod,
  { logAnalytics, nodeName }: GroupSettings,
): ContainerGroupDiagnostics | undefined {
  if (!logAnalytics) return undefined;
  const { workspaceId, workspaceKey, clusterResourceId } = logAnalytics;
  const insights = clusterResourceId !== undefined && {
    logType: 'ContainerInsights',
    metadata: { 'cluster-resource-id': clusterResourceId, 'node-name': nodeName, 'pod-uuid': uid },
  };
  return { logAnalytics: { workspaceId, workspaceKey, ...insights } };
}
