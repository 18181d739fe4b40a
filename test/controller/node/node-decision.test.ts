import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultNode } from '../../../src/controller/node/default-node.js';
import {
  decideNode,
  isOverwritten,
  newNode,
  type NodeView,
  sentStatus,
} from '../../../src/controller/node/node-decision.js';
import { nodeIntent } from '../../../src/controller/node/node-intent.js';
import { mergedTaints, nodeObjectPatch } from '../../../src/controller/node/node-object-patch.js';
import { recordAnnotation } from '../../../src/controller/node/node-record.js';
import { isNodeSettable } from '../../../src/controller/node/node-restriction.js';
import type { Node, Taint } from '../../../src/kube/types.js';

const nowMs = Date.UTC(2026, 0, 1);
const template = defaultNode('vk');
const intent = nodeIntent(template, undefined, undefined);
const unready = nodeIntent(template, undefined, { reason: 'KubeletNotReady', message: 'down' });

function created(): Node {
  const node = newNode(template, intent, false, nowMs);
  return { ...node, metadata: { ...node.metadata, uid: 'u-1', resourceVersion: '1' } };
}

function view(change: Partial<NodeView> = {}): NodeView {
  const live = created();
  return {
    live,
    intent,
    sent: sentStatus(live, intent, false),
    statusDue: false,
    futile: undefined,
    paused: false,
    restricted: false,
    silent: false,
    ...change,
  };
}

describe('decideNode', () => {
  it('has nothing to do for a node that is as it should be', () => {
    expect(decideNode(view(), nowMs)).toEqual({ do: 'rest' });
  });

  it('looks for a node that is not known, unless it is to wait', () => {
    expect(decideNode(view({ live: undefined }), nowMs).do).toBe('register');
    expect(decideNode(view({ live: undefined, paused: true }), nowMs).do).toBe('rest');
  });

  it('writes the status of a node found, of a node made anew, of one that changed, and when it is due', () => {
    expect(decideNode(view({ sent: undefined }), nowMs).do).toBe('patchStatus');
    const other = { ...created(), metadata: { ...created().metadata, uid: 'u-2' } };
    expect(decideNode(view({ live: other }), nowMs).do).toBe('patchStatus');
    expect(decideNode(view({ intent: unready }), nowMs).do).toBe('patchStatus');
    expect(decideNode(view({ statusDue: true }), nowMs).do).toBe('patchStatus');
  });

  it('lets a silent node say that it is not ready, and then nothing', () => {
    expect(decideNode(view({ silent: true, intent: unready }), nowMs).do).toBe('patchStatus');
    expect(decideNode(view({ silent: true, statusDue: true }), nowMs).do).toBe('rest');
  });

  it('keeps the time of transition of a condition whose status stays', () => {
    const action = decideNode(view({ intent: unready }), nowMs + 60_000);
    if (action.do !== 'patchStatus') throw new Error('no status patch');
    const { conditions } = (action.body as { status: NonNullable<Node['status']> }).status;
    expect(conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime])).toEqual([
      ['Ready', '2026-01-01T00:01:00Z'],
      ['MemoryPressure', '2026-01-01T00:00:00Z'],
      ['DiskPressure', '2026-01-01T00:00:00Z'],
      ['PIDPressure', '2026-01-01T00:00:00Z'],
    ]);
    expect(new Set(conditions?.map(({ lastHeartbeatTime }) => lastHeartbeatTime))).toEqual(
      new Set(['2026-01-01T00:01:00Z']),
    );
  });

  it('does not send a change again that the server does not keep', () => {
    const live = created();
    delete live.metadata.labels?.['type'];
    const action = decideNode(view({ live }), nowMs);
    if (action.do !== 'patch') throw new Error('no patch');
    const futile = JSON.stringify([action.body.metadata.labels, action.body.metadata.annotations, action.body.spec]);
    expect(decideNode(view({ live, futile }), nowMs).do).toBe('rest');
  });

  it('takes a status for overwritten when something of ours differs, whatever others added or the server rewrote', () => {
    const live = created();
    const sent = sentStatus(live, intent, false);
    const conditions = live.status?.conditions ?? [];
    const beaten = conditions.map((condition) => ({ ...condition, lastHeartbeatTime: '2026-01-01T00:05:00Z' }));
    const foreign = { type: 'NetworkUnavailable', status: 'False' };
    const fine = { ...live, status: { ...live.status, conditions: [...beaten, foreign], phase: 'Running' } };
    expect(isOverwritten(view({ live: fine, sent }))).toBe(false);
    const changed = { ...live, status: { ...live.status, capacity: { cpu: '1' } } };
    expect(isOverwritten(view({ live: changed, sent }))).toBe(true);
    expect(isOverwritten(view({ live: changed, sent, silent: true }))).toBe(false);
  });
});

