import { describe, expect, it } from 'vitest';
import { definitionOf } from '../../../../src/testing/apiserver/core/index.js';
import {
  at,
  configMaps,
  failureOf,
  leases,
  merge,
  namespaces,
  newCore,
  nodes,
  podOf,
  pods,
  read,
  record,
  strategic,
  told,
} from './helpers.js';

describe('reading', () => {
  it('answers 404 in the words of a real apiserver', () => {
    const { core } = newCore();
    expect(failureOf(() => core.get(pods, at('x')))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'pods "x" not found',
      details: { name: 'x', kind: 'pods' },
    });
    expect(failureOf(() => core.get(leases, at('x'))).message).toBe('leases.coordination.k8s.io "x" not found');
  });

  it('serves every page of a list from the revision of the first', () => {
    const { core } = newCore();
    for (const name of ['a', 'b', 'c', 'd']) core.create(pods, 'default', podOf(name), {});
    const first = core.list(pods, { namespace: 'default', limit: 2 });
    expect(first.remainingItemCount).toBe(2);
    core.create(pods, 'default', podOf('bb'), {});
    core.delete(pods, at('c'), {});
    core.patch(pods, at('d'), merge, { metadata: { labels: { late: 'yes' } } }, {});
    const second = core.list(pods, { namespace: 'default', limit: 2, continue: first.continue });
    expect(second.items.map(({ object }) => object.metadata.name)).toEqual(['c', 'd']);
    expect(second.items[1]?.object.metadata.labels).toBeUndefined();
    expect(second.resourceVersion).toBe(first.resourceVersion);
    expect(second.continue).toBeUndefined();
  });

  it('answers 410 to a page whose revision was compacted, with a token for the rest as it is now', () => {
    const { core } = newCore();
    for (const name of ['a', 'b', 'c']) core.create(pods, 'default', podOf(name), {});
    const first = core.list(pods, { limit: 1 });
    core.create(pods, 'default', podOf('d'), {});
    core.compact();
    const failure = failureOf(() => core.list(pods, { limit: 1, continue: first.continue }));
    expect(failure).toMatchObject({ code: 410, reason: 'Expired' });
    const rest = core.list(pods, { continue: failure.metadata?.continue });
    expect(rest.items.map(({ object }) => object.metadata.name)).toEqual(['b', 'c', 'd']);
  });

  it('lists an exact revision, and refuses one that is gone or still to come', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('a'), {});
    const { resourceVersion } = core;
    core.create(pods, 'default', podOf('b'), {});
    expect(core.list(pods, { resourceVersion, resourceVersionMatch: 'Exact' }).items).toHaveLength(1);
    expect(core.list(pods, { resourceVersion, resourceVersionMatch: 'NotOlderThan' }).items).toHaveLength(2);
    expect(failureOf(() => core.list(pods, { resourceVersion: '9999' }))).toMatchObject({
      code: 504,
      reason: 'Timeout',
    });
    expect(failureOf(() => core.list(pods, { resourceVersionMatch: 'Exact' })).code).toBe(422);
    core.compact();
    expect(failureOf(() => core.list(pods, { resourceVersion, resourceVersionMatch: 'Exact' })).code).toBe(410);
  });
});

describe('watching', () => {
  it('shows an object that starts or stops to match as added or deleted', () => {
    const { core } = newCore();
    const events = record(core, { labelSelector: 'app=web' });
    core.create(pods, 'default', podOf('p'), {});
    core.patch(pods, at('p'), merge, { metadata: { labels: { app: 'web' } } }, {});
    core.patch(pods, at('p'), merge, { metadata: { labels: { more: 'yes' } } }, {});
    core.patch(pods, at('p'), merge, { metadata: { labels: { app: null } } }, {});
    expect(told(events)).toEqual(['ADDED p', 'MODIFIED p', 'DELETED p']);
    expect(events[2]?.object.object.metadata.labels).toEqual({ app: 'web', more: 'yes' });
    expect(events[2]?.object.object.metadata.resourceVersion).toBe(core.resourceVersion);
  });

  it('goes on from a revision without a gap, and answers 410 before the window', () => {
    const { core } = newCore({ historyLimit: 4 });
    core.create(pods, 'default', podOf('a'), {});
    const { resourceVersion } = core;
    core.create(pods, 'default', podOf('b'), {});
    expect(told(record(core, { resourceVersion }))).toEqual(['ADDED b']);
    for (let i = 0; i < 9; i++) core.create(pods, 'default', podOf(`p${i}`), {});
    const failure = failureOf(() => record(core, { resourceVersion }));
    expect(failure).toMatchObject({ code: 410, reason: 'Expired' });
    expect(failure.message).toMatch(/^too old resource version: \d+ \(\d+\)$/);
  });

  it('ends the initial events of a streaming list with an annotated bookmark', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('a'), {});
    const events = record(core, { sendInitialEvents: true, allowWatchBookmarks: true });
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(events[1]?.object.object.metadata).toEqual({
      resourceVersion: core.resourceVersion,
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
  });

  it('keeps the order of events for every watcher when one of them writes', () => {
    const { core } = newCore();
    core.watch(pods, {}, ({ type, object }) => {
      if (type !== 'ADDED') return;
      core.patch(pods, at(object.object.metadata.name ?? ''), merge, { metadata: { labels: { seen: 'yes' } } }, {});
    });
    const events = record(core);
    core.create(pods, 'default', podOf('a'), {});
    core.create(pods, 'default', podOf('b'), {});
    expect(told(events)).toEqual(['ADDED a', 'MODIFIED a', 'ADDED b', 'MODIFIED b']);
  });

  it('P10: gives a thousand watchers one event object, serialised once', () => {
    const { core } = newCore();
    const seen = new Set<unknown>();
    const bytes = new Set<Buffer>();
    for (let i = 0; i < 1000; i++) {
      core.watch(pods, {}, (event) => {
        seen.add(event);
        bytes.add(event.object.json);
      });
    }
    core.create(pods, 'default', podOf('a'), {});
    expect([seen.size, bytes.size]).toEqual([1, 1]);
  });
});

