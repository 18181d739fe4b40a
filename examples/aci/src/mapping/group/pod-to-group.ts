/** A pod as the container group that runs it. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import { type Pod, VkError } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import type { PodMaterial } from '../pod-material.js';

/** Throws `InvalidInput` that names the path of every field which the cloud cannot give the pod. */
export function podToGroup(pod: Pod, material: PodMaterial, settings: GroupSettings): ContainerGroup {
  void [pod, material, settings];
  throw new VkError('NotImplemented', 'podToGroup: being built');
}
