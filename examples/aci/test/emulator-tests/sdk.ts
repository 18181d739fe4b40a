/** The real SDK's client of an emulated cloud, as an application makes it. */
import { ContainerInstanceManagementClient, type ContainerGroup } from '@azure/arm-containerinstance';
import { ClientSecretCredential } from '@azure/identity';
import type { AciEmulator } from '../emulator/index.js';

export interface SdkOptions {
  /** How often a request is tried again. Default: never, so that a test sees each answer. */
  readonly maxRetries?: number;
}

export function credentialOf(cloud: AciEmulator): ClientSecretCredential {
  const { tenantId, clientId, clientSecret } = cloud.credentials;
  return new ClientSecretCredential(tenantId, clientId, clientSecret, identityOptions(cloud));
}

export function identityOptions(cloud: AciEmulator): {
  readonly authorityHost: string;
  readonly disableInstanceDiscovery: true;
  readonly tlsOptions: { readonly ca: string };
} {
  return { authorityHost: cloud.endpoint, disableInstanceDiscovery: true, tlsOptions: { ca: cloud.ca } };
}

export function clientOf(
  cloud: AciEmulator,
  options: SdkOptions = {},
  credential: ConstructorParameters<typeof ContainerInstanceManagementClient>[0] = credentialOf(cloud),
): ContainerInstanceManagementClient {
  return new ContainerInstanceManagementClient(credential, cloud.credentials.subscriptionId, {
    endpoint: cloud.endpoint,
    credentialScopes: [`${cloud.endpoint}/.default`],
    tlsOptions: { ca: cloud.ca },
    retryOptions: { maxRetries: options.maxRetries ?? 0, retryDelayInMs: 1 },
  });
}

/** A group of one container. */
export function groupOf(changes: Partial<ContainerGroup> = {}): ContainerGroup {
  return {
    location: 'westeurope',
    osType: 'Linux',
    restartPolicy: 'Always',
    containers: [
      { name: 'main', image: 'busybox', command: ['serve'], resources: { requests: { cpu: 1, memoryInGB: 1.5 } } },
    ],
    ...changes,
  };
}
