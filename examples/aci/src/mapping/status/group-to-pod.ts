/** Which pod a container group is, by its tags. */
import type { ContainerGroup } from '@azure/arm-containerinstance';
import { timestamp, type Container, type Pod, type PodRef } from 'vk-sdk';
import { groupName } from '../group/group-name.js';
import { tagNames } from '../group/tags.js';
import { field, items, text, time } from './cloud-value.js';

/**
 * The pod's identity (namespace, name, uid, creation), its node, and its containers' names and images. Undefined for a
 * group that lacks any of namespace, name, uid and node. Where `nodeName` is given, also for one of another node, and for
 * one that is not called as this provider calls it: azure-aci's groups have the same tags, and would be looked for in vain
 * by name. Never throws, whatever the cloud left out.
 */
export function groupToPod(group: ContainerGroup, nodeName?: string): Pod | undefined {
  const namespace = tagOf(group, tagNames.namespace);
  const name = tagOf(group, tagNames.podName);
  const uid = tagOf(group, tagNames.uid);
  const node = tagOf(group, tagNames.nodeName);
  if (!namespace || !name || !uid || !node) return undefined;
  if (nodeName !== undefined && !(node === nodeName && isOurName(group, { namespace, name, uid }))) return undefined;
  const created = creationTime(tagOf(group, tagNames.creationTimestamp));
  const initContainers = containersOf(field(group, 'initContainers'));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid, ...(created !== undefined && { creationTimestamp: timestamp(created) }) },
    spec: {
      nodeName: node,
      containers: containersOf(field(group, 'containers')),
      ...(initContainers.length > 0 && { initContainers }),
      ...restartPolicy(group),
    },
  };
}

/**
 * Whether the group that is called as the pod's is the pod's. No other pod's is called so, so it takes a tag that names
 * another pod or node to deny it: tags that the cloud leaves out, or that somebody has replaced by their own, deny nothing.
 */
export function isGroupOf(group: ContainerGroup, { uid }: PodRef, nodeName: string): boolean {
  return (
    [undefined, uid].includes(tagOf(group, tagNames.uid)) &&
    [undefined, nodeName].includes(tagOf(group, tagNames.nodeName))
  );
}

function tagOf(group: unknown, name: string): string | undefined {
  return text(field(field(group, 'tags'), name));
}

/** Azure compares names without regard to case. One that is left out speaks for nothing. */
function isOurName(group: unknown, ref: PodRef): boolean {
  const name = text(field(group, 'name'));
  return name === undefined || name.toLowerCase() === groupName(ref);
}

/** Those that have a name, each once. */
function containersOf(list: unknown): Container[] {
  const byName = new Map<string, Container>();
  for (const item of items(list)) {
    const name = text(field(item, 'name'));
    const image = text(field(item, 'image'));
    if (name !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) && !byName.has(name)) {
      byName.set(name, { name, ...(image !== undefined && { image }) });
    }
  }
  return [...byName.values()];
}

function restartPolicy(group: unknown): { restartPolicy?: string } {
  const policy = text(field(group, 'restartPolicy'));
  return policy === 'Always' || policy === 'OnFailure' || policy === 'Never' ? { restartPolicy: policy } : {};
}

/** azure-aci writes it as Go prints times: `2024-05-01 10:00:00 +0000 UTC`. */
function creationTime(written: string | undefined): number | undefined {
  const go = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)/.exec(written ?? '');
  return time(go ? `${go[1]}T${go[2]}${go[3]}:${go[4]}` : written);
}
