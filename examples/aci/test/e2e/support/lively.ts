/** What makes a node do in tenths of seconds what others do in minutes. */
import type { VirtualNodeOptions } from 'vk-sdk';
import type { AciProviderOptions } from '../../../src/aci-provider.js';
import type { AciSettings } from '../../../src/config/aci-settings.js';

export const lively = {
  tracker: {
    pace: { fastestMs: 100, slowestMs: 300 },
    cleanup: { intervalMs: 100, minAgeMs: 300, suspiciousMinAgeMs: 300 },
  } satisfies AciProviderOptions['tracker'],
  node: {
    heartbeat: { leaseRenewIntervalMs: 300, statusUpdateIntervalMs: 300 },
    pods: { danglingIntervalMs: Infinity },
  } satisfies VirtualNodeOptions,
};

export interface NodeProgramSettings {
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly aci: AciSettings;
}
