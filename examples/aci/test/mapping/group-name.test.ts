import { describe, expect, it } from 'vitest';
import { groupName } from '../../src/mapping/group/group-name.js';

/** Azure's rule for names of container groups. */
const form = /^[a-z0-9]+(-[a-z0-9]+)*$/;

describe('the name of a group', () => {
  it('upstream §5: is of one pod, where azure-aci calls a-b/c and a/b-c alike', () => {
    const one = groupName({ namespace: 'a-b', name: 'c', uid: '11111111-0000-4000-8000-000000000001' });
    const other = groupName({ namespace: 'a', name: 'b-c', uid: '11111111-0000-4000-8000-000000000002' });
    expect(one).not.toBe(other);
    expect(one.startsWith('a-b-c-')).toBe(true);
  });

  it('is another for a pod that was made again under its name, and the same whenever it is asked', () => {
    const ref = { namespace: 'shop', name: 'web', uid: '11111111-0000-4000-8000-000000000001' };
    expect(groupName(ref)).toBe(groupName({ ...ref }));
    expect(groupName(ref)).not.toBe(groupName({ ...ref, uid: '11111111-0000-4000-8000-000000000002' }));
  });

  it.each([
    ['shop', 'a--b'],
    ['shop', 'web.example.com'],
    ['n'.repeat(63), `${'a'.repeat(63)}.${'b'.repeat(63)}.c`],
    ['n'.repeat(20), `${'a'.repeat(31)}-b`],
    ['0', '0'],
  ])('of %s/%s keeps to Azure’s rule', (namespace, name) => {
    const made = groupName({ namespace, name, uid: '11111111-0000-4000-8000-000000000001' });
    expect(made).toMatch(form);
    expect(made.length).toBeLessThanOrEqual(63);
  });
});
