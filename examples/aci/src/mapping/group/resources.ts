/** What a container asks for, in the steps that the cloud sells: 0.01 cores, and 0.1 GB of a billion bytes each. */
import type { ResourceLimits, ResourceRequirements } from '@azure/arm-containerinstance';
import { type Container, Quantity } from 'vk-sdk';
import { checkFields, refused, type FieldTable } from './fields.js';
import { gpuResource, gpusOf, type GpuSource } from './gpu.js';
import type { Refusals } from './refusals.js';

const defaultCpu = 1;
const defaultMemoryInGB = 1.5;

const amounts: FieldTable = {
  cpu: 'mapped',
  memory: 'mapped',
  [gpuResource]: 'mapped',
};

const resourceFields: FieldTable = {
  requests: 'mapped',
  limits: 'mapped',
  claims: refused('no devices are given out but GPUs'),
};

export function resourcesOf(
  { resources = {} }: Container,
  gpuSource: GpuSource,
  path: string,
  refusals: Refusals,
): ResourceRequirements {
  const { requests = {}, limits } = resources;
  checkFields(resources, `${path}.resources`, resourceFields, refusals);
  checkFields(requests, `${path}.resources.requests`, amounts, refusals);
  checkFields(limits, `${path}.resources.limits`, amounts, refusals);
  // Kubernetes takes a limit for the request where that is missing.
  const cpu = cores(requests['cpu'] ?? limits?.['cpu']) ?? defaultCpu;
  const memoryInGB = gigabytes(requests['memory'] ?? limits?.['memory']) ?? defaultMemoryInGB;
  const gpu = gpusOf(resources, gpuSource, `${path}.resources`, refusals);
  const atMost: ResourceLimits = {
    cpu: Math.max(cores(limits?.['cpu']) ?? cpu, cpu),
    memoryInGB: Math.max(gigabytes(limits?.['memory']) ?? memoryInGB, memoryInGB),
    ...(gpu && { gpu }),
  };
  const hasLimits = limits !== undefined && Object.keys(limits).length > 0;
  return { requests: { cpu, memoryInGB, ...(gpu && { gpu }) }, ...(hasLimits && { limits: atMost }) };
}

/** Down to a whole 10m, and at least that. */
function cores(quantity: string | undefined): number | undefined {
  if (quantity === undefined) return undefined;
  return Math.max(Number(Quantity.parse(quantity).milliValue() / 10n), 1) / 100;
}

/** Down to a whole 100 MB, and at least that. */
function gigabytes(quantity: string | undefined): number | undefined {
  if (quantity === undefined) return undefined;
  return Math.max(Number(Quantity.parse(quantity).value() / 100_000_000n), 1) / 10;
}
