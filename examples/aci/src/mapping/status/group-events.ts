/** What the cloud tells of a container group, as Events of its pod. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { BackendEvent } from 'vk-sdk';

/** Of the group and of its containers, oldest first. What lacks a time or a name is left out. Never throws. */
export function groupEvents(group: ContainerGroup): readonly BackendEvent[] {
  void group;
  return [];
}
