/** What kind of group a pod asks for by its annotations: confidential, or one that may be evicted. */
import type { Container, ContainerGroup } from '@azure/arm-containerinstance';
import type { Pod } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import { annotationPath, annotations } from './annotations.js';
import type { Refusals } from './refusals.js';

const skus = ['Standard', 'Dedicated', 'Confidential'];
const priorities = ['Regular', 'Spot'];

export function skuOf(
  pod: Pod,
  containers: readonly Container[],
  { subnetId }: GroupSettings,
  refusals: Refusals,
): Pick<ContainerGroup, 'confidentialComputeProperties' | 'priority' | 'sku'> {
  const ccePolicy = pod.metadata.annotations?.[annotations.ccePolicy];
  const named = chosen(pod, annotations.containerSku, skus, refusals);
  const priority = chosen(pod, annotations.containerPriority, priorities, refusals);
  if (ccePolicy && named && named !== 'Confidential') {
    refusals.add(annotationPath(annotations.ccePolicy), `only confidential groups have a policy, not ${named} ones`);
  }
  const sku = ccePolicy ? 'Confidential' : named;
  if (priority === 'Spot') {
    const against = whyNotSpot(containers, sku, subnetId);
    if (against !== undefined) refusals.add(annotationPath(annotations.containerPriority), against);
  }
  return {
    ...(sku && { sku }),
    ...(ccePolicy && { confidentialComputeProperties: { ccePolicy } }),
    ...(priority && { priority }),
  };
}

/** The annotation's value as the cloud spells it. */
function chosen(pod: Pod, annotation: string, values: readonly string[], refusals: Refusals): string | undefined {
  const asked = pod.metadata.annotations?.[annotation];
  if (!asked) return undefined;
  const value = values.find((each) => each.toLowerCase() === asked.toLowerCase());
  if (value === undefined) refusals.add(annotationPath(annotation), `not one of ${values.join(', ')}`);
  return value;
}

/** The service's own conditions (its errors `SpotPriorityContainerGroup…`, and "Spot containers: unsupported features"). */
function whyNotSpot(
  containers: readonly Container[],
  sku: string | undefined,
  subnetId: string | undefined,
): string | undefined {
  if (subnetId !== undefined) return 'spot groups cannot be in a subnet';
  if (containers.some(({ ports }) => ports)) return 'spot groups have no public address, and the pod has ports';
  if (containers.some(({ resources }) => resources.requests.gpu)) return 'spot groups have no GPUs';
  if (sku !== undefined && sku !== 'Standard') return 'spot groups are of the Standard sku';
  return undefined;
}
