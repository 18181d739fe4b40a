/** A node that starts anew while its view of Kubernetes is old, or breaks off: what the backend has is asked about first. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
import type { CallContext, PodRef } from '../../../src/provider/provider.js';
import { MemoryProvider } from './memory-provider.js';
import { PodScene, web } from './pod-scene.js';

/** Two instances under one name are what no backend should be asked for. */
class StrictProvider extends MemoryProvider {
  readonly violations: string[] = [];
  override before = (call: string, { name, uid }: Pick<PodRef, 'name' | 'uid'>, _: CallContext): void => {
    if (call !== 'create') return;
    for (const [other, { metadata }] of this.instances) {
      if (metadata.name === name && other !== uid) this.violations.push(`${uid} created while ${other} runs`);
    }
  };
}

let scene: PodScene;
let provider: StrictProvider;

beforeEach(async () => {
  scene = new PodScene();
  provider = new StrictProvider();
  scene.provider = provider;
  await scene.open();
  await scene.startController();
  await scene.create();
  await scene.until(isRunning);
});
afterEach(async () => {
  await scene.close();
  expect(provider.violations).toEqual([]);
});

const isRunning = (): boolean => scene.pod()?.status?.phase === 'Running';
const journal = (): string[] => provider.journal.splice(0);

/** The next process syncs its cache once, and then hears nothing more until the answer is called. */
function watchBreaks(): () => void {
  const { faults } = scene.server;
  const on = { verb: 'watch', resource: 'pods' } as const;
  const ends = [
    faults.add({ on, fault: { type: 'refuseStreamingList' }, times: Infinity }),
    faults.add({ on, fault: { type: 'status', code: 503 }, times: Infinity }),
  ];
  return () => ends.forEach((end) => end());
}

/** The next process is given the pods as they were then, and no news of them. */
function listIsOld(resourceVersion: string): () => void {
  const { faults } = scene.server;
  const refused = watchBreaks();
  const old = faults.add({
    on: { verb: 'list', resource: 'pods' },
    fault: { type: 'stale', resourceVersion },
    times: Infinity,
  });
  return () => {
    old();
    refused();
  };
}

const replace = async (): Promise<void> => {
  await scene.server.client.delete(pods, web, { gracePeriodSeconds: 0 });
  await scene.create();
};

describe('a pod that was re-created while the node was down', () => {
  it('upstream §2: waits for its predecessor though the watch has ended since', async () => {
    await scene.stopController();
    await replace();
    const goesOn = watchBreaks();
    await scene.startController();
    await scene.clock.advance(60_000);
    goesOn();
    await scene.until(isRunning);
    expect(journal()).toEqual(['create default/web', 'delete default/web', 'create default/web']);
    expect([...provider.instances.keys()]).toEqual([scene.uid()]);
  });

  it('upstream §2: waits for its predecessor though it was created after the backend was listed', async () => {
    await scene.stopController();
    await scene.server.client.delete(pods, web, { gracePeriodSeconds: 0 });
    const goesOn = watchBreaks();
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    await scene.create();
    goesOn();
    await scene.until(isRunning);
    expect(journal()).toEqual(['create default/web', 'delete default/web', 'create default/web']);
    expect([...provider.instances.keys()]).toEqual([scene.uid()]);
  });

  it('upstream §2: runs on though the cache still has the one before it', async () => {
    const before = scene.pod()?.metadata.resourceVersion ?? '';
    await replace();
    await scene.until(() => isRunning() && provider.instances.size === 1);
    const uid = scene.uid();
    await scene.stopController();
    journal();
    const goesOn = listIsOld(before);
    await scene.startController();
    await scene.clock.advance(60_000);
    expect(scene.source.store.get('default/web')?.metadata.uid).not.toBe(uid);
    goesOn();
    await scene.clock.advance(600_000);
    expect(journal()).toEqual([]);
    expect([...provider.instances.keys()]).toEqual([uid]);
    expect(scene.controller.status.pods).toBe(1);
  });
});

describe('a pod that the backend has, and the cache not yet', () => {
  it('is looked at and taken over once it appears, not created again', async () => {
    await scene.stopController();
    journal();
    const goesOn = listIsOld('1');
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    expect(scene.source.store.size).toBe(0);
    goesOn();
    await scene.until(() => scene.source.store.size === 1);
    await scene.clock.advance(60_000);
    expect(journal()).toEqual([]);
    expect(scene.controller.status.pods).toBe(1);
  });

  it('is given what was changed of it while the node was down', async () => {
    await scene.stopController();
    await scene.server.client.patch(pods, web, 'merge', { metadata: { labels: { changed: 'yes' } } });
    journal();
    const goesOn = listIsOld('1');
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    goesOn();
    await scene.clock.advance(60_000);
    expect(journal()).toEqual(['update default/web']);
  });
});
