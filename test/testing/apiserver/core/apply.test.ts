import { describe, expect, it } from 'vitest';
import { apply, at, failureOf, json, merge, newCore, podOf, pods, read, strategic } from './helpers.js';

function config(metadata: object, spec?: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', ...metadata },
    ...(spec === undefined ? {} : { spec }),
  };
}

const container = { name: 'c', image: 'i', env: [{ name: 'X', value: 'y' }] };

function managers(core: ReturnType<typeof newCore>['core']): Record<string, unknown> {
  const entries = read(core, 'app').metadata.managedFields ?? [];
  return Object.fromEntries(entries.map((each) => [`${each.manager} ${each.operation}`, each.fieldsV1]));
}

describe('server-side apply', () => {
  it('makes an object that is not there, and notes what was applied and no more', () => {
    const { core } = newCore();
    const configuration = config({ labels: { a: '1' } }, { containers: [container] });
    const { created, stored } = core.patch(pods, at('app'), apply, configuration, { fieldManager: 'm1' });
    expect(created).toBe(true);
    expect(stored.object).toMatchObject({ spec: { restartPolicy: 'Always' } });
    expect(managers(core)).toEqual({
      'm1 Apply': {
        'f:metadata': { 'f:labels': { 'f:a': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:env': { 'k:{"name":"X"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
              'f:image': {},
              'f:name': {},
            },
          },
        },
      },
    });
  });

  it('refuses to change what another manager applied, unless forced', () => {
    const { core } = newCore();
    core.patch(pods, at('app'), apply, config({ labels: { a: '1' } }, { containers: [container] }), {
      fieldManager: 'm1',
    });
    const mine = config({ labels: { a: '2' } });
    expect(failureOf(() => core.patch(pods, at('app'), apply, mine, { fieldManager: 'm2' }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "m1": .metadata.labels.a',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.metadata.labels.a' }],
      },
    });
    core.patch(pods, at('app'), apply, mine, { fieldManager: 'm2', force: true });
    expect(read(core, 'app').metadata.labels).toEqual({ a: '2' });
    expect(managers(core)['m2 Apply']).toEqual({ 'f:metadata': { 'f:labels': { 'f:a': {} } } });
    expect(managers(core)['m1 Apply']).not.toHaveProperty('f:metadata');
  });

  it('names list items in conflicts, and whoever updated without applying', () => {
    const { core } = newCore();
    core.patch(pods, at('app'), apply, config({}, { containers: [container] }), { fieldManager: 'm1' });
    core.patch(pods, at('app'), merge, { metadata: { labels: { u: '1' } } }, { fieldManager: 'upd' });
    const mine = config({ labels: { u: '2' } }, { containers: [{ name: 'c', image: 'other' }] });
    expect(failureOf(() => core.patch(pods, at('app'), apply, mine, { fieldManager: 'm2' })).message).toBe(
      'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.containers[name="c"].image\n' +
        'conflicts with "upd" using v1:\n- .metadata.labels.u',
    );
  });

  it('removes what its only owner no longer applies, and leaves what others hold', () => {
    const { core } = newCore();
    const containers = [container];
    core.patch(pods, at('app'), apply, config({ labels: { a: '1', b: '1' } }, { containers }), { fieldManager: 'm1' });
    core.patch(pods, at('app'), apply, config({ labels: { b: '1' } }), { fieldManager: 'm2' });
    core.patch(pods, at('app'), apply, config({}, { containers }), { fieldManager: 'm1' });
    expect(read(core, 'app').metadata.labels).toEqual({ b: '1' });
    core.patch(pods, at('app'), apply, config({}), { fieldManager: 'm2' });
    expect(read(core, 'app').metadata.labels).toBeUndefined();
    expect(Object.keys(managers(core))).toEqual(['m1 Apply']);
  });

  it('changes nothing when the same is applied again', () => {
    const { core, clock } = newCore();
    const same = config({ labels: { a: '1' } }, { containers: [container] });
    core.patch(pods, at('app'), apply, same, { fieldManager: 'm1' });
    const { resourceVersion } = core;
    clock.ms += 60_000;
    core.patch(pods, at('app'), apply, same, { fieldManager: 'm1' });
    expect(core.resourceVersion).toBe(resourceVersion);
  });

  it('owns nothing twice: an update takes fields over from whoever applied them', () => {
    const { core } = newCore();
    core.patch(pods, at('app'), apply, config({ labels: { a: '1' } }, { containers: [container] }), {
      fieldManager: 'm1',
    });
    core.patch(pods, at('app'), strategic, { metadata: { labels: { a: '2' } } }, { fieldManager: 'upd' });
    core.patch(pods, at('app'), apply, config({}, { containers: [container] }), { fieldManager: 'm1' });
    expect(read(core, 'app').metadata.labels).toEqual({ a: '2' });
    expect(managers(core)['upd Update']).toEqual({ 'f:metadata': { 'f:labels': { 'f:a': {} } } });
  });

  it('takes managedFields that a client has rewritten, as kubectl does when it moves to server-side apply', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('app', {}, { labels: { a: '1' } }), {
      fieldManager: 'kubectl-client-side-apply',
    });
    const [entry] = read(core, 'app').metadata.managedFields ?? [];
    const migrated = { ...entry, manager: 'kubectl', operation: 'Apply' };
    const operations = [{ op: 'replace', path: '/metadata/managedFields', value: [migrated] }];
    core.patch(pods, at('app'), json, operations, { fieldManager: 'kubectl' });
    const containers = [{ name: 'web', image: 'nginx' }];
    core.patch(pods, at('app'), apply, config({}, { containers }), { fieldManager: 'kubectl' });
    expect(read(core, 'app').metadata.labels).toBeUndefined();
  });

  it.each([
    [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app', managedFields: [] } }, 400],
    [{ kind: 'Pod', metadata: { name: 'app' } }, 400],
    [config({}, { foo: 1 }), 500],
    [config({ name: 'other' }), 400],
  ])('refuses %j', (configuration, code) => {
    const { core } = newCore();
    expect(failureOf(() => core.patch(pods, at('app'), apply, configuration, { fieldManager: 'm' })).code).toBe(code);
  });

  it('needs a field manager', () => {
    const { core } = newCore();
    expect(failureOf(() => core.patch(pods, at('app'), apply, config({}), {})).message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  });
});

describe('managed fields of other writes', () => {
  it('note the parts of an object by the subresource that they were written through', () => {
    const { core } = newCore();
    core.create(pods, 'default', podOf('app', { nodeName: 'n' }, { labels: { a: '1' } }), { fieldManager: 'creator' });
    const status = { phase: 'Running', podIPs: [{ ip: '1.2.3.4' }] };
    core.patch(pods, at('app', 'status'), strategic, { status }, { fieldManager: 'kubelet' });
    const entries = read(core, 'app').metadata.managedFields ?? [];
    expect(entries.map(({ manager, operation, subresource }) => [manager, operation, subresource])).toEqual([
      ['creator', 'Update', undefined],
      ['kubelet', 'Update', 'status'],
    ]);
    expect(entries[1]?.fieldsV1).toEqual({
      'f:status': {
        'f:phase': {},
        'f:podIP': {},
        'f:podIPs': { '.': {}, 'k:{"ip":"1.2.3.4"}': { '.': {}, 'f:ip': {} } },
      },
    });
    expect(entries[0]?.fieldsV1).toMatchObject({
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:resources': {} } }, 'f:nodeName': {} },
    });
    expect(entries[0]?.fieldsV1).not.toHaveProperty(['f:spec', 'f:tolerations']);
  });
});
