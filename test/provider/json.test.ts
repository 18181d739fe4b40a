import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneJson, clonePod } from '../../src/provider/clone-pod.js';
import { deepFreeze } from '../../src/provider/deep-freeze.js';
import { jsonEqual } from '../../src/provider/json-equal.js';
import { podWith } from './pods.js';

describe('clonePod and cloneJson', () => {
  it('copies any JSON, and the copy shares nothing with it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        const frozen = deepFreeze(JSON.parse(text) as unknown);
        const copy = cloneJson(frozen);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof copy === 'object' && copy !== null) expect(Object.isFrozen(copy)).toBe(false);
      }),
    );
  });

  it('leaves the original as it was when the copy is changed at any depth', () => {
    const pod = deepFreeze(podWith({}, { metadata: { name: 'web', labels: { app: 'web' } } }));
    const copy = clonePod(pod);
    copy.metadata.labels = { ...copy.metadata.labels, app: 'other' };
    const [first] = copy.spec.containers;
    if (first) first.image = 'other';
    expect(pod.metadata.labels).toEqual({ app: 'web' });
    expect(pod.spec.containers[0]?.image).toBe('app:1');
  });

  it('takes a key named __proto__ for a key, and nobody’s prototype changes', () => {
    const hostile = JSON.parse('{"labels":{"__proto__":{"admin":true},"constructor":"x"}}') as {
      labels: Record<string, unknown>;
    };
    const copy = cloneJson(hostile);
    expect(JSON.stringify(copy)).toBe(JSON.stringify(hostile));
    expect(copy.labels['admin']).toBeUndefined();
    expect(Object.getPrototypeOf(copy.labels)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});

describe('jsonEqual', () => {
  it('finds any JSON equal to its copy with the keys in another order', () => {
    const reversed = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(reversed);
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, item]) => [key, reversed(item)]),
      );
    };
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonEqual(JSON.parse(text), reversed(JSON.parse(text)))).toBe(true);
      }),
    );
  });

  it('agrees with comparing the texts where keys are in the same order', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (one, other) => {
        const same = jsonEqual(JSON.parse(one), JSON.parse(other));
        if (JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other))) expect(same).toBe(true);
        else if (same) expect(JSON.parse(one)).toEqual(JSON.parse(other));
      }),
    );
  });

  it.each([
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: undefined }, { b: undefined }, true],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: null }, {}, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ toString: 1 }, {}, false],
    [null, {}, false],
    ['1', 1, false],
  ])('of %j and %j is %s', (left, right, same) => {
    expect(jsonEqual(left, right)).toBe(same);
  });
});

describe('deepFreeze', () => {
  it('freezes below what was frozen before', () => {
    const value = deepFreeze(Object.freeze({ list: [{ deep: 1 }] }));
    expect(Object.isFrozen(value.list[0])).toBe(true);
    expect(() => ((value.list[0] as { deep: number }).deep = 2)).toThrow(TypeError);
  });
});
