import { describe, expect, it } from 'vitest';
import { defaultNode } from '../../../src/controller/node/default-node.js';

describe('defaultNode', () => {
  it('upstream §3: carries the labels and the taint that people know, and those that a node should have', () => {
    const node = defaultNode('edge', { provider: 'acme', architecture: 'arm64' });
    expect(node.metadata.labels).toEqual({
      type: 'virtual-kubelet',
      'kubernetes.io/role': 'agent',
      'kubernetes.io/hostname': 'edge',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'arm64',
      'node.kubernetes.io/exclude-from-external-load-balancers': 'true',
    });
    expect(node.spec?.taints).toEqual([{ key: 'virtual-kubelet.io/provider', value: 'acme', effect: 'NoSchedule' }]);
  });

  it('says where its kubelet server is, if there is one', () => {
    const node = defaultNode('edge', { internalIP: '10.1.2.3', kubeletPort: 10_250 });
    expect(node.status?.addresses).toEqual([
      { type: 'InternalIP', address: '10.1.2.3' },
      { type: 'Hostname', address: 'edge' },
    ]);
    expect(node.status?.daemonEndpoints).toEqual({ kubeletEndpoint: { Port: 10_250 } });
    expect(defaultNode('edge').status).not.toHaveProperty('daemonEndpoints');
  });

  it('can do without taints, and speaks of architectures as Kubernetes does', () => {
    expect(defaultNode('edge', { taints: [] }).spec?.taints).toEqual([]);
    expect(defaultNode('edge').status?.nodeInfo?.architecture).toMatch(/^(amd64|arm64|arm|386|ppc64|s390x)$/);
    expect(defaultNode('edge').status?.nodeInfo?.kubeletVersion).toMatch(/^v1\.36\.0-vk-sdk-\d/);
  });

  it('is a new object each time', () => {
    Object.assign(defaultNode('a').status?.capacity ?? {}, { cpu: '1' });
    expect(defaultNode('a').status?.capacity?.['cpu']).toBe('1000');
  });
});
