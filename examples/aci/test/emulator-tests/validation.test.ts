/** What the cloud refuses to create. */
import { expect, test } from 'vitest';
import type { Container, ContainerGroup } from '@azure/arm-containerinstance';
import { AciEmulator } from '../emulator/index.js';
import { clientOf, groupOf } from './sdk.js';

const main = groupOf().containers[0]!;
const one = (changes: Partial<Container>): Partial<ContainerGroup> => ({ containers: [{ ...main, ...changes }] });

/** What, the code of the refusal, and what differs from a good group: its body, its name. */
const refusals: [what: string, code: string, changes: Partial<ContainerGroup>, name?: string][] = [
  ['a group name in capitals', 'InvalidContainerGroupName', {}, 'Web'],
  ['a group name of 64 letters', 'InvalidContainerGroupName', {}, 'x'.repeat(64)],
  ['a group name with two hyphens in a row', 'InvalidContainerGroupName', {}, 'a--b'],
  ['a group name that ends with a hyphen', 'InvalidContainerGroupName', {}, 'a-'],
  ['no location', 'LocationRequired', { location: '' }],
  ['no container', 'InvalidContainerGroup', { containers: [] }],
  [
    '61 containers',
    'InvalidContainerGroup',
    { containers: Array.from({ length: 61 }, (_, at) => ({ ...main, name: `c${at}` })) },
  ],
  ['a container name with a dot', 'InvalidContainerName', one({ name: 'a.b' })],
  ['two containers of one name', 'DuplicateContainerName', { containers: [main, main] }],
  [
    'an init container with the name of a container',
    'DuplicateContainerName',
    { initContainers: [{ name: main.name, image: 'busybox' }] },
  ],
  ['no image', 'MissingImage', one({ image: '' })],
  ['no CPU', 'MissingResourceRequest', one({ resources: { requests: { cpu: 0, memoryInGB: 1 } } })],
  [
    'a limit below the request',
    'InvalidResourceLimit',
    one({ resources: { requests: { cpu: 1, memoryInGB: 1 }, limits: { cpu: 0.5 } } }),
  ],
  ['more than a group can have', 'ServiceUnavailable', one({ resources: { requests: { cpu: 5, memoryInGB: 1 } } })],
  [
    'a variable name with a dot',
    'InvalidContainerEnvironmentVariable',
    one({ environmentVariables: [{ name: 'a.b', value: '' }] }),
  ],
  ['a mount without its volume', 'VolumeMountNotFound', one({ volumeMounts: [{ name: 'none', mountPath: '/x' }] })],
  [
    'a port of the address that no container has',
    'MissingContainerPorts',
    { ipAddress: { type: 'Public', ports: [{ port: 80 }] } },
  ],
  ['an operating system that is not known', 'InvalidContainerGroup', { osType: 'BeOS' }],
  ['a restart policy that is not known', 'InvalidContainerGroup', { restartPolicy: 'Sometimes' }],
  ['an image that is not accessible', 'InaccessibleImage', one({ image: 'private' })],
];

test.each(refusals)('%s is refused', async (_what, code, changes, name = 'web') => {
  await using cloud = new AciEmulator({ images: { private: { pull: 'inaccessible' } } });
  await cloud.start();
  const { resourceGroup } = cloud.credentials;
  await expect(
    clientOf(cloud).containerGroups.beginCreateOrUpdate(resourceGroup, name, groupOf(changes)),
  ).rejects.toMatchObject({ code });
  expect(cloud.groups.size).toBe(0);
});
