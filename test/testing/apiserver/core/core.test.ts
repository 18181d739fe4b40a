import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../src/kube/types.js';
import type { WatchEvent } from '../../../../src/testing/apiserver/core/api.js';
import { Core, definitions } from '../../../../src/testing/apiserver/core/index.js';

const pods = definitions.find((each) => each.plural === 'pods')!;

function newCore(): { core: Core; clock: { now: () => number; ms: number } } {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z'), now: () => clock.ms };
  return { core: new Core({ clock, random: Math.random }), clock };
}

function pod(name: string, nodeName?: string): KubeObject {
  const object = {
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'b' }], ...(nodeName ? { nodeName } : {}) },
  };
  return object as unknown as KubeObject;
}

describe('Core', () => {
  it('creates, lists, watches, patches and deletes a pod with grace', () => {
    const { core } = newCore();
    const events: WatchEvent[] = [];
    const stop = core.watch(pods, { fieldSelector: 'spec.nodeName=n1' }, (event) => events.push(event));
    core.create(pods, 'default', pod('p', 'n1'), {});
    core.patch(
      pods,
      { namespace: 'default', name: 'p', subresource: 'status' },
      'application/merge-patch+json',
      { status: { phase: 'Running' } },
      {},
    );
    expect(core.list(pods, { namespace: 'default' }).items).toHaveLength(1);
    expect(core.delete(pods, { namespace: 'default', name: 'p' }, {}).gone).toBe(false);
    expect(core.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 }).gone).toBe(true);
    stop();
    expect(events.map((event) => event.type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    expect(events[0]?.object.json.toString()).toContain('"phase":"Pending"');
  });
});