describe('writing', () => {
  it('makes no revision and no event of a write that changes nothing', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', {}, { labels: { a: 'b' } }), {});
    const { resourceVersion } = core;
    const events = record(core, { resourceVersion });
    core.patch(pods, at('p'), merge, { metadata: { labels: { a: 'b' } } }, {});
    core.patch(pods, at('p'), strategic, { spec: { containers: [{ name: 'web', image: 'nginx' }] } }, {});
    core.replace(pods, at('p'), core.get(pods, at('p')).object, {});
    expect(core.resourceVersion).toBe(resourceVersion);
    expect(events).toEqual([]);
  });

  it('guards a PUT by its resourceVersion and uid', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    const { object } = core.get(pods, at('p'));
    const stale = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    expect(failureOf(() => core.replace(pods, at('p'), stale, {}))).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on pods "p": the object has been modified; please apply your changes to the latest version and try again',
    });
    const other = { ...object, metadata: { ...object.metadata, uid: 'other' } };
    expect(failureOf(() => core.replace(pods, at('p'), other, {})).code).toBe(409);
    expect(failureOf(() => core.patch(pods, at('p'), merge, { metadata: { uid: 'other' } }, {}))).toMatchObject({
      code: 422,
      message: 'Pod "p" is invalid: metadata.uid: Invalid value: "other": field is immutable',
    });
  });

  it('counts in generation what changes the spec, and that deletion began', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    const generation = (): number | undefined => read(core, 'p').metadata.generation;
    expect(generation()).toBe(1);
    core.patch(pods, at('p'), merge, { metadata: { labels: { a: 'b' } } }, {});
    core.patch(pods, at('p', 'status'), merge, { status: { phase: 'Running' } }, {});
    expect(generation()).toBe(1);
    core.patch(pods, at('p'), strategic, { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } }, {});
    expect(generation()).toBe(2);
    core.delete(pods, at('p'), {});
    expect(generation()).toBe(3);
    core.delete(pods, at('p'), { gracePeriodSeconds: 5 });
    expect(generation()).toBe(3);
  });

  it('takes only the status from a write of the status, and no status from other writes', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    core.patch(pods, at('p', 'status'), merge, { status: { phase: 'Running' }, spec: { nodeName: 'n' } }, {});
    core.patch(pods, at('p'), merge, { status: { phase: 'Failed' } }, {});
    expect(read(core, 'p').status['phase']).toBe('Running');
    expect(read(core, 'p').spec['nodeName']).toBeUndefined();
  });

  it('refuses what lives in a namespace that is not there', () => {
    const { core } = newCore();
    expect(failureOf(() => core.create(pods, 'nope', podOf('p'), {})).message).toBe('namespaces "nope" not found');
  });

  it('stores nothing of a dry run', () => {
    const { core } = newCore();
    const { resourceVersion } = core;
    const dry = core.create(pods, 'default', podOf('p'), { dryRun: true });
    expect(dry.object.metadata.uid).toBeDefined();
    expect(core.resourceVersion).toBe(resourceVersion);
    expect(failureOf(() => core.get(pods, at('p'))).code).toBe(404);
  });

  it('makes a lease by PUT, but does not replace one without its resourceVersion', () => {
    const { core } = newCore();
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
    const namespaced = { namespace: 'kube-node-lease', name: 'l' };
    const { object } = core.replace(leases, namespaced, lease, {});
    expect(failureOf(() => core.replace(leases, namespaced, lease, {})).message).toContain(
      'must be specified for an update',
    );
    const { resourceVersion } = object.metadata;
    const next = { ...object, spec: { holderIdentity: 'b' } };
    expect(core.replace(leases, namespaced, next, {}).object.metadata.resourceVersion).not.toBe(resourceVersion);
  });

  it('shows an event in both of its APIs', () => {
    const { core } = newCore();
    const old = definitionOf('', 'events');
    const fresh = definitionOf('events.k8s.io', 'events');
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
    const event = { metadata: { name: 'e' }, involvedObject, message: 'hello', reason: 'Why', type: 'Normal' };
    core.create(old, 'default', event, {});
    const view = core.list(fresh, { fieldSelector: 'regarding.name=p' });
    expect(view.items[0]?.object).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'hello',
      regarding: involvedObject,
    });
    core.patch(fresh, at('e'), merge, { note: 'bye' }, {});
    expect(core.get(old, at('e')).object).toMatchObject({ apiVersion: 'v1', message: 'bye' });
  });
});

