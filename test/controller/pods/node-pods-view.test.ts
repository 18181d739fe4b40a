import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pods } from '../../../src/kube/resources.js';
import type { Pod } from '../../../src/kube/types.js';
import { podRef } from '../../../src/provider/provider.js';
import type { NodePods, NotifierContext } from '../../../src/provider/tracker/node-pods.js';
import { MemoryProvider } from './memory-provider.js';
import { running } from './pod-fixtures.js';
import { PodScene } from './pod-scene.js';

class WatchedProvider extends MemoryProvider {
  pods: NodePods | undefined;

  override notifyPods(notify: (pod: Pod) => void, context?: NotifierContext): void {
    super.notifyPods(notify);
    this.pods = context?.pods;
  }
}

describe('what a node tells its provider of its pods', () => {
  let scene: PodScene;
  let provider: WatchedProvider;
  const signal = new AbortController().signal;

  beforeEach(async () => {
    scene = new PodScene();
    scene.provider = provider = new WatchedProvider();
    await scene.open();
  });

  afterEach(() => scene.close());

  function view(): NodePods {
    if (provider.pods === undefined) throw new Error('notifyPods was given no pods');
    return provider.pods;
  }

  const runs = (): boolean => scene.pod()?.status?.phase === 'Running';

  it('has a pod from its creation to its end, with what was last reported', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    await scene.until(runs);
    expect(view().find(web)).toMatchObject({ lastStatus: { phase: 'Running' }, deleted: false });
    expect(view().find(web)?.createdAt).toBeGreaterThan(0);
    expect([...view().tracked()]).toHaveLength(1);
    provider.end(web.uid);
    expect(view().find(web)).toBeUndefined();
    expect([...view().tracked()]).toEqual([]);
    expect(view().isWanted(web)).toBe(true);
  });

  it('says of what it found at start that it is from before', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    await scene.until(runs);
    await scene.stopController();
    await scene.startController();
    await scene.until(() => scene.controller.status.phase === 'running');
    expect(view().find(web)?.createdAt).toBe(0);
  });

  it('says of one whose creation has failed, and was found to have worked, that it is no older', async () => {
    await scene.startController();
    provider.before = async (call, { name, uid }) => {
      if (call !== 'create') return;
      provider.instances.set(uid, {
        metadata: { namespace: 'default', name, uid },
        spec: { containers: [] },
        status: running(),
      });
      await Promise.reject(new Error('the answer was lost'));
    };
    const web = podRef(await scene.create());
    await scene.until(runs);
    expect(view().find(web)?.createdAt).toBeGreaterThan(0);
  });

  it('knows nothing, and says that it cannot tell, before what the backend has is adopted', async () => {
    const web = podRef(await scene.create());
    provider.instances.set(web.uid, { metadata: { ...web }, spec: { containers: [] }, status: running() });
    let answer = (): void => undefined;
    provider.before = (call) => (call === 'list' ? new Promise((resolve) => (answer = resolve)) : undefined);
    await scene.startController();
    const nobody = { ...web, uid: 'nobody' };
    expect([[...view().tracked()], view().find(web), view().isWanted(nobody)]).toEqual([[], undefined, undefined]);
    provider.before = () => undefined;
    answer();
    await scene.until(() => scene.controller.status.phase === 'running');
    expect([view().find(web) !== undefined, view().isWanted(nobody)]).toEqual([true, false]);
  });

  it('cannot tell of a pod that it does not know while its cache is not fresh', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    await scene.until(runs);
    const nobody = { ...web, uid: 'nobody' };
    expect(view().isWanted(nobody)).toBe(false);
    scene.server.faults.add({ on: { resource: 'pods' }, fault: { type: 'status', code: 503 }, times: Infinity });
    scene.server.faults.add({ on: { resource: 'pods' }, fault: { type: 'closeWatch', afterEvents: 0 } });
    await scene.until(() => !scene.source.isFresh);
    expect([view().isWanted(nobody), view().isWanted(web)]).toEqual([undefined, true]);
  });

  it('asks the apiserver for a pod by name and uid', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    expect(await view().existsInKubernetes(web, signal)).toBe(true);
    expect(await view().existsInKubernetes({ ...web, uid: 'older' }, signal)).toBe(false);
    expect(await view().existsInKubernetes({ ...web, name: 'nobody' }, signal)).toBe(false);
    scene.server.faults.add({ on: { verb: 'get' }, fault: { type: 'status', code: 403 } });
    await expect(view().existsInKubernetes(web, signal)).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('keeps other calls away from a pod that is claimed, and makes them when it is let go', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    await scene.until(runs);
    const release = view().claim(web);
    expect(view().claim(web)).toBeUndefined();
    provider.journal.length = 0;
    await scene.server.client.patch(pods, web, 'merge', { metadata: { labels: { changed: 'yes' } } });
    await scene.clock.advance(10_000);
    expect(provider.journal).toEqual([]);
    release?.();
    await scene.until(() => provider.journal.length === 1);
    expect(view().claim({ ...web, uid: 'nobody' })).toBeUndefined();
  });

  it('writes Events about pods that it knows', async () => {
    await scene.startController();
    const web = podRef(await scene.create());
    await scene.until(runs);
    view().event(web, 'Warning', 'SpotReclaimed', 'in two minutes');
    view().event({ ...web, uid: 'nobody' }, 'Warning', 'Lost', 'nobody reads this');
    await scene.until(() => scene.eventReasons().includes('SpotReclaimed'));
    await scene.clock.advance(60_000);
    expect(scene.eventReasons()).not.toContain('Lost');
  });
});
