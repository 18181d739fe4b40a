import type { ContainerGroup } from '@azure/arm-containerinstance';
import { describe, expect, it } from 'vitest';
import { groupName } from '../../src/mapping/group/group-name.js';
import { groupToPod, isGroupOf } from '../../src/mapping/status/group-to-pod.js';
import { answer, tags } from './answers.js';
import { groupOf, podOf } from './scene.js';

describe('the pod of a group', () => {
  it('upstream §5: is told by its tags', () => {
    expect(groupToPod(answer('Running', {}, { restartPolicy: 'Never' }))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'web', uid: 'u1', creationTimestamp: '2026-03-01T10:00:00Z' },
      spec: { nodeName: 'aci-node', restartPolicy: 'Never', containers: [{ name: 'app', image: 'nginx:1.27' }] },
    });
  });

  it('is the one that the group was made for', () => {
    const pod = podOf({}, { initContainers: [{ name: 'first', image: 'busybox' }] });
    const found = groupToPod(groupOf(pod), 'aci-node');
    expect(found?.metadata).toEqual(pod.metadata);
    expect(found?.spec.initContainers).toEqual([{ name: 'first', image: 'busybox' }]);
  });

  it.each([
    ['2026-03-01 10:00:00 +0000 UTC', '2026-03-01T10:00:00Z'],
    ['2026-03-01 10:00:00.123456789 +0200 CEST', '2026-03-01T08:00:00Z'],
    ['yesterday', undefined],
  ])('has the time %s that azure-aci wrote', (CreationTimestamp, expected) => {
    const pod = groupToPod(answer('Running', {}, { tags: { ...tags, CreationTimestamp } }));
    expect(pod?.metadata.creationTimestamp).toBe(expected);
  });

  it.each([
    ['has no tags', { tags: undefined }],
    ['is somebody else’s', { tags: { owner: 'billing' } }],
    ['lacks a uid', { tags: { ...tags, UID: undefined } }],
    ['has empty tags', { tags: { ...tags, Namespace: '' } }],
    ['has tags of another type', { tags: { ...tags, PodName: 7 } }],
  ])('is none where the group %s', (_, group) => {
    expect(groupToPod(answer('Running', {}, group))).toBeUndefined();
  });

  it('is none of another node’s', () => {
    const name = groupName({ namespace: 'shop', name: 'web', uid: 'u1' });
    expect(groupToPod(answer('Running', {}, { name }), 'aci-node')).toBeDefined();
    expect(groupToPod(answer('Running', {}, { name: name.toUpperCase() }), 'aci-node')).toBeDefined();
    expect(groupToPod(answer('Running', {}, { name: undefined }), 'aci-node')).toBeDefined();
    expect(groupToPod(answer('Running', {}, { name }), 'other-node')).toBeUndefined();
  });

  it.each([
    ['its own tags', tags, true],
    ['no tags', undefined, true],
    ['tags that say nothing of pods', { owner: 'billing' }, true],
    ['tags of another type', 'text', true],
    ['the uid of another pod', { ...tags, UID: 'u2' }, false],
    ['the name of another node', { ...tags, NodeName: 'other-node' }, false],
  ])('has the group that is called as it would be and has %s: %s', (_, given, expected) => {
    const group = { ...answer('Running'), tags: given } as ContainerGroup;
    expect(isGroupOf(group, { namespace: 'shop', name: 'web', uid: 'u1' }, 'aci-node')).toBe(expected);
  });

  it('is none of azure-aci’s, which has other names for the same tags', () => {
    expect(groupToPod(answer('Running', {}, { name: 'shop-web' }), 'aci-node')).toBeUndefined();
  });

  it.each([undefined, null, 7, 'text', [], {}])('is none of %j', (group) => {
    expect(groupToPod(group as ContainerGroup)).toBeUndefined();
  });

  it('has each container once that has a name', () => {
    const containers = [
      { name: 'a' },
      { name: 'a', image: 'x' },
      { name: 'NOT A NAME' },
      {},
      null,
      'text',
      { name: '__proto__' },
    ];
    expect(groupToPod(answer('Running', {}, { containers }))?.spec.containers).toEqual([{ name: 'a' }]);
  });
});
