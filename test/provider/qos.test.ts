import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../../src/kube/types.js';
import { computeQosClass } from '../../src/provider/qos.js';
import { container, podWith } from './pods.js';

function resources(requests?: Record<string, string>, limits?: Record<string, string>): Partial<Container> {
  return { resources: { ...(requests && { requests }), ...(limits && { limits }) } };
}

function classOf(spec: Partial<PodSpec>): string {
  return computeQosClass(podWith(spec));
}

const full = { cpu: '500m', memory: '1Gi' };

describe('computeQosClass', () => {
  it('is BestEffort where nothing is asked for, or nothing above zero, or nothing but other resources', () => {
    expect(classOf({})).toBe('BestEffort');
    expect(classOf({ containers: [container('app', resources({ cpu: '0' }, { memory: '0' }))] })).toBe('BestEffort');
    expect(classOf({ containers: [container('app', resources({ 'nvidia.com/gpu': '1' }))] })).toBe('BestEffort');
  });

  it('is Guaranteed where every container has limits of cpu and memory that its requests equal', () => {
    const equal = { cpu: '0.5', memory: '1024Mi' };
    expect(
      classOf({ containers: [container('a', resources(full, equal)), container('b', resources(full, full))] }),
    ).toBe('Guaranteed');
  });

  it.each([
    ['a request differs', { containers: [container('a', resources({ cpu: '1', memory: '1Gi' }, full))] }],
    ['a limit is missing', { containers: [container('a', resources({ cpu: '500m' }, { cpu: '500m' }))] }],
    ['one container has none', { containers: [container('a', resources(full, full)), container('b')] }],
    [
      'an init container has none',
      { containers: [container('a', resources(full, full))], initContainers: [container('init')] },
    ],
    ['there are limits alone', { containers: [container('a', resources(undefined, full))] }],
    ['there are requests alone', { containers: [container('a', resources(full))] }],
    ['one request of a full set is missing', { containers: [container('a', resources({ cpu: '500m' }, full))] }],
  ])('is Burstable where %s', (_, spec) => {
    expect(classOf(spec)).toBe('Burstable');
  });

  it('goes by the resources of the pod as a whole where it has them', () => {
    const containers = [container('a')];
    expect(classOf({ containers, resources: { requests: full, limits: full } })).toBe('Guaranteed');
    expect(classOf({ containers, resources: { requests: full } })).toBe('Burstable');
    expect(classOf({ containers: [container('a', resources(full, full))], resources: {} })).toBe('BestEffort');
  });
});
