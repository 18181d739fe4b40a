/** The stage of a container's mount namespace: what `enter.sh` mounts, and on what. Neighbour: `mount-plan.ts`. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { MachineFiles, MountPlan } from './mount-plan.js';

/** This machine. */
export const machineFiles: MachineFiles = {
  realPath: (path) => {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  },
  kind: (path) => (statSync(path).isDirectory() ? 'directory' : 'file'),
  entries: (path) =>
    readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isSymbolicLink() ? 'link' : entry.isDirectory() ? 'directory' : 'file',
    })),
  linkTarget: (path) => readlinkSync(path),
  mode: (path) => statSync(path).mode & 0o7777,
};

/**
 * Makes the stage anew. What a container wrote into directories that were shown entry by entry is gone with the old one,
 * as with the layer of a container. Nothing is mounted there for this process: mounts are in namespaces of their own.
 */
export function makeStage(stage: string, { directories, files, links, table, readOnly }: MountPlan): void {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true, mode: 0o700 });
  for (const [path, mode] of directories) {
    if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, mode);
  }
  for (const path of files) writeFileSync(path, '', { flag: 'a', mode: 0o644 });
  for (const [path, target] of links) {
    if (!lstatSync(path, { throwIfNoEntry: false })) symlinkSync(target, path);
  }
  writeFileSync(join(stage, 'table'), lines(table), { mode: 0o600 });
  writeFileSync(join(stage, 'read-only'), lines(readOnly), { mode: 0o600 });
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
