import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../../../src/testing/apiserver/core/api.js';
import { equal } from '../../../../src/testing/apiserver/core/json.js';
import { jsonPatch } from '../../../../src/testing/apiserver/core/patch/json-patch.js';
import { mergePatch } from '../../../../src/testing/apiserver/core/patch/merge-patch.js';
import { strategicMergePatch } from '../../../../src/testing/apiserver/core/patch/strategic-merge-patch.js';
import { Schema } from '../../../../src/testing/apiserver/core/schema/schema.js';

const schema = new Schema();
const pod = schema.struct('Pod');
const smp = (target: object, patch: object): unknown => strategicMergePatch(target as never, patch, pod);

const value = fc.jsonValue({ maxDepth: 3 });
const record = fc.dictionary(fc.string({ maxLength: 4 }), value, { maxKeys: 5 });

/** The merge patch that makes `to` of `from`. Values with nulls inside cannot be said in a merge patch. */
function difference(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const entries = [...Object.keys(from), ...Object.keys(to)].map((key) => [
    key,
    to[key] === undefined ? null : to[key],
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

describe('merge patch (RFC 7386)', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('makes of %j by %j what its appendix says', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('is settled after once, and leaves its target as it was', () => {
    fc.assert(
      fc.property(record, record, (target, patch) => {
        const before = structuredClone(target);
        const once = mergePatch(target, patch);
        expect(equal(mergePatch(once, patch), once)).toBe(true);
        expect(mergePatch(once, patch)).toBe(once);
        expect(equal(target, before)).toBe(true);
      }),
    );
  });
});

describe('JSON patch (RFC 6902)', () => {
  it.each([
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/1', value: 9 }], { a: [1, 9, 2] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [{ a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
    [{ a: 1 }, [{ op: 'replace', path: '/a', value: 2 }], { a: 2 }],
    [{ a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    [{ a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
    [{ a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
    [
      { 'a/b': 1, 'm~n': 2 },
      [
        { op: 'test', path: '/a~1b', value: 1 },
        { op: 'remove', path: '/m~0n' },
      ],
      { 'a/b': 1 },
    ],
    [{ a: 1 }, [{ op: 'add', path: '', value: { z: 1 } }], { z: 1 }],
    [{ '': 1 }, [{ op: 'replace', path: '/', value: 2 }], { '': 2 }],
  ])('makes of %j by %j what it should', (target, patch, result) => {
    expect(jsonPatch(target, patch)).toEqual(result);
  });

  it.each([
    [{ a: 1 }, { op: 'test', path: '/a', value: 2 }],
    [{ a: 1 }, { op: 'remove', path: '/b' }],
    [{ a: 1 }, { op: 'replace', path: '/b', value: 1 }],
    [{ a: 1 }, { op: 'add', path: '/b/c', value: 1 }],
    [{ a: [] }, { op: 'add', path: '/a/1', value: 1 }],
    [{ a: [1] }, { op: 'remove', path: '/a/01' }],
    [{ a: [1] }, { op: 'replace', path: '/a/-', value: 1 }],
    [{ a: {} }, { op: 'move', from: '/a', path: '/a/b' }],
    [{ a: 1 }, { op: 'add', path: '/b' }],
    [{ a: 1 }, { op: 'jump', path: '/a' }],
    [{}, { op: 'remove', path: '/__proto__' }],
  ])('refuses on %j: %j', (target, operation) => {
    expect(() => jsonPatch(target, [operation])).toThrow(ApiFailure);
  });

  it('refuses what would make an object of any size or depth of a few operations', () => {
    const copies = (count: number, from: string, to: string): object[] =>
      Array.from({ length: count }, (_, index) => ({ op: 'copy', from, path: to.replace('N', String(index)) }));
    expect(() => jsonPatch({ a: { x: 'y'.repeat(100) } }, copies(40, '/a', '/a/N'))).toThrow(ApiFailure);
    expect(() => jsonPatch({ a: { a: 1 } }, copies(2_000, '/a', '/a/a'))).toThrow(ApiFailure);
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(() => jsonPatch({ a: 1 }, many)).toThrow(
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
  });

  it('does all or nothing, and leaves its target as it was', () => {
    fc.assert(
      fc.property(record, fc.string({ maxLength: 4 }), value, (target, key, added) => {
        const before = structuredClone(target);
        const path = `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const result = jsonPatch(target, [
          { op: 'add', path, value: added },
          { op: 'test', path, value: added },
        ]) as Record<string, unknown>;
        expect(equal(Object.getOwnPropertyDescriptor(result, key)?.value, added)).toBe(true);
        expect(equal(target, before)).toBe(true);
      }),
    );
  });
});

describe('strategic merge patch', () => {
  const containers = [
    { name: 'a', image: '1', env: [{ name: 'X', value: '1' }] },
    { name: 'b', image: '2' },
  ];

  it('merges containers by name, and their environment too', () => {
    const patch = { spec: { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] } };
    expect(smp({ spec: { containers } }, patch)).toEqual({
      spec: {
        containers: [
          {
            name: 'a',
            image: '1',
            env: [
              { name: 'Y', value: '2' },
              { name: 'X', value: '1' },
            ],
          },
          { name: 'b', image: '2' },
        ],
      },
    });
  });

  it('puts new items before those that it does not name, as the apiserver does', () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    const patch = { status: { conditions: [{ type: 'Foo', status: 'True' }] } };
    expect(smp({ status: { conditions } }, patch)).toEqual({
      status: {
        conditions: [
          { type: 'Foo', status: 'True' },
          { type: 'Ready', status: 'True' },
        ],
      },
    });
  });

  it('deletes items and objects, replaces lists, and orders them by directives', () => {
    const spec = { containers };
    expect(smp({ spec }, { spec: { containers: [{ name: 'a', $patch: 'delete' }] } })).toEqual({
      spec: { containers: [{ name: 'b', image: '2' }] },
    });
    expect(smp({ spec }, { spec: { containers: [{ $patch: 'replace' }, { name: 'c', image: '3' }] } })).toEqual({
      spec: { containers: [{ name: 'c', image: '3' }] },
    });
    expect(smp({ spec }, { spec: { $patch: 'replace', nodeName: 'n' } })).toEqual({ spec: { nodeName: 'n' } });
    const order = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] };
    expect(smp({ spec }, { spec: order })).toEqual({ spec: { containers: [containers[1], containers[0]] } });
    expect(smp({ spec }, { spec: { ...order, containers: [{ name: 'b', image: '9' }] } })).toEqual({
      spec: { containers: [{ name: 'b', image: '9' }, containers[0]] },
    });
  });

  it('merges finalizers as a set and takes single ones out', () => {
    const target = { metadata: { finalizers: ['a/a', 'b/b'] } };
    expect(smp(target, { metadata: { finalizers: ['c/c'] } })).toEqual({
      metadata: { finalizers: ['c/c', 'a/a', 'b/b'] },
    });
    expect(smp(target, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/a'] } })).toEqual({
      metadata: { finalizers: ['b/b'] },
    });
  });

  it('swaps the source of a volume by $retainKeys', () => {
    const target = { spec: { volumes: [{ name: 'v', emptyDir: {} }] } };
    const volume = { name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } };
    expect(smp(target, { spec: { volumes: [volume] } })).toEqual({
      spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    });
  });

  it('replaces lists that have no key, such as tolerations', () => {
    const patch = { spec: { tolerations: [{ key: 'y' }] } };
    expect(smp({ spec: { tolerations: [{ key: 'x' }] } }, patch)).toEqual(patch);
  });

  it('leaves no directive and no null behind in what it adds', () => {
    expect(smp({}, { spec: { containers: [{ name: 'a', image: null, $retainKeys: ['name'] }] } })).toEqual({
      spec: { containers: [{ name: 'a' }] },
    });
  });

  it.each([
    { spec: { containers: [{ image: 'x' }] } },
    { spec: { containers: [{ name: 'a', $patch: 'foo' }] } },
    { spec: { $patch: 'foo' } },
  ])('refuses %j', (patch) => {
    expect(() => smp({ spec: { containers } }, patch)).toThrow(ApiFailure);
  });

  it('does as a merge patch where there are no lists of objects', () => {
    fc.assert(
      fc.property(record, record, (from, to) => {
        const labels = (object: Record<string, unknown>): Record<string, string> =>
          Object.fromEntries(
            Object.keys(object)
              .filter((key) => !key.startsWith('$'))
              .map((key) => [key, JSON.stringify(object[key])]),
          );
        const patch = { metadata: { labels: difference(labels(from), labels(to)) } };
        const target = { metadata: { labels: labels(from) } };
        expect(equal(smp(target, patch), mergePatch(target, patch))).toBe(true);
      }),
    );
  });

  it('shares what it does not change, and is settled after once', () => {
    const item = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') });
    const list = fc.uniqueArray(item, { selector: ({ name }) => name });
    fc.assert(
      fc.property(list, list, (from, to) => {
        const target = { metadata: { name: 'p' }, spec: { containers: from } };
        const once = smp(target, { spec: { containers: to } }) as typeof target;
        expect(once.metadata).toBe(target.metadata);
        const names = once.spec.containers.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        for (const each of to) expect(once.spec.containers).toContainEqual(each);
        expect(smp(once, { spec: { containers: to } })).toEqual(once);
      }),
    );
  });
});
