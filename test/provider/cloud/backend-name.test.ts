import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendName } from '../../../src/provider/cloud/backend-name.js';

const label = fc.stringMatching(/^[a-z\d]([a-z\d-]{0,20}[a-z\d])?$/);
const refs = fc.record({
  namespace: label,
  name: fc.array(label, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
  uid: fc.uuid(),
});

describe('backendName', () => {
  it('says whose it is', () => {
    const name = backendName({ namespace: 'default', name: 'web', uid: 'a' }, { maxLength: 63, prefix: 'vk-' });
    expect(name).toMatch(/^vk-default-web-[a-z0-9]{10}$/);
  });

  it('upstream §5: tells the pod b-c of a from the pod c of a-b, and a pod from its predecessor of the name', () => {
    const names = [
      { namespace: 'a', name: 'b-c', uid: '1' },
      { namespace: 'a-b', name: 'c', uid: '2' },
      { namespace: 'a-b', name: 'c', uid: '3' },
    ].map((ref) => backendName(ref, { maxLength: 63 }));
    expect(new Set(names).size).toBe(3);
    expect(names.map((name) => name.slice(0, 6))).toEqual(['a-b-c-', 'a-b-c-', 'a-b-c-']);
  });

  it('is a DNS label within the limit, the same for the same pod', () => {
    fc.assert(
      fc.property(refs, fc.integer({ min: 10, max: 80 }), (ref, maxLength) => {
        const name = backendName(ref, { maxLength });
        expect(name.length).toBeLessThanOrEqual(maxLength);
        expect(name).toMatch(/^[a-z\d]([a-z\d-]*[a-z\d])?$/);
        expect(backendName({ ...ref }, { maxLength })).toBe(name);
      }),
    );
  });

  it('differs for every uid, however little room there is', () => {
    fc.assert(
      fc.property(refs, fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 50 }), (ref, uids) => {
        const names = uids.map((uid) => backendName({ ...ref, uid }, { maxLength: 12 }));
        expect(new Set(names).size).toBe(uids.length);
      }),
    );
  });

  it.each([
    ['only digits', '0123456789', /^\d{16,24}$/],
    ['capital letters', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ_', /^MY_NS_MY_POD_X_[A-Z]{11}$/],
    ['no separator', 'abcdefghijklmnopqrstuvwxyz', /^mynsmypodx[a-z]{11}$/],
  ])('fits an alphabet of %s', (_, alphabet, expected) => {
    const ref = { namespace: 'my-ns', name: 'my-pod.x', uid: 'b' };
    expect(backendName(ref, { maxLength: 30, alphabet })).toMatch(expected);
  });

  it.each([
    ['no room for a hash', { maxLength: 12, prefix: 'vk-' }, 'no room for a hash in 12 characters'],
    ['an alphabet of too little', { maxLength: 63, alphabet: 'ab-' }, 'no room for a hash'],
    ['a length that is none', { maxLength: NaN }, 'no room for a hash'],
  ])('refuses %s', (_, options, message) => {
    expect(() => backendName({ namespace: 'a', name: 'b', uid: 'c' }, options)).toThrow(message);
  });

  it('refuses a pod that has no uid: it could not be told from others of its name', () => {
    expect(() => backendName({ namespace: 'a', name: 'b', uid: '' }, { maxLength: 63 })).toThrow('pod a/b: has no uid');
  });
});
