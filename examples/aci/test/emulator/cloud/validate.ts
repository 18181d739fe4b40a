/** What the cloud refuses of a request to create a container group. Pure. */
import { ArmError } from '../http/answer.js';
import type { AciEmulatorOptions } from '../options.js';
import type { RestartPolicy, WireContainer, WireGroup } from './wire.js';

const nameForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const variableForm = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function validGroup(
  name: string,
  body: Record<string, unknown>,
  options: Required<Pick<AciEmulatorOptions, 'largestGroup' | 'images'>>,
): WireGroup {
  if (!nameForm.test(name) || name.length > 63 || name.includes('--'))
    throw invalid('InvalidContainerGroupName', `The container group name '${name}' is invalid.`);
  const properties = asObject(body['properties'], 'properties');
  if (typeof body['location'] !== 'string' || body['location'] === '')
    throw invalid('LocationRequired', 'The location property is required for this definition.');
  const containers = asContainers(name, properties['containers'], 'containers');
  if (containers.length === 0)
    throw invalid(
      'InvalidContainerGroup',
      `The container group '${name}' has no container: 'containers' must not be empty.`,
    );
  const initContainers = asContainers(name, properties['initContainers'] ?? [], 'initContainers');
  distinctNames(name, [...containers, ...initContainers]);
  for (const container of containers) checkResources(name, container);
  checkTotal(body['location'], containers, options.largestGroup);
  const volumes = checkVolumes(name, properties['volumes'] ?? [], [...containers, ...initContainers]);
  checkPorts(name, properties['ipAddress'], containers);
  for (const { properties: of } of [...initContainers, ...containers])
    if (options.images[of.image]?.pull === 'inaccessible')
      throw invalid(
        'InaccessibleImage',
        `The image '${of.image}' in container group '${name}' is not accessible. Please check the image and registry credential.`,
      );
  return {
    ...(body as unknown as WireGroup),
    properties: {
      ...(properties as WireGroup['properties']),
      containers,
      ...(initContainers.length > 0 && { initContainers }),
      ...(volumes.length > 0 && { volumes }),
      osType: oneOf(name, 'osType', properties['osType'], ['Linux', 'Windows'], undefined),
      restartPolicy: oneOf(
        name,
        'restartPolicy',
        properties['restartPolicy'],
        ['Always', 'OnFailure', 'Never'],
        'Always',
      ) as RestartPolicy,
    },
  };
}

/** What an update must not change. */
export function checkUpdate(name: string, from: WireGroup, to: WireGroup): void {
  const fixed = ({ location, properties }: WireGroup): string =>
    JSON.stringify([
      location.toLowerCase(),
      properties.osType,
      properties.restartPolicy,
      properties.subnetIds?.map(({ id }) => id),
      properties.containers.map((container) => [container.name, container.properties.resources]),
    ]);
  if (fixed(from) === fixed(to)) return;
  throw invalid(
    'InvalidContainerGroupUpdate',
    `The updates on container group '${name}' are invalid. If you are going to update the os type, restart policy, ` +
      'network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.',
  );
}

function asContainers(group: string, value: unknown, field: string): WireContainer[] {
  if (!Array.isArray(value)) throw invalid('InvalidRequestContent', `'${field}' of '${group}' is not a list.`);
  if (value.length > 60)
    throw invalid('InvalidContainerGroup', `The container group '${group}' has too many containers.`);
  return value.map((each) => {
    const container = asObject(each, field);
    const properties = asObject(container['properties'], `${field}.properties`);
    const { name } = container;
    if (typeof name !== 'string' || !nameForm.test(name) || name.length > 63)
      throw invalid(
        'InvalidContainerName',
        `The container name '${String(name)}' in container group '${group}' is invalid. It should match regex ` +
          `'[a-z0-9]([-a-z0-9]*[a-z0-9])?' (e.g. 'my-name').`,
      );
    if (typeof properties['image'] !== 'string' || properties['image'] === '')
      throw invalid('MissingImage', `The image of container '${name}' in container group '${group}' is missing.`);
    checkVariables(name, properties['environmentVariables'] ?? []);
    return container as unknown as WireContainer;
  });
}

function distinctNames(group: string, containers: readonly WireContainer[]): void {
  const names = new Set<string>();
  for (const { name } of containers) {
    if (names.has(name))
      throw invalid(
        'DuplicateContainerName',
        `The container name '${name}' is used twice in container group '${group}'.`,
      );
    names.add(name);
  }
}

