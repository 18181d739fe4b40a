/**
 * The directories, files and volumes that a container finds when it starts. Volumes are mounted at their paths in a
 * namespace, or else linked to below the container's directory. Neighbour: `../mounts/mount-plan.ts`.
 */
import { cpSync, lstatSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { resolveSubPath, VkError, type Container, type Pod } from 'vk-sdk';
import { pathInContainer, valueOf, type Variables } from '../decide/container-command.js';
import type { PodFolder } from '../disk/state-folder.js';
import { planMounts, type Mount, type MountPlan } from '../mounts/mount-plan.js';
import { machineFiles, makeStage } from '../mounts/stage.js';
import { removeTerminationMessage, terminationMessagePath } from './termination-message.js';

/** Its own directories and its log. May be done again, for every run: what is there stays. */
export function prepareContainer(folder: PodFolder, container: Container, run: number): void {
  const own = folder.container(container.name);
  const { root, logs } = own;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  // Who asks before the supervisor is there finds an empty log.
  writeFileSync(own.log(run), '', { flag: 'a', mode: 0o600 });
  mkdirSync(dirname(terminationMessagePath(container, root)), { recursive: true });
  removeTerminationMessage(container, root);
}

/** What is mounted where. Throws for a part of a volume that is not to be had. */
export function mountsOf(folder: PodFolder, pod: Pod, container: Container, variables: Variables): Mount[] {
  return (container.volumeMounts ?? []).map((mount, index) => {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    const isShared = volume?.emptyDir !== undefined;
    const subPath = resolveSubPath(container.name, mount, (name) => valueOf(variables, name));
    const whole = folder.volume(mount.name);
    let source = whole;
    if (subPath !== '') {
      const what = `container ${container.name}: mount ${mount.mountPath}`;
      source = isShared
        ? sharedPart(whole, subPath, what)
        : copiedPart(whole, subPath, what, folder.container(container.name).part(index));
    }
    return {
      source,
      isFile: !statSync(source).isDirectory(),
      mountPath: mount.mountPath,
      // Volumes of the API's data are never a container's to write, whatever its mount says. As the kubelet has it.
      readOnly: mount.readOnly === true || !isShared,
    };
  });
}

/** Why a namespace cannot have these mounts; undefined once its stage is made. */
export function stageMounts(folder: PodFolder, container: Container, mounts: readonly Mount[]): string | undefined {
  const { mounts: stage, path } = folder.container(container.name);
  const plan: MountPlan | string = planMounts(mounts, { stage, inSight: path, machine: machineFiles });
  if (typeof plan === 'string') return plan;
  makeStage(stage, plan);
  return undefined;
}

/** Links below the container's directory, to volumes that are where they are. */
export function linkMounts(root: string, mounts: readonly Mount[]): void {
  for (const { source, mountPath } of mounts.toSorted((one, other) => one.mountPath.length - other.mountPath.length)) {
    const path = pathInContainer(root, mountPath);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(source, path);
  }
}

/** Of an emptyDir: the directory itself, made if need be. */
function sharedPart(volume: string, subPath: string, what: string): string {
  const path = join(volume, subPath);
  // Containers may have put links there.
  let above = path;
  while (!lstatSync(above, { throwIfNoEntry: false })) above = dirname(above);
  checkInside(volume, above, what);
  if (above !== path) mkdirSync(path, { recursive: true });
  return realpathSync(path);
}

/** Of files: as they are when the container starts. A subPath gets no updates. */
function copiedPart(volume: string, subPath: string, what: string, copy: string): string {
  rmSync(copy, { recursive: true, force: true });
  const path = join(volume, subPath);
  if (!statSync(path, { throwIfNoEntry: false })) {
    mkdirSync(copy, { recursive: true, mode: 0o755 });
    return copy;
  }
  checkInside(volume, path, what);
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
  cpSync(realpathSync(path), copy, { recursive: true, dereference: true });
  return copy;
}

function checkInside(volume: string, path: string, what: string): void {
  const real = realpathSync(path);
  const root = realpathSync(volume);
  if (real !== root && !real.startsWith(root + sep)) throw new VkError('InvalidInput', `${what}: leaves the volume`);
}
