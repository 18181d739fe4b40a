/** The mapping's two directions, with the SDK's own writer and reader and the emulated cloud between them. */
import type { ContainerGroup, ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from 'vk-sdk';
import { groupName, groupToPod, groupToStatus } from '../../src/mapping/index.js';
import { AciEmulator } from '../emulator/index.js';
import { clientOf } from '../emulator-tests/sdk.js';
import { faultsOf } from './legal-status.js';
import { groupOf, inSubnet, podOf, pullSecret, settings } from './scene.js';

const now = Date.parse('2026-03-01T11:00:00Z');

/** Everything that a group can have, but a public address, which it has elsewhere. */
const everything: Pod = podOf(
  {
    image: 'r.example.com/team/app:1',
    command: ['serve'],
    args: ['--port', '8080'],
    env: [
      { name: 'A', value: '1' },
      { name: 'P', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    ],
    ports: [{ containerPort: 8080 }, { containerPort: 53, protocol: 'UDP' }],
    resources: { requests: { cpu: '1250m', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
    livenessProbe: { httpGet: { port: 8080, httpHeaders: [{ name: 'Host', value: 'web' }] } },
    readinessProbe: { exec: { command: ['true'] } },
    securityContext: { runAsUser: 1000, capabilities: { drop: ['ALL'] } },
    volumeMounts: [
      { name: 'work', mountPath: '/work' },
      { name: 'share', mountPath: '/share', readOnly: true },
      { name: 'conf', mountPath: '/conf' },
      { name: 'repo', mountPath: '/repo' },
    ],
  },
  {
    restartPolicy: 'OnFailure',
    imagePullSecrets: [{ name: 'pull' }],
    initContainers: [
      {
        name: 'first',
        image: 'busybox',
        command: ['sh', '-c', 'exit 0'],
        volumeMounts: [{ name: 'work', mountPath: '/work' }],
      },
    ],
    volumes: [
      { name: 'work', emptyDir: {} },
      { name: 'share', azureFile: { shareName: 'files', secretName: 'share' } },
      { name: 'conf', secret: { secretName: 'db' } },
      { name: 'repo', gitRepo: { repository: 'https://example.com/r.git' } },
    ],
  },
  { annotations: { 'virtual-kubelet.io/confidential-compute-cce-policy': 'cG9saWN5' } },
);
const namespace = {
  secrets: {
    db: { password: 'hunter2' },
    share: { azurestorageaccountname: 'account', azurestorageaccountkey: 'storage-key' },
  },
  pullSecrets: [pullSecret('dockerconfigjson', { 'r.example.com': { username: 'u', password: 'registry-password' } })],
};

let cloud: AciEmulator;
let client: ContainerInstanceManagementClient;

beforeEach(async () => {
  cloud = new AciEmulator();
  await cloud.start();
  client = clientOf(cloud);
});

afterEach(() => cloud.close());

async function created(pod: Pod, group: ContainerGroup): Promise<ContainerGroup> {
  const { resourceGroup } = cloud.credentials;
  const { namespace: podNamespace = '', name = '', uid = '' } = pod.metadata;
  const groupsName = groupName({ namespace: podNamespace, name, uid });
  await client.containerGroups.beginCreateOrUpdateAndWait(resourceGroup, groupsName, group, { updateIntervalInMs: 1 });
  return client.containerGroups.get(resourceGroup, groupsName);
}

async function listed(): Promise<ContainerGroup[]> {
  const groups: ContainerGroup[] = [];
  for await (const group of client.containerGroups.listByResourceGroup(cloud.credentials.resourceGroup))
    groups.push(group);
  return groups;
}

describe('a pod that has gone through the cloud', () => {
  it('comes back as the pod that it was, running, and with none of its secrets', async () => {
    const shown = await created(
      everything,
      groupOf(everything, namespace, { ...inSubnet, identity: { systemAssigned: true } }),
    );
    expect(shown).toMatchObject({
      sku: 'Confidential',
      restartPolicy: 'OnFailure',
      dnsConfig: { nameServers: ['10.0.0.10'] },
      containers: [
        {
          command: ['serve', '--port', '8080'],
          livenessProbe: { httpGet: { scheme: 'http', httpHeaders: [{ name: 'Host', value: 'web' }] } },
          resources: { requests: { cpu: 1.25, memoryInGB: 1 }, limits: { cpu: 2, memoryInGB: 2.1 } },
          securityContext: { runAsUser: 1000 },
        },
      ],
    });
    expect(JSON.stringify(shown)).not.toMatch(/hunter2|storage-key|registry-password/);
    expect(groupToPod(shown, 'aci-node')?.metadata).toMatchObject({
      namespace: 'shop',
      name: 'web',
      uid: everything.metadata.uid,
    });
    const status = groupToStatus(shown, everything, undefined, now);
    expect(faultsOf(everything, status)).toEqual([]);
    expect(status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^10\./) as string,
      containerStatuses: [{ ready: true, state: { running: { startedAt: expect.any(String) as string } } }],
    });
  });

  it('is found in the list, and stays as it was known by what the list leaves out', async () => {
    const pod = podOf({ ports: [{ containerPort: 80 }] });
    const shown = await created(pod, groupOf(pod, {}, settings));
    const before: PodStatus = groupToStatus(shown, pod, undefined, now);
    const [group] = await listed();
    expect(group?.instanceView).toBeUndefined();
    expect(group && groupToPod(group, 'aci-node')?.metadata.uid).toBe(pod.metadata.uid);
    expect(group && groupToStatus(group, pod, before, now)).toEqual(before);
  });
});
