import { describe, expect, it } from 'vitest';
import { groupOf, inSubnet, podOf, refusalOf, settings } from './scene.js';

const annotated = (annotations: Record<string, string>, container = {}) => podOf(container, {}, { annotations });
const sku = 'virtual-kubelet.io/container-sku';
const priority = 'virtual-kubelet.io/container-priority';
const policy = 'virtual-kubelet.io/confidential-compute-cce-policy';

describe('what kind of group', () => {
  it.each([
    ['confidential by the sku', { [sku]: 'confidential' }, { sku: 'Confidential' }],
    [
      'confidential by a policy',
      { [policy]: 'cG9saWN5' },
      { sku: 'Confidential', confidentialComputeProperties: { ccePolicy: 'cG9saWN5' } },
    ],
    ['spot', { [priority]: 'Spot' }, { priority: 'Spot' }],
    ['regular', { [priority]: 'regular' }, { priority: 'Regular' }],
    ['standard', { [sku]: 'Standard' }, { sku: 'Standard' }],
  ])('upstream §5: %s', (_, annotations, expected) => {
    const { sku: madeSku, priority: madePriority, confidentialComputeProperties } = groupOf(annotated(annotations));
    expect({
      ...(madeSku && { sku: madeSku }),
      ...(madePriority && { priority: madePriority }),
      ...(confidentialComputeProperties && { confidentialComputeProperties }),
    }).toEqual(expected);
  });

  const gpu = { resources: { limits: { 'nvidia.com/gpu': '1' } } };

  it.each([
    [
      'an unknown sku',
      annotated({ [sku]: 'golden' }),
      settings,
      `${sku}]: not one of Standard, Dedicated, Confidential`,
    ],
    ['an unknown priority', annotated({ [priority]: 'high' }), settings, `${priority}]: not one of Regular, Spot`],
    [
      'a policy of a group that is not confidential',
      annotated({ [sku]: 'Standard', [policy]: 'cG9saWN5' }),
      settings,
      `${policy}]: only confidential groups have a policy, not Standard ones`,
    ],
    [
      'spot with a public address',
      annotated({ [priority]: 'Spot' }, { ports: [{ containerPort: 80 }] }),
      settings,
      `${priority}]: spot groups have no public address, and the pod has ports`,
    ],
    [
      'spot in a subnet',
      annotated({ [priority]: 'Spot' }),
      inSubnet,
      `${priority}]: spot groups cannot be in a subnet`,
    ],
    [
      'spot with GPUs',
      annotated({ [priority]: 'Spot' }, gpu),
      { ...settings, gpuSkus: ['V100'] },
      `${priority}]: spot groups have no GPUs`,
    ],
    [
      'spot that is confidential',
      annotated({ [priority]: 'Spot', [sku]: 'Confidential' }),
      settings,
      `${priority}]: spot groups are of the Standard sku`,
    ],
  ])('is refused: %s', (_, pod, given, message) => {
    expect(refusalOf(pod, {}, given).message).toBe(`pod shop/web: metadata.annotations[${message}`);
  });
});

describe('what all groups of a node have', () => {
  it.each([
    ['its own', { systemAssigned: true }, { type: 'SystemAssigned' }],
    ['given ones', { userAssigned: ['/i/1'] }, { type: 'UserAssigned', userAssignedIdentities: { '/i/1': {} } }],
    [
      'both',
      { systemAssigned: true, userAssigned: ['/i/1', '/i/2'] },
      { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { '/i/1': {}, '/i/2': {} } },
    ],
    ['none', {}, undefined],
  ])('upstream §5: a managed identity, %s', (_, identity, expected) => {
    expect(groupOf(podOf(), {}, { ...settings, identity }).identity).toEqual(expected);
  });

  it('upstream §5: a workspace for its logs', () => {
    const logAnalytics = { workspaceId: 'id', workspaceKey: 'key' };
    expect(groupOf(podOf(), {}, { ...settings, logAnalytics }).diagnostics).toEqual({ logAnalytics });
  });

  it('upstream §5: what the workspace finds a pod of a cluster by, of each pod its own', () => {
    const logAnalytics = { workspaceId: 'id', workspaceKey: 'key', clusterResourceId: '/c' };
    const of = (uid: string) => groupOf(podOf({}, {}, { uid }), {}, { ...settings, logAnalytics }).diagnostics;
    const first = of('one');
    expect(of('two')?.logAnalytics?.metadata).toMatchObject({ 'pod-uuid': 'two' });
    expect(first).toEqual({
      logAnalytics: {
        workspaceId: 'id',
        workspaceKey: 'key',
        logType: 'ContainerInsights',
        metadata: { 'cluster-resource-id': '/c', 'node-name': 'aci-node', 'pod-uuid': 'one' },
      },
    });
  });

  it('extensions, in a subnet and on Linux alone', () => {
    const extensions = [{ name: 'kube-proxy', extensionType: 'kube-proxy', version: '1.0' }];
    expect(groupOf(podOf(), {}, { ...settings, extensions }).extensions).toBeUndefined();
    expect(groupOf(podOf(), {}, { ...inSubnet, extensions, operatingSystem: 'Windows' }).extensions).toBeUndefined();
    expect(groupOf(podOf(), {}, { ...inSubnet, extensions }).extensions).toEqual(extensions);
  });
});