describe('deleting', () => {
  it('marks a scheduled pod for its grace, which can be shortened but not prolonged', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    expect(core.delete(pods, at('p'), {}).gone).toBe(false);
    expect(read(core, 'p').metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    });
    core.delete(pods, at('p'), { gracePeriodSeconds: 60 });
    core.delete(pods, at('p'), {});
    expect(read(core, 'p').metadata.deletionGracePeriodSeconds).toBe(30);
    core.delete(pods, at('p'), { gracePeriodSeconds: 5 });
    expect(read(core, 'p').metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:05Z',
      deletionGracePeriodSeconds: 5,
    });
  });

  it('shows watchers the mark and then the end, also of a deletion without grace', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p', { nodeName: 'n' }), {});
    const events = record(core, { resourceVersion: core.resourceVersion });
    expect(core.delete(pods, at('p'), { gracePeriodSeconds: 0 }).gone).toBe(true);
    expect(told(events)).toEqual(['MODIFIED p', 'DELETED p']);
    expect(events[1]?.object.object.metadata.deletionGracePeriodSeconds).toBe(0);
  });

  it('removes at once what was never scheduled or has ended', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('unscheduled'), {});
    expect(core.delete(pods, at('unscheduled'), {}).gone).toBe(true);
    core.create(pods, 'default', podOf('ended', { nodeName: 'n' }), {});
    core.patch(pods, at('ended', 'status'), merge, { status: { phase: 'Succeeded' } }, {});
    expect(core.delete(pods, at('ended'), { gracePeriodSeconds: 30 }).gone).toBe(true);
  });

  it('keeps what has finalizers until the last of them is gone, and lets none be added', () => {
    const { core } = newCore();
    core.create(configMaps, 'default', { metadata: { name: 'c', finalizers: ['a/b', 'c/d'] } }, {});
    expect(core.delete(configMaps, at('c'), {}).gone).toBe(false);
    const addition = { metadata: { finalizers: ['a/b', 'e/f'] } };
    expect(failureOf(() => core.patch(configMaps, at('c'), merge, addition, {})).message).toContain(
      'no new finalizers can be added',
    );
    core.patch(configMaps, at('c'), merge, { metadata: { finalizers: ['c/d'] } }, {});
    expect(core.get(configMaps, at('c')).object.metadata.finalizers).toEqual(['c/d']);
    core.patch(configMaps, at('c'), merge, { metadata: { finalizers: null } }, {});
    expect(failureOf(() => core.get(configMaps, at('c'))).code).toBe(404);
  });

  it('checks preconditions', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    const { uid } = read(core, 'p').metadata;
    expect(failureOf(() => core.delete(pods, at('p'), { preconditions: { uid: 'other' } })).message).toBe(
      `Operation cannot be fulfilled on Pod "p": the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
    expect(failureOf(() => core.delete(pods, at('p'), { preconditions: { resourceVersion: '1' } })).code).toBe(409);
    expect(core.delete(pods, at('p'), { preconditions: { uid } }).gone).toBe(true);
  });

  it('empties a namespace, and ends it when the last pod has gone', () => {
    const { core } = newCore();
    core.create(namespaces, undefined, { metadata: { name: 'ns' } }, {});
    core.create(configMaps, 'ns', { metadata: { name: 'c' } }, {});
    core.create(pods, 'ns', podOf('p', { nodeName: 'n' }), {});
    core.delete(namespaces, { name: 'ns' }, {});
    expect(read(core, 'ns', namespaces).status['phase']).toBe('Terminating');
    expect(core.list(configMaps, { namespace: 'ns' }).items).toEqual([]);
    expect(failureOf(() => core.create(configMaps, 'ns', { metadata: { name: 'd' } }, {}))).toMatchObject({
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    core.delete(pods, { namespace: 'ns', name: 'p' }, { gracePeriodSeconds: 0 });
    expect(failureOf(() => core.get(namespaces, { name: 'ns' })).code).toBe(404);
  });

  it('binds a pod once', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('p'), {});
    const binding = { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } };
    core.bind(at('p'), binding, {});
    expect(read(core, 'p').spec['nodeName']).toBe('n1');
    expect(read(core, 'p').status['conditions']).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(failureOf(() => core.bind(at('p'), binding, {})).message).toBe(
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    );
  });

  it('keeps nodes free of taints that nobody would take away', () => {
    const { core } = newCore();
    core.create(nodes, undefined, { metadata: { name: 'n' } }, {});
    expect(read(core, 'n', nodes).spec).toEqual({});
  });
});
