/** The cloud of `--emulator`, and of a node without a cluster: the tests' own, with containers that are processes here. */
import type { AciEmulator } from '../test/emulator/index.js';
import type { AciSettings } from './config/aci-settings.js';

/** Loaded when it is asked for: a node of the real cloud has no use for it. */
export async function startEmulatedCloud(): Promise<AciEmulator> {
  const { AciEmulator } = await import('../test/emulator/index.js');
  const emulator = new AciEmulator({ run: 'processes', latencies: { pending: 500, pull: 500, delete: 1_000 } });
  await emulator.start();
  return emulator;
}

/** What a node has to be told to find the emulated cloud. */
export function emulatedSettings(
  emulator: AciEmulator,
  nodeName: string,
  clusterDomain = 'cluster.local',
): AciSettings {
  const { tenantId, clientId, clientSecret, subscriptionId, resourceGroup } = emulator.credentials;
  return {
    cloud: {
      endpoints: {
        resourceManager: emulator.endpoint,
        authority: emulator.endpoint,
        tokenScope: `${emulator.endpoint}/.default`,
        isPrivate: true,
        ca: emulator.ca,
      },
      credential: { type: 'clientSecret', tenantId, clientId, clientSecret },
      subscriptionId,
      resourceGroup,
    },
    groups: {
      nodeName,
      location: 'westus2',
      operatingSystem: 'Linux',
      dns: { servers: [], clusterDomain },
    },
    capacity: { cpu: '10000', memory: '4Ti', pods: '5000' },
  };
}
