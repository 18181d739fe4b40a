import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { annotationStore } from '../../../src/provider/cloud/annotation-store.js';
import { podRef } from '../../../src/provider/provider.js';
import { FakeApiServer } from '../../../src/testing/fake-api-server.js';

const { signal } = new AbortController();
const at = (name: string) => ({ namespace: 'default', name });

describe('annotationStore', () => {
  const server = new FakeApiServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const create = (name: string): Promise<Pod> =>
    server.client.create(pods, {
      metadata: { ...at(name), annotations: { other: 'kept' } },
      spec: { nodeName: 'edge-1', containers: [{ name: 'main', image: 'example.com/app:1' }] },
    });
  const annotationsOf = async (name: string) => (await server.client.get(pods, at(name))).metadata.annotations;

  it('keeps a token on the pod, beside what is there, and takes it away', async () => {
    const store = annotationStore(server.client, podRef(await create('kept')), 'cloud.example/creating');
    expect(await store.load(signal)).toBeUndefined();
    await store.save('op-1', signal);
    expect(await store.load(signal)).toBe('op-1');
    await store.save('op-2', signal);
    expect(await annotationsOf('kept')).toEqual({ other: 'kept', 'cloud.example/creating': 'op-2' });
    await store.save(undefined, signal);
    expect(await annotationsOf('kept')).toEqual({ other: 'kept' });
  });

  it('leaves another pod of the same name alone', async () => {
    const old = podRef(await create('reborn'));
    const stores = [old, { ...old, uid: '' }].map((ref) => annotationStore(server.client, ref, 'a/b'));
    await server.client.delete(pods, at('reborn'), { gracePeriodSeconds: 0 });
    const successor = annotationStore(server.client, podRef(await create('reborn')), 'a/b');
    await successor.save('op-new', signal);
    for (const store of stores) {
      expect(await store.load(signal)).toBeUndefined();
    }
    const [store] = stores;
    await expect(store?.save('op-old', signal)).rejects.toMatchObject({ code: 'NotFound' });
    await store?.save(undefined, signal);
    expect(await annotationsOf('reborn')).toEqual({ other: 'kept', 'a/b': 'op-new' });
  });

  it('has nothing to forget of a pod that has gone, and cannot store for it', async () => {
    const store = annotationStore(server.client, { ...at('gone'), uid: 'u' }, 'a/b');
    expect(await store.load(signal)).toBeUndefined();
    await store.save(undefined, signal);
    await expect(store.save('op', signal)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('refuses what would fill the annotations of a pod', async () => {
    const store = annotationStore(server.client, podRef(await create('long')), 'a/b');
    await expect(store.save('x'.repeat(20_000), signal)).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});
