/** The containers of a group, and those that run before them. */
import type { Container as GroupContainer, ContainerPort, InitContainerDefinition } from '@azure/arm-containerinstance';
import type { Container, EnvironmentVariable, Pod } from 'vk-sdk';
import type { PodMaterial } from '../pod-material.js';
import { commandOf } from './command.js';
import { checkContainerFields, checkInitContainerFields } from './container-fields.js';
import { environmentOf } from './environment.js';
import type { GpuSource } from './gpu.js';
import { probeOf } from './probes.js';
import type { Refusals } from './refusals.js';
import { resourcesOf } from './resources.js';
import { securityContextOf } from './security-context.js';

/** Azure's limit of containers in a group, init containers among them (container-instances-resource-and-quota-limits). */
const mostContainers = 60;

export interface ContainerInputs {
  readonly pod: Pod;
  readonly material: PodMaterial;
  readonly gpus: GpuSource;
  /** Volumes whose mounts go with them. */
  readonly leftOut: ReadonlySet<string>;
  readonly refusals: Refusals;
}

export function containersOf(inputs: ContainerInputs): GroupContainer[] {
  const { pod, gpus, refusals } = inputs;
  const count = pod.spec.containers.length + (pod.spec.initContainers?.length ?? 0);
  if (count > mostContainers) {
    refusals.add(
      'spec.containers',
      `a group has at most ${mostContainers}, init containers included; these are ${count}`,
    );
  }
  return pod.spec.containers.map((container) => {
    const path = `spec.containers[${container.name}]`;
    checkContainerFields(container, path, refusals);
    const ports = portsOf(container, path, refusals);
    const variables = variablesOf(container, inputs);
    const livenessProbe = probeOf(container, 'livenessProbe', variables, path, refusals);
    const readinessProbe = probeOf(container, 'readinessProbe', variables, path, refusals);
    return {
      ...commonOf(container, path, inputs),
      image: container.image ?? '',
      resources: resourcesOf(container, gpus, path, refusals),
      ...(ports.length > 0 && { ports }),
      ...(livenessProbe && { livenessProbe }),
      ...(readinessProbe && { readinessProbe }),
    };
  });
}

export function initContainersOf(inputs: ContainerInputs): InitContainerDefinition[] {
  return (inputs.pod.spec.initContainers ?? []).map((container) => {
    const path = `spec.initContainers[${container.name}]`;
    checkInitContainerFields(container, path, inputs.refusals);
    return { ...commonOf(container, path, inputs), image: container.image ?? '' };
  });
}

type Common = Pick<GroupContainer, 'name' | 'command' | 'environmentVariables' | 'volumeMounts' | 'securityContext'>;

function commonOf(container: Container, path: string, inputs: ContainerInputs): Common {
  const { pod, leftOut, refusals } = inputs;
  const variables = variablesOf(container, inputs);
  const command = commandOf(container, variables, path, refusals);
  const environmentVariables = environmentOf(container, variables, path, refusals);
  const volumeMounts = mountsOf(container, leftOut, path, refusals);
  const securityContext = securityContextOf(pod.spec, container, path, refusals);
  return {
    name: container.name,
    ...(command && { command }),
    ...(environmentVariables.length > 0 && { environmentVariables }),
    ...(volumeMounts.length > 0 && { volumeMounts }),
    ...(securityContext && { securityContext }),
  };
}

function variablesOf({ name }: Container, { material }: ContainerInputs): readonly EnvironmentVariable[] {
  return material.environment.containers.get(name) ?? [];
}

function mountsOf(
  { volumeMounts = [] }: Container,
  leftOut: ReadonlySet<string>,
  path: string,
  refusals: Refusals,
): NonNullable<GroupContainer['volumeMounts']> {
  return volumeMounts
    .filter(({ name }) => !leftOut.has(name))
    .map(({ name, mountPath, readOnly }) => {
      // REST specification, VolumeMount.mountPath.
      if (mountPath.includes(':')) refusals.add(`${path}.volumeMounts[${mountPath}].mountPath`, 'holds a colon');
      return { name, mountPath, ...(readOnly && { readOnly }) };
    });
}

function portsOf({ ports = [] }: Container, path: string, refusals: Refusals): ContainerPort[] {
  return ports.map(({ containerPort: port, protocol = 'TCP' }) => {
    if (protocol !== 'TCP' && protocol !== 'UDP') {
      refusals.add(`${path}.ports[${port}].protocol`, 'the cloud has TCP and UDP');
    }
    return { port, protocol };
  });
}
