/**
 * What the service refuses of a container group: the REST specification (Microsoft.ContainerInstance 2023-05-01), the
 * documented limits, and errors that the service is known to answer with.
 */
import type {
  Container,
  ContainerGroup,
  EnvironmentVariable,
  InitContainerDefinition,
} from '@azure/arm-containerinstance';

const nameForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const variableForm = /^[A-Za-z_][A-Za-z0-9_]*$/;
const base64Form = /^[A-Za-z0-9+/]*={0,2}$/;

/** Nothing, if the service takes the group. */
export function refusedByService(group: ContainerGroup): string[] {
  const faults: string[] = [];
  const check = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  const { containers, initContainers = [], volumes = [], ipAddress, subnetIds, dnsConfig, tags = {} } = group;
  check(Boolean(group.location), 'LocationRequired');
  check(group.osType === 'Linux' || group.osType === 'Windows', 'osType');
  check(['Always', 'OnFailure', 'Never'].includes(group.restartPolicy ?? ''), 'restartPolicy');
  check(containers.length > 0 && containers.length + initContainers.length <= 60, 'number of containers');
  check(volumes.length <= 20, 'number of volumes');
  check(Object.keys(tags).length <= 50, 'number of tags');
  for (const [name, value] of Object.entries(tags)) check(name.length <= 512 && value.length <= 256, `tag ${name}`);

  const names = [...containers, ...initContainers].map(({ name }) => name);
  check(new Set(names).size === names.length, 'DuplicateContainerName');
  for (const container of [...containers, ...initContainers]) {
    faults.push(...commonFaults(container, new Set(volumes.map(({ name }) => name))));
  }
  for (const container of containers) faults.push(...resourceFaults(container), ...probeFaults(container));
  for (const { name, secret, azureFile, emptyDir, gitRepo } of volumes) {
    check([secret, azureFile, emptyDir, gitRepo].filter(Boolean).length === 1, `volume ${name} is of one kind`);
    check(!secret || Object.keys(secret).length > 0, `volume ${name} is empty`);
    for (const [file, value] of Object.entries(secret ?? {})) {
      check(base64Form.test(value) && !file.includes('/'), `volume ${name}: ${file}`);
    }
  }
  const open = new Set(containers.flatMap(({ ports = [] }) => ports.map(({ port }) => port)));
  for (const { port } of ipAddress?.ports ?? []) check(open.has(port), 'MissingContainerPorts');
  check(!ipAddress || (ipAddress.ports.length > 0 && ipAddress.ports.length <= 5), 'ports on the address');
  check(!(ipAddress?.type === 'Public' && subnetIds), 'a public address in a subnet');
  check(!dnsConfig || (subnetIds !== undefined && dnsConfig.nameServers.length > 0), 'dnsConfig');
  for (const { server } of group.imageRegistryCredentials ?? [])
    check(/^[\w.-]+(:\d+)?$/.test(server), `server ${server}`);
  const servers = (group.imageRegistryCredentials ?? []).map(({ server }) => server);
  check(new Set(servers).size === servers.length, 'several credentials for a server');
  if (group.priority === 'Spot')
    check(!ipAddress && !subnetIds, 'SpotPriorityContainerGroupNotSupportedForInboundConnectivity');
  return faults;
}

function commonFaults(container: Container | InitContainerDefinition, volumes: ReadonlySet<string>): string[] {
  const { name, image, command, environmentVariables = [], volumeMounts = [] } = container;
  return [
    ...(nameForm.test(name) ? [] : [`InvalidContainerName ${name}`]),
    ...(image ? [] : [`${name}: MissingImage`]),
    ...(command?.length === 0 ? [`${name}: command is empty`] : []),
    ...environmentVariables.filter((variable) => !isVariable(variable)).map((each) => `${name}: variable ${each.name}`),
    ...volumeMounts.filter((mount) => !volumes.has(mount.name)).map((mount) => `VolumeMountNotFound ${mount.name}`),
    ...volumeMounts.filter(({ mountPath }) => mountPath.includes(':')).map(({ mountPath }) => `mountPath ${mountPath}`),
  ];
}

/** `InvalidContainerEnvironmentVariable` and `InvalidEnvironmentVariable`. */
function isVariable({ name, value, secureValue }: EnvironmentVariable): boolean {
  return variableForm.test(name) && Boolean(value) !== Boolean(secureValue);
}

function resourceFaults({ name, resources: { requests, limits } }: Container): string[] {
  const faults: string[] = [];
  if (!isMultiple(requests.cpu, 0.01) || requests.cpu <= 0) faults.push(`${name}: cpu ${requests.cpu}`);
  if (!isMultiple(requests.memoryInGB, 0.1) || requests.memoryInGB <= 0) {
    faults.push(`${name}: memoryInGB ${requests.memoryInGB}`);
  }
  if ((limits?.cpu ?? requests.cpu) < requests.cpu) faults.push(`${name}: cpu limit ${limits?.cpu}`);
  if ((limits?.memoryInGB ?? requests.memoryInGB) < requests.memoryInGB) faults.push(`${name}: memory limit`);
  return faults;
}

function isMultiple(value: number, step: number): boolean {
  return Math.abs(value / step - Math.round(value / step)) < 1e-6;
}

function probeFaults({ name, livenessProbe, readinessProbe }: Container): string[] {
  return [livenessProbe, readinessProbe].flatMap((probe) => {
    if (!probe) return [];
    const { exec, httpGet } = probe;
    const isLegal = Boolean(exec) !== Boolean(httpGet) && ['http', 'https', undefined].includes(httpGet?.scheme);
    return isLegal ? [] : [`${name}: probe`];
  });
}
