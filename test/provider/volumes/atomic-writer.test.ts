import { mkdtemp, mkdir, readFile, readdir, readlink, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicWriter } from '../../../src/provider/volumes/atomic-writer.js';
import type { VolumeFiles } from '../../../src/provider/volumes/volume-files.js';

const filesOf = (contents: Record<string, string>, mode = 0o644): VolumeFiles =>
  new Map(Object.entries(contents).map(([path, text]) => [path, { data: Buffer.from(text), mode, secret: false }]));

let folder: string;
let target: string;
let writer: AtomicWriter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vk-sdk-volume-'));
  target = join(folder, 'v');
  writer = new AtomicWriter(target);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const visible = async (): Promise<string[]> => (await readdir(target)).filter((name) => !name.startsWith('..')).sort();
const text = (path: string): Promise<string> => readFile(join(target, path), 'utf8');

describe('AtomicWriter', () => {
  it('writes files at their paths with their modes, whatever the umask', async () => {
    const umask = process.umask(0o077);
    try {
      expect(await writer.write(new Map([...filesOf({ a: '1', 'deep/b': '2' }), ...filesOf({ c: '3' }, 0o440)]))).toBe(
        true,
      );
    } finally {
      process.umask(umask);
    }
    expect([await text('a'), await text('deep/b'), await text('c')]).toEqual(['1', '2', '3']);
    expect(await visible()).toEqual(['a', 'c', 'deep']);
    expect(((await stat(join(target, 'c'))).mode & 0o777).toString(8)).toBe('440');
    expect(((await stat(join(target, 'deep/b'))).mode & 0o777).toString(8)).toBe('644');
  });

  it('gives files to their owners where it can, before anybody sees them', async () => {
    const isRoot = process.getuid?.() === 0;
    const [file = { data: Buffer.from(''), mode: 0o600, secret: true }] = filesOf({ token: '1' }, 0o600).values();
    await writer.write(new Map([['token', { ...file, owner: 4711 }], ...filesOf({ other: '2' })]));
    const owners = await Promise.all(['token', 'other'].map(async (path) => (await stat(join(target, path))).uid));
    expect(owners).toEqual([isRoot ? 4711 : process.getuid?.(), process.getuid?.()]);
    expect((await stat(join(target, 'token'))).mode & 0o777).toBe(0o600);
  });

  it('writes nothing where nothing has changed, and everything anew where a mode has', async () => {
    await writer.write(filesOf({ a: '1' }));
    const before = await readlink(join(target, '..data'));
    expect(await writer.write(filesOf({ a: '1' }))).toBe(false);
    expect(await readlink(join(target, '..data'))).toBe(before);
    expect(await writer.write(filesOf({ a: '1' }, 0o600))).toBe(true);
    expect(await readlink(join(target, '..data'))).not.toBe(before);
  });

  it('removes what is no longer there, and what an earlier update held', async () => {
    await writer.write(filesOf({ a: '1', 'deep/b': '2' }));
    await writer.write(filesOf({ c: '3' }));
    expect(await visible()).toEqual(['c']);
    expect((await readdir(target)).filter((name) => name.startsWith('..'))).toHaveLength(2);
  });

  it('lets a reader see the old or the new, and never less', async () => {
    const contents = (generation: number): string => `${generation}:`.repeat(20_000);
    await writer.write(filesOf({ a: contents(0), b: contents(0) }));
    let done = false;
    const seen = new Set<string>();
    const reader = (async () => {
      while (!done) {
        const whole = await text('a');
        const [generation = ''] = whole.split(':');
        seen.add(generation);
        expect(whole).toBe(contents(Number(generation)));
      }
    })();
    for (let generation = 1; generation <= 60; generation += 1) {
      await writer.write(filesOf({ a: contents(generation), b: contents(generation) }));
    }
    done = true;
    await reader;
    expect(seen.size).toBeGreaterThan(3);
  });

  it('mends what a crash at any point has left', async () => {
    await writer.write(filesOf({ a: 'old' }));
    const half = join(target, '..half');
    await mkdir(half);
    await writeFile(join(half, 'a'), 'half');
    await symlink('..half', join(target, '..data_tmp'));
    expect(await text('a')).toBe('old');
    await writer.write(filesOf({ a: 'new', b: 'more' }));
    expect([await text('a'), await text('b')]).toEqual(['new', 'more']);
    expect((await readdir(target)).filter((name) => name.startsWith('..'))).toHaveLength(2);
    // After the swap and before the links that containers open.
    await rm(join(target, 'b'));
    expect(await writer.write(filesOf({ a: 'new', b: 'more' }))).toBe(false);
    expect(await text('b')).toBe('more');
  });

  it('leaves what a container wrote beside its files', async () => {
    await writer.write(filesOf({ a: '1' }));
    await writeFile(join(target, 'mine'), 'x');
    await writer.write(filesOf({ b: '2' }));
    expect(await visible()).toEqual(['b', 'mine']);
  });

  it('refuses paths that lead out before it writes anything', async () => {
    await expect(writer.write(filesOf({ ok: '1', '../evil': '2' }))).rejects.toThrow('path "../evil" begins with ".."');
    await expect(realpath(target)).rejects.toThrow('ENOENT');
  });

  it('holds no files where there are none', async () => {
    await writer.write(filesOf({ a: '1' }));
    await writer.write(new Map());
    expect(await visible()).toEqual([]);
  });
});
