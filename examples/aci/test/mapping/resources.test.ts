import { describe, expect, it } from 'vitest';
import { containerOf, groupOf, podOf, refusalOf, settings } from './scene.js';

const withGpus = { ...settings, gpuSkus: ['V100', 'P100'] };

describe('resources', () => {
  it.each([
    ['without any, 1.0 cores and 1.5 GB', {}, { cpu: 1, memoryInGB: 1.5 }, undefined],
    ['CPU down to a whole 10m', { requests: { cpu: '1259m' } }, { cpu: 1.25, memoryInGB: 1.5 }, undefined],
    ['at least 10m of CPU', { requests: { cpu: '3m' } }, { cpu: 0.01, memoryInGB: 1.5 }, undefined],
    ['CPU of nothing', { requests: { cpu: '0' } }, { cpu: 0.01, memoryInGB: 1.5 }, undefined],
    ['memory down to 0.1 GB', { requests: { memory: '2Gi' } }, { cpu: 1, memoryInGB: 2.1 }, undefined],
    ['0.1 GB of a billion bytes', { requests: { memory: '199M' } }, { cpu: 1, memoryInGB: 0.1 }, undefined],
    ['at least 0.1 GB', { requests: { memory: '1Mi' } }, { cpu: 1, memoryInGB: 0.1 }, undefined],
    ['amounts with fractions', { requests: { cpu: '0.5', memory: '1.5G' } }, { cpu: 0.5, memoryInGB: 1.5 }, undefined],
    [
      'limits only if given, a missing one equal to the request',
      { requests: { cpu: '500m', memory: '1G' }, limits: { cpu: '2' } },
      { cpu: 0.5, memoryInGB: 1 },
      { cpu: 2, memoryInGB: 1 },
    ],
    [
      'limits down to the same steps, and never below the request',
      { requests: { cpu: '5m', memory: '50M' }, limits: { cpu: '8m', memory: '60M' } },
      { cpu: 0.01, memoryInGB: 0.1 },
      { cpu: 0.01, memoryInGB: 0.1 },
    ],
    [
      'a limit for the request that is missing, as Kubernetes has it',
      { limits: { cpu: '200m', memory: '512M' } },
      { cpu: 0.2, memoryInGB: 0.5 },
      { cpu: 0.2, memoryInGB: 0.5 },
    ],
  ])('upstream §5: %s', (_, resources, requests, limits) => {
    const made = containerOf({ resources }).resources;
    expect(made.requests).toEqual(requests);
    expect(made.limits).toEqual(limits);
  });

  it.each([
    ['of the region’s first model', {}, { count: 2, sku: 'V100' }],
    ['of the model that the annotation names', { 'virtual-kubelet.io/gpu-type': 'p100' }, { count: 2, sku: 'P100' }],
  ])('upstream §5: GPUs %s', (_, annotations, gpu) => {
    const pod = podOf({ resources: { limits: { 'nvidia.com/gpu': '2' } } }, {}, { annotations });
    const made = groupOf(pod, {}, withGpus).containers[0]?.resources;
    expect(made?.requests.gpu).toEqual(gpu);
    expect(made?.limits).toEqual({ cpu: 1, memoryInGB: 1.5, gpu });
  });

  it.each([
    [
      'a model that the region has not',
      { limits: { 'nvidia.com/gpu': '1' } },
      { 'virtual-kubelet.io/gpu-type': 'H100' },
      withGpus,
      'metadata.annotations[virtual-kubelet.io/gpu-type]: the node’s region offers V100, P100',
    ],
    [
      'GPUs where there are none',
      { limits: { 'nvidia.com/gpu': '1' } },
      {},
      settings,
      'spec.containers[app].resources.limits[nvidia.com/gpu]: the node’s region offers no GPUs',
    ],
    [
      'other resources',
      { requests: { 'ephemeral-storage': '1Gi' }, limits: { 'example.com/fpga': '1' } },
      {},
      settings,
      'spec.containers[app].resources.requests.ephemeral-storage: not known to this provider; ' +
        'spec.containers[app].resources.limits.example.com/fpga: not known to this provider',
    ],
    [
      'claims',
      { claims: [{ name: 'gpu' }] },
      {},
      settings,
      'spec.containers[app].resources.claims: no devices are given out but GPUs',
    ],
  ])('upstream §5: refuses %s', (_, resources, annotations, given, message) => {
    expect(refusalOf(podOf({ resources }, {}, { annotations }), {}, given).message).toBe(`pod shop/web: ${message}`);
  });
});
