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
  const tag = (name: string): string | undefined => text(field(field(group, 'tags'), name));
  const namespace = tag(tagNames.namespace);
  const name = tag(tagNames.podName);
  const uid = tag(tagNames.uid);
  const node = tag(tagNames.nodeName);
  if (!namespace || !name || !uid || !node) return undefined;
  if (nodeName !== undefined && !(node === nodeName && isOurName(group, { namespace, name, uid }))) return undefined;
  const created = creationTime(tag(tagNames.creationTimestamp));
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
