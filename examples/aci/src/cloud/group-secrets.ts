/** What of a group nobody is to read in an error. */
import type { ContainerGroup } from '@azure/arm-containerinstance';

/** Every secret value that the group is made with. */
export function secretsOf(group: ContainerGroup): string[] {
  const containers = [...group.containers, ...(group.initContainers ?? [])];
  const values = [
    ...containers.flatMap(({ environmentVariables = [] }) =>
      environmentVariables.map(({ secureValue }) => secureValue),
    ),
    ...(group.imageRegistryCredentials ?? []).map(({ password }) => password),
    ...(group.volumes ?? []).flatMap(({ azureFile, secret }) => [azureFile?.storageAccountKey, ...filesOf(secret)]),
    group.diagnostics?.logAnalytics?.workspaceKey,
    ...(group.extensions ?? []).flatMap(({ protectedSettings = {} }) => Object.values(protectedSettings)),
  ];
  return values.filter((value): value is string => typeof value === 'string' && value !== '');
}

/** Files go over the wire in base64, and a cloud may repeat either form. */
function filesOf(files: Readonly<Record<string, string>> | undefined): string[] {
  return Object.values(files ?? {}).flatMap((value) => [value, Buffer.from(value, 'base64').toString('utf8')]);
}
