/** `subPath` and `subPathExpr` of a volume mount: what a container sees instead of the whole volume. Pure. */
import type { Container } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { expandReferences } from '../environment/expand.js';
import type { VolumeFile, VolumeFiles } from './volume-files.js';

export type VolumeMount = NonNullable<Container['volumeMounts']>[number];

/**
 * The path below the volume that `mount` asks for, with `$(NAME)` of a `subPathExpr` replaced by what `lookup` answers; empty
 * for the whole volume.
 *
 * Throws `InvalidInput` for a variable that there is not or that is empty, as a kubelet does and unlike elsewhere (a container
 * would see the parts of others), and for a path that leads out of the volume. What was put in is not said: it may be a
 * secret. Links inside of a volume are the backend's to look at, once it has the volume.
 *
 * Source: Kubernetes, concepts/storage/volumes, "Using subPath with expanded environment variables".
 *
 * ```ts
 * const mount = { name: 'logs', mountPath: '/var/log', subPathExpr: 'web/$(POD_NAME)' };
 * resolveSubPath('app', mount, (name) => ({ POD_NAME: 'web-0' })[name]); // 'web/web-0'
 * ```
 */
export function resolveSubPath(
  container: string,
  mount: VolumeMount,
  lookup: (name: string) => string | undefined,
): string {
  const { mountPath, subPath = '', subPathExpr } = mount;
  const of = `container ${container}: mount ${mountPath}`;
  if (!subPathExpr) {
    if (leavesVolume(subPath)) throw new VkError('InvalidInput', `${of}: subPath "${subPath}": leaves the volume`);
    return subPath;
  }
  const what = `${of}: subPathExpr "${subPathExpr}"`;
  let missing: string | undefined;
  const expanded = expandReferences(subPathExpr, (name) => {
    const value = lookup(name);
    if (!value) missing ??= name;
    return value;
  });
  if (missing !== undefined) throw new VkError('InvalidInput', `${what}: there is no value for ${missing}`);
  if (leavesVolume(expanded)) throw new VkError('InvalidInput', `${what}: leaves the volume`);
  return expanded;
}

/** Whether a subPath leads out of its volume: absolute paths do, and those with `..` in them, as for Kubernetes. */
export function leavesVolume(subPath = ''): boolean {
  return subPath.startsWith('/') || subPath.split('/').includes('..') || subPath.includes('\0');
}

/**
 * What a subPath shows of a volume that is made of files: one of them, or those below a folder by their paths from there,
 * none where there is no such folder, which a kubelet makes then. For backends that take contents; a mount with a subPath
 * keeps what it had when its container started, and gets no updates.
 */
export function filesBelow(files: VolumeFiles, subPath: string): VolumeFile | VolumeFiles {
  const path = subPath
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  if (path === '') return files;
  const file = files.get(path);
  if (file !== undefined) return file;
  const below = [...files].filter(([each]) => each.startsWith(`${path}/`));
  return new Map(below.map(([each, content]) => [each.slice(path.length + 1), content]));
}
