/** The volumes of a group as folders, and the mounts of a container as links to them below its root. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize, sep } from 'node:path';
import type { WireMount, WireVolume } from '../../cloud/wire.js';

/** Folder by name of the volume. */
export type VolumeFolders = ReadonlyMap<string, string>;

/** `shares` holds a folder for each file share, which groups have in common. */
export async function makeVolumes(
  volumes: readonly WireVolume[],
  folder: string,
  shares: string,
): Promise<VolumeFolders> {
  const folders = new Map<string, string>();
  for (const volume of volumes) {
    const { azureFile } = volume;
    const at = azureFile
      ? join(shares, fileName(azureFile.storageAccountName), fileName(azureFile.shareName))
      : join(folder, fileName(volume.name));
    await mkdir(at, { recursive: true });
    for (const [name, content] of Object.entries(volume.secret ?? {}))
      await writeFile(join(at, fileName(name)), Buffer.from(content, 'base64'), { mode: 0o600 });
    if (volume.gitRepo) await writeFile(join(at, 'NOT-CLONED'), `${volume.gitRepo.repository}\n`);
    folders.set(volume.name, at);
  }
  return folders;
}

export async function mountVolumes(root: string, mounts: readonly WireMount[], volumes: VolumeFolders): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const { name, mountPath } of mounts) {
    const volume = volumes.get(name);
    if (volume === undefined) continue;
    const at = join(root, normalize(`${sep}${mountPath}`));
    await mkdir(dirname(at), { recursive: true });
    await symlink(volume, at.endsWith(sep) ? at.slice(0, -1) : at);
  }
}

/** A name that stays within its folder. */
function fileName(name: string): string {
  const safe = basename(name);
  return safe === '' || safe === '.' || safe === '..' ? '_' : safe;
}
