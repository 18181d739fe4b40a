/** GPUs: how many a container asks for, and of which model. */
import type { GpuResource } from '@azure/arm-containerinstance';
import { type Container, type Pod, Quantity } from 'vk-sdk';
import type { GroupSettings } from '../group-settings.js';
import { annotationPath, annotations } from './annotations.js';
import type { Refusals } from './refusals.js';

export const gpuResource = 'nvidia.com/gpu';

export interface GpuSource {
  /** The model that the pod's annotation names. */
  readonly wanted: string | undefined;
  /** What the region offers, the first being the default. */
  readonly offered: readonly string[];
}

export function gpuSource(pod: Pod, { gpuSkus = [] }: GroupSettings): GpuSource {
  return { wanted: pod.metadata.annotations?.[annotations.gpuType], offered: gpuSkus };
}

export function gpusOf(
  { limits, requests }: NonNullable<Container['resources']>,
  { wanted, offered }: GpuSource,
  path: string,
  refusals: Refusals,
): GpuResource | undefined {
  const list = limits?.[gpuResource] === undefined ? 'requests' : 'limits';
  const asked = limits?.[gpuResource] ?? requests?.[gpuResource];
  if (asked === undefined) return undefined;
  const count = Number(Quantity.parse(asked).value());
  if (count <= 0) return undefined;
  const sku = wanted ? offered.find((each) => each.toLowerCase() === wanted.toLowerCase()) : offered[0];
  if (offered.length === 0) {
    refusals.add(`${path}.${list}[${gpuResource}]`, 'the node’s region offers no GPUs');
  } else if (sku === undefined) {
    refusals.add(annotationPath(annotations.gpuType), `the node’s region offers ${offered.join(', ')}`);
  }
  return sku === undefined ? undefined : { count, sku };
}
