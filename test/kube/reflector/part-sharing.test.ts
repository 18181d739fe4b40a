import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartSharing } from '../../../src/kube/reflector/part-sharing.js';

describe('sharing of equal parts', () => {
  it('changes no value, whatever came before', () => {
    const json = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(json, (values) => {
        const sharing = new PartSharing();
        for (const value of [...values, ...values]) {
          const text = JSON.stringify(value);
          const holder = JSON.parse(`{"value":${text}}`) as { value: unknown };
          expect(sharing.share(holder).value).toEqual(JSON.parse(text));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('makes equal parts one instance, and parts that differ in names alone two', () => {
    const sharing = new PartSharing();
    const one = sharing.share({ id: 1, spec: { ports: [{ port: 80 }], env: { a: 'x' } } });
    const two = sharing.share({ id: 2, spec: { ports: [{ port: 80 }], env: { a: 'x' } } });
    const three = sharing.share({ id: 3, spec: { ports: [{ port: 80 }], env: { b: 'x' } } });
    expect(two.spec).toBe(one.spec);
    expect(three.spec).not.toBe(one.spec);
    expect(three.spec.ports).toBe(one.spec.ports);
    expect(three.spec.env).toEqual({ b: 'x' });
  });

  it('keeps apart what is absent, undefined and null', () => {
    const sharing = new PartSharing();
    const values = [{ a: undefined }, { b: undefined }, {}, { a: null }, [], [null], { a: -0 }, { a: 0 }, { a: '0' }];
    const shared = values.map((value) => sharing.share(structuredClone(value)));
    expect(shared).toStrictEqual(values);
  });

  it('leaves the prototype alone where a name is __proto__', () => {
    const sharing = new PartSharing();
    const made = (): object => JSON.parse('{"data":{"__proto__":{"polluted":"yes"}}}') as object;
    sharing.share(made());
    const shared = sharing.share(made()) as { data: object };
    expect(Object.getPrototypeOf(shared.data)).toBe(Object.prototype);
    expect(JSON.stringify(shared)).toBe('{"data":{"__proto__":{"polluted":"yes"}}}');
  });

  it('bears what is nested deeper than any resource', () => {
    const text = '{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000);
    expect(JSON.stringify(new PartSharing().share(JSON.parse(text) as object))).toBe(text);
  });
});
