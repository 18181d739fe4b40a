/** Folders to be copied, and compared. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What every file holds, by its path below the folder. */
export type Tree = Readonly<Record<string, string>>;

/** A folder of files small, large, empty, deep and with odd names. */
export async function makeTree(folder: string): Promise<Tree> {
  const files: Record<string, Buffer> = {
    'plain.txt': Buffer.from('plain\n'),
    empty: Buffer.alloc(0),
    'large.bin': randomBytes(3 * 2 ** 20 + 17),
    'deep/er/est/file': Buffer.from('deep'),
    'with blank & umlaut ü': Buffer.from('odd'),
  };
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return hashTree(folder);
}

export async function hashTree(folder: string): Promise<Tree> {
  const tree: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    tree[relative(folder, path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return Object.fromEntries(Object.entries(tree).sort());
}
