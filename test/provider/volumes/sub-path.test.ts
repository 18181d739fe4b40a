import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { posix } from 'node:path';
import { filesBelow, leavesVolume, resolveSubPath } from '../../../src/provider/volumes/sub-path.js';
import type { VolumeFile } from '../../../src/provider/volumes/volume-files.js';

const mount = { name: 'v', mountPath: '/v' };
const variables: Readonly<Record<string, string>> = { POD_NAME: 'web-0', UP: '../..', NOTHING: '', SECRET: '/hunter2' };

function resolved(more: { subPath?: string; subPathExpr?: string }): string {
  return resolveSubPath('app', { ...mount, ...more }, (name) => variables[name]);
}

describe('the subPath of a mount', () => {
  it('is what it says, with variables where it is an expression', () => {
    expect(resolved({})).toBe('');
    expect(resolved({ subPath: 'a/$(POD_NAME)' })).toBe('a/$(POD_NAME)');
    expect(resolved({ subPathExpr: 'a/$(POD_NAME)/$$(UP)' })).toBe('a/web-0/$(UP)');
  });

  it.each([
    [{ subPath: '../x' }, 'container app: mount /v: subPath "../x": leaves the volume'],
    [{ subPath: '/etc' }, 'subPath "/etc": leaves the volume'],
    [{ subPathExpr: 'a/$(UP)' }, 'subPathExpr "a/$(UP)": leaves the volume'],
    [{ subPathExpr: '$(NOBODY)/$(UP)' }, 'subPathExpr "$(NOBODY)/$(UP)": there is no value for NOBODY'],
    [{ subPathExpr: 'a/$(NOTHING)' }, 'subPathExpr "a/$(NOTHING)": there is no value for NOTHING'],
    [{ subPathExpr: '$(NOTHING)' }, 'subPathExpr "$(NOTHING)": there is no value for NOTHING'],
  ])('is refused where it leads out, or names what is not there or empty: %j', (more, message) => {
    expect(() => resolved(more)).toThrow(message);
  });

  it('never says what was put in', () => {
    expect(() => resolved({ subPathExpr: '$(SECRET)' })).toThrow(/^((?!hunter2).)*$/);
  });

  it('stays below the volume, whatever it is made of', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '...', '..a', ' ', '\\');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join('/');
        fc.pre(!leavesVolume(path));
        expect(posix.join('/volume', path)).toMatch(/^\/volume(\/|$)/);
      }),
    );
  });
});

describe('the files below a subPath', () => {
  const file = (text: string): VolumeFile => ({ data: Buffer.from(text), mode: 0o644, secret: false });
  const files = new Map([
    ['a', file('1')],
    ['deep/b', file('2')],
    ['deep/er/c', file('3')],
  ]);

  it('are all of them, one, those of a folder, or none', () => {
    expect(filesBelow(files, '')).toBe(files);
    expect(filesBelow(files, './')).toBe(files);
    expect(filesBelow(files, 'a')).toBe(files.get('a'));
    expect(filesBelow(files, 'deep//')).toEqual(
      new Map([
        ['b', file('2')],
        ['er/c', file('3')],
      ]),
    );
    expect(filesBelow(files, 'dee')).toEqual(new Map());
  });
});
