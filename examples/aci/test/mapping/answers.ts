/** Container groups as the SDK hands over what the cloud answered: flat, with dates. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';

export const started = '2026-03-01T10:05:00Z';
export const finished = '2026-03-01T10:06:00Z';

/** A pod as Kubernetes has it. */
export function podWith(spec: object = {}): Pod {
  return {
    metadata: { namespace: 'shop', name: 'web', uid: 'u1', generation: 3 },
    spec: { containers: [{ name: 'app', image: 'nginx' }], ...spec },
  };
}

export const tags = {
  PodName: 'web',
  NodeName: 'aci-node',
  Namespace: 'shop',
  UID: 'u1',
  CreationTimestamp: '2026-03-01T10:00:00Z',
};

/** One container `app`, in a group whose instance view says `state`. */
export function answer(state: string, container: object = {}, group: object = {}): ContainerGroup {
  return {
    id: '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerInstance/containerGroups/web',
    name: 'web',
    location: 'westus2',
    tags,
    osType: 'Linux',
    provisioningState: 'Succeeded',
    containers: [
      {
        name: 'app',
        image: 'nginx:1.27',
        resources: { requests: { cpu: 1, memoryInGB: 1.5 } },
        ...(Object.keys(container).length > 0 && { instanceView: container }),
      },
    ],
    ipAddress: { type: 'Public', ports: [], ip: '20.1.2.3' },
    instanceView: { state, events: [] },
    ...group,
  };
}

export const runningView = { restartCount: 0, currentState: { state: 'Running', startTime: new Date(started) } };
