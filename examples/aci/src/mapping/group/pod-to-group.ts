/**
 * A pod as the container group that runs it (Microsoft.ContainerInstance 2023-05-01). A function of the pod, of what it
 * refers to, and of the node's settings. Neighbours, one for each concern: `containers.ts` with what a container is made
 * of, `volumes.ts`, `registry-credentials.ts`, `network.ts`, `sku.ts`, `node-wide.ts`; `pod-fields.ts` and
 * `container-fields.ts` list what becomes of each field.
 */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import type { PodMaterial } from '../pod-material.js';
import { type ContainerInputs, containersOf, initContainersOf } from './containers.js';
import { gpuSource } from './gpu.js';
import { networkOf } from './network.js';
import { nodeWideOf } from './node-wide.js';
import { checkOperatingSystem } from './operating-system.js';
import { checkPodFields } from './pod-fields.js';
import { Refusals } from './refusals.js';
import { registryCredentialsOf } from './registry-credentials.js';
import { checkPodSecurityContext } from './security-context.js';
import { skuOf } from './sku.js';
import { groupTags } from './tags.js';
import { leftOutVolumes, volumesOf } from './volumes.js';

/** Azure Resource Manager takes no larger request. */
const largestRequestBytes = 4 * 1024 * 1024;

/**
 * Throws `InvalidInput` that names the path of every field which a container group cannot honour, and `Unavailable` while
 * something that the pod refers to is not there. The answer holds secrets: it is for the cloud alone.
 */
export function podToGroup(pod: Pod, material: PodMaterial, settings: GroupSettings): ContainerGroup {
  const refusals = new Refusals();
  checkPodFields(pod, refusals);
  checkOperatingSystem(pod, settings.operatingSystem, refusals);
  checkPodSecurityContext(pod.spec, refusals);
  checkEnvironment(material, refusals);
  const leftOut = leftOutVolumes(pod, settings.operatingSystem);
  const inputs: ContainerInputs = { pod, material, gpus: gpuSource(pod, settings), leftOut, refusals };
  const containers = containersOf(inputs);
  const initContainers = initContainersOf(inputs);
  const volumes = volumesOf(pod, material, leftOut, refusals);
  const imageRegistryCredentials = registryCredentialsOf(pod, material, refusals);
  const group: ContainerGroup = {
    location: settings.location,
    tags: groupTags(pod, settings.nodeName),
    osType: settings.operatingSystem,
    restartPolicy: pod.spec.restartPolicy ?? 'Always',
    containers,
    ...(initContainers.length > 0 && { initContainers }),
    ...(volumes.length > 0 && { volumes }),
    ...(imageRegistryCredentials.length > 0 && { imageRegistryCredentials }),
    ...networkOf(pod, containers, settings, refusals),
    ...skuOf(pod, containers, settings, refusals),
    ...nodeWideOf(pod, settings),
  };
  checkSize(group, refusals);
  refusals.throwFor(pod);
  return group;
}

function checkEnvironment({ environment }: PodMaterial, refusals: Refusals): void {
  for (const { container, message, blocking } of environment.problems) {
    if (blocking) refusals.missing(`container ${container}`, message);
  }
}

function checkSize(group: ContainerGroup, refusals: Refusals): void {
  const bytes = Buffer.byteLength(JSON.stringify(group));
  if (bytes <= largestRequestBytes) return;
  refusals.add(
    'spec.volumes',
    `with all that it holds the group has ${bytes} bytes, and the cloud takes ${largestRequestBytes}`,
  );
}
