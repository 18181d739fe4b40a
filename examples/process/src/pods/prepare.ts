/** The directories and files that a container finds when it starts. */
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container, Pod } from 'vk-sdk';
import { pathInContainer } from '../decide/container-command.js';
import { isTokenVolume } from '../decide/pod-support.js';
import type { PodFolder } from '../disk/state-folder.js';
import { removeTerminationMessage, terminationMessagePath } from './termination-message.js';

/** May be done again, for every run: what is there stays. */
export function prepareContainer(folder: PodFolder, pod: Pod, container: Container, run: number): void {
  const own = folder.container(container.name);
  const { root, logs } = own;
  mkdirSync(root, { recursive: true, mode: 0o700 });
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  // Who asks before the supervisor is there finds an empty log.
  writeFileSync(own.log(run), '', { flag: 'a', mode: 0o600 });
  mkdirSync(dirname(terminationMessagePath(container, root)), { recursive: true });
  removeTerminationMessage(container, root);
  const tokens = new Set(pod.spec.volumes?.filter(isTokenVolume).map(({ name }) => name));
  for (const { name, mountPath, subPath = '' } of container.volumeMounts ?? []) {
    if (tokens.has(name)) continue;
    const volume = join(folder.volume(name), subPath);
    mkdirSync(volume, { recursive: true });
    linkTo(volume, pathInContainer(root, mountPath));
  }
}

function linkTo(target: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