function checkVariables(container: string, value: unknown): void {
  if (!Array.isArray(value))
    throw invalid('InvalidRequestContent', `'environmentVariables' of '${container}' is not a list.`);
  for (const each of value) {
    const { name } = asObject(each, 'environmentVariables');
    if (typeof name !== 'string' || !variableForm.test(name))
      throw invalid(
        'InvalidContainerEnvironmentVariable',
        `The environment variable name '${String(name)}' in container '${container}' is invalid. A valid environment ` +
          `variable name must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'.`,
      );
  }
}

function checkResources(group: string, { name, properties }: WireContainer): void {
  const { cpu, memoryInGB } = properties.resources?.requests ?? {};
  if (typeof cpu !== 'number' || typeof memoryInGB !== 'number' || cpu <= 0 || memoryInGB <= 0)
    throw invalid(
      'MissingResourceRequest',
      `The container '${name}' in container group '${group}' must have CPU and memory requests greater than zero.`,
    );
  const { limits } = properties.resources ?? {};
  if ((limits?.cpu ?? cpu) < cpu || (limits?.memoryInGB ?? memoryInGB) < memoryInGB)
    throw invalid(
      'InvalidResourceLimit',
      `The resource limits of container '${name}' in container group '${group}' are less than its requests.`,
    );
}

function checkTotal(
  location: string,
  containers: readonly WireContainer[],
  largest: { readonly cores: number; readonly memoryInGB: number },
): void {
  const { cores, memoryInGB } = totalOf(containers);
  if (cores <= largest.cores && memoryInGB <= largest.memoryInGB) return;
  throw new ArmError(
    409,
    'ServiceUnavailable',
    `The requested resource is not available in the location '${location}' at this moment. Please retry with a different ` +
      `resource request or in another location. Resource requested: '${cores}' CPU '${memoryInGB}' GB memory 'Linux' OS`,
  );
}

/** What the containers of a group ask for together. */
export function totalOf(containers: readonly WireContainer[]): { readonly cores: number; readonly memoryInGB: number } {
  let cores = 0;
  let memoryInGB = 0;
  for (const { properties } of containers) {
    cores += properties.resources?.requests.cpu ?? 0;
    memoryInGB += properties.resources?.requests.memoryInGB ?? 0;
  }
  return { cores: Math.round(cores * 1000) / 1000, memoryInGB: Math.round(memoryInGB * 1000) / 1000 };
}

function checkVolumes(
  group: string,
  value: unknown,
  containers: readonly WireContainer[],
): NonNullable<WireGroup['properties']['volumes']> {
  if (!Array.isArray(value)) throw invalid('InvalidRequestContent', `'volumes' of '${group}' is not a list.`);
  const names = new Set(value.map((volume: unknown) => asObject(volume, 'volumes')['name']));
  for (const { name, properties } of containers)
    for (const mount of properties.volumeMounts ?? [])
      if (!names.has(mount.name))
        throw invalid(
          'VolumeMountNotFound',
          `The volume '${mount.name}' that container '${name}' mounts is not in container group '${group}'.`,
        );
  return value as NonNullable<WireGroup['properties']['volumes']>;
}

function checkPorts(group: string, value: unknown, containers: readonly WireContainer[]): void {
  if (value === undefined || value === null) return;
  const { ports } = asObject(value, 'ipAddress');
  if (!Array.isArray(ports)) throw invalid('InvalidRequestContent', `'ipAddress.ports' of '${group}' is not a list.`);
  const open = new Set(
    containers
      .flatMap(({ properties }) => (properties['ports'] as { readonly port: number }[] | undefined) ?? [])
      .map(({ port }) => port),
  );
  for (const each of ports) {
    const { port } = asObject(each, 'ipAddress.ports');
    if (typeof port === 'number' && open.has(port)) continue;
    throw invalid(
      'MissingContainerPorts',
      `The port '${String(port)}' of the IP address of container group '${group}' is not exposed by any container.`,
    );
  }
}

function oneOf(
  group: string,
  field: string,
  value: unknown,
  choices: readonly string[],
  otherwise: string | undefined,
): string {
  const chosen = choices.find((choice) => typeof value === 'string' && choice.toLowerCase() === value.toLowerCase());
  if (chosen !== undefined) return chosen;
  if (value === undefined && otherwise !== undefined) return otherwise;
  throw invalid('InvalidContainerGroup', `The ${field} '${String(value)}' of container group '${group}' is invalid.`);
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid('InvalidRequestContent', `The request content was invalid: '${what}' is not an object.`);
}

function invalid(code: string, message: string): ArmError {
  return new ArmError(400, code, message);
}
