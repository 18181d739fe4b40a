/** How a group shows in answers: never with a secret, and with what has become of it only where that is asked for. Pure. */
import type { ContainerLife } from '../run/container-life.js';
import type { Group } from './group.js';
import type { WireContainer, WireVolume } from './wire.js';

export function viewOf(group: Group, id: string, withInstanceView: boolean): Record<string, unknown> {
  const { spec } = group;
  const { containers: _containers, initContainers: _initContainers, ...properties } = spec.properties;
  const container = (life: ContainerLife): unknown => containerView(life, withInstanceView);
  const { events, state } = group;
  return {
    id,
    name: group.name,
    type: 'Microsoft.ContainerInstance/containerGroups',
    location: spec.location,
    ...(spec.tags && { tags: spec.tags }),
    ...(spec.zones && { zones: spec.zones }),
    ...(spec.identity && { identity: identityView(spec.identity) }),
    properties: {
      ...properties,
      sku: properties.sku ?? 'Standard',
      provisioningState: group.provisioningState,
      containers: group.containers.map(container),
      initContainers: group.initContainers.map(container),
      ...withoutSecrets(properties),
      ...addressView(group),
      isCustomProvisioningTimeout: false,
      ...(withInstanceView && { instanceView: { events: events.all, state } }),
    },
  };
}

function containerView(life: ContainerLife, withInstanceView: boolean): WireContainer {
  const { environmentVariables = [], ...properties } = life.spec.properties;
  const { state, previousState, restartCount, events } = life;
  return {
    name: life.spec.name,
    properties: {
      ...properties,
      environmentVariables: environmentVariables.map(({ name, value }) =>
        value === undefined ? { name } : { name, value },
      ),
      // Before anything has been done for the container there is nothing to see.
      ...(withInstanceView &&
        events.all.length > 0 && {
          instanceView: {
            restartCount,
            currentState: state,
            ...(previousState && { previousState }),
            events: events.all,
          },
        }),
    },
  };
}

function withoutSecrets(properties: Partial<Group['spec']['properties']>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  const { volumes } = properties;
  if (volumes) shown['volumes'] = volumes.map(volumeView);
  if (Array.isArray(properties['imageRegistryCredentials']))
    shown['imageRegistryCredentials'] = properties['imageRegistryCredentials'].map((entry) =>
      without(entry, 'password'),
    );
  const diagnostics = properties['diagnostics'] as { readonly logAnalytics?: unknown } | undefined;
  if (diagnostics?.logAnalytics)
    shown['diagnostics'] = { logAnalytics: without(diagnostics.logAnalytics, 'workspaceKey') };
  if (Array.isArray(properties['extensions']))
    shown['extensions'] = properties['extensions'].map((extension: { readonly properties?: unknown }) => ({
      ...extension,
      properties: without(extension.properties, 'protectedSettings'),
    }));
  return shown;
}

function volumeView(volume: WireVolume): WireVolume {
  if (volume.secret) return { ...volume, secret: {} };
  if (volume.azureFile)
    return { ...volume, azureFile: without(volume.azureFile, 'storageAccountKey') as typeof volume.azureFile };
  return volume;
}

function identityView(identity: object): object {
  const system = /SystemAssigned/i.test(String((identity as { readonly type?: unknown }).type));
  return system ? { ...identity, principalId: '00000000-0000-0000-0000-000000000000' } : identity;
}

function addressView({ spec, ip }: Group): { readonly ipAddress?: unknown } {
  const { ipAddress, subnetIds } = spec.properties;
  if (!ipAddress) return subnetIds?.length ? { ipAddress: { type: 'Private', ports: [], ip } } : {};
  const { dnsNameLabel } = ipAddress;
  return {
    ipAddress: {
      ...ipAddress,
      ip,
      ...(dnsNameLabel && { fqdn: `${dnsNameLabel}.${spec.location.toLowerCase()}.azurecontainer.io` }),
    },
  };
}

function without(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== key));
}