describe('nodeIntent', () => {
  it('gives a capacity that changed to pods as a whole, unless the provider says what is allocatable', () => {
    const said = (status: Node['status']): Node => ({ metadata: {}, ...(status && { status }) });
    const first = defaultNode('vk', { capacity: { cpu: '4' } });
    expect(nodeIntent(first, said({ capacity: { cpu: '8' } }), undefined).status.allocatable).toEqual({ cpu: '8' });
    const both = said({ capacity: { cpu: '8' }, allocatable: { cpu: '7' } });
    expect(nodeIntent(first, both, undefined).status.allocatable).toEqual({ cpu: '7' });
  });
});

describe('nodeObjectPatch', () => {
  const patchOf = (live: Node, keepTaints = false): ReturnType<typeof nodeObjectPatch> =>
    nodeObjectPatch(live, intent, { keepTaints });

  it('sets what is wanted on a node that was made by somebody else, and takes nothing away', () => {
    const live: Node = { metadata: { name: 'vk', resourceVersion: '5', labels: { theirs: 'yes' } } };
    expect(patchOf(live)).toMatchObject({
      metadata: { labels: { type: 'virtual-kubelet' }, resourceVersion: '5' },
      spec: { taints: [{ key: 'virtual-kubelet.io/provider' }] },
    });
    expect(patchOf(live)?.metadata.labels).not.toHaveProperty('theirs');
  });

  it('takes away what an earlier process set and is no longer wanted', () => {
    const live = created();
    const record = JSON.parse(live.metadata.annotations?.[recordAnnotation] ?? '') as { labels: string[] };
    record.labels.push('old');
    live.metadata.labels = { ...live.metadata.labels, old: 'x', theirs: 'y' };
    live.metadata.annotations = { [recordAnnotation]: JSON.stringify(record) };
    expect(patchOf(live)?.metadata.labels).toEqual({ old: null });
  });

  it.each(['', 'null', '[]', '{"labels":5}', '{"taints":{"a":1}}', '{"taints":[null]}', 'x'])(
    'lives with a record that is %j',
    (record) => {
      const live = created();
      live.metadata.annotations = { [recordAnnotation]: record };
      expect(patchOf(live)?.metadata.annotations).toHaveProperty([recordAnnotation]);
    },
  );

  it('sets a provider id once', () => {
    const wanted = { ...intent, providerID: 'cloud://1' };
    const live = created();
    expect(nodeObjectPatch(live, wanted, { keepTaints: false })?.spec).toEqual({ providerID: 'cloud://1' });
    live.spec = { ...live.spec, providerID: 'cloud://0' };
    expect(nodeObjectPatch(live, wanted, { keepTaints: false })).toBeUndefined();
  });
});

describe('mergedTaints', () => {
  const taint = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.constantFrom('1', '2'),
    effect: fc.constantFrom('NoSchedule', 'NoExecute'),
  });
  const identity = ({ key, effect }: Taint): string => `${key}:${effect}`;
  const taints = fc.uniqueArray(taint, { selector: identity });

  it('keeps what others set, drops what is no longer wanted, and respects what others changed', () => {
    fc.assert(
      fc.property(taints, taints, taints, (live, applied, wanted) => {
        const merged = mergedTaints(live, applied, wanted);
        const find = (list: readonly Taint[], id: string): Taint | undefined =>
          list.find((each) => identity(each) === id);
        for (const id of new Set([...live, ...applied, ...wanted].map(identity))) {
          const [is, was, want, result] = [live, applied, wanted, merged].map((list) => find(list, id));
          if (want === undefined) expect(result).toEqual(was === undefined ? is : undefined);
          else if (was?.value === want.value) expect(result).toEqual(is);
          else expect(result?.value).toBe(want.value);
        }
      }),
    );
  });

  it('settles: applied once, nothing more is to be done', () => {
    fc.assert(
      fc.property(taints, taints, taints, (live, applied, wanted) => {
        const once = mergedTaints(live, applied, wanted);
        expect(mergedTaints(once, wanted, wanted)).toEqual(once);
      }),
    );
  });
});

describe('isNodeSettable', () => {
  it.each([
    ['type', true],
    ['example.com/team', true],
    ['kubernetes.io/hostname', true],
    ['kubernetes.io/os', true],
    ['node.kubernetes.io/exclude-from-external-load-balancers', true],
    ['kubelet.kubernetes.io/x', true],
    ['kubernetes.io/role', false],
    ['node-role.kubernetes.io/agent', false],
    ['node-restriction.kubernetes.io/x', false],
    ['x.k8s.io/y', false],
  ])('%s: %s', (label, settable) => {
    expect(isNodeSettable(label)).toBe(settable);
  });
});
