/**
 * How volumes get to their paths in a mount namespace, without anything being made on the machine's own file system. The
 * machine's directories are shown in a new root, entry by entry; where a mount point is missing, so is the directory that
 * it is missing in. Pure but for what it asks of the machine. Neighbour: `stage.ts`, which makes it.
 *
 * Invariants
 * 1. All that is made is below `stage`, or in a volume.
 * 2. What the container's supervisor needs stays in sight.
 */
import { dirname, join, resolve } from 'node:path';

export interface Mount {
  /** What is mounted: a path of the machine. */
  readonly source: string;
  readonly isFile: boolean;
  readonly mountPath: string;
  readonly readOnly: boolean;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: 'directory' | 'file' | 'link';
}

/** What is asked of the machine. */
export interface MachineFiles {
  /** The path without links in it. Undefined if there is no such file. */
  realPath(path: string): string | undefined;
  kind(path: string): 'directory' | 'file';
  entries(path: string): readonly DirectoryEntry[];
  linkTarget(path: string): string;
  /** Permission bits. */
  mode(path: string): number;
}

export interface MountPlan {
  /** To be made, in this order, with their permission bits. */
  readonly directories: ReadonlyMap<string, number>;
  /** Empty files, to be mounted on. */
  readonly files: readonly string[];
  /** Symbolic links, and where they lead. */
  readonly links: ReadonlyMap<string, string>;
  /** In the format of fstab. */
  readonly table: readonly string[];
  /** Paths in the new root. */
  readonly readOnly: readonly string[];
}

/** Each is a mount of its own. A directory with more is not one in which to put a volume. */
const mostEntries = 2_000;

export interface MountPlanOptions {
  readonly stage: string;
  /** What has to stay in sight: the folder of the container. */
  readonly inSight: string;
  readonly machine: MachineFiles;
}

/** The plan, or a text that says why there cannot be one. */
export function planMounts(mounts: readonly Mount[], options: MountPlanOptions): MountPlan | string {
  const draft = new Draft(options);
  try {
    draft.show('/', 'root');
    for (const mount of mounts.toSorted((one, other) => one.mountPath.length - other.mountPath.length))
      draft.add(mount);
  } catch (error) {
    if (error instanceof Impossible) return error.message;
    throw error;
  }
  return draft.finish();
}

class Impossible extends Error {}

class Draft {
  readonly #options: MountPlanOptions;
  readonly #directories = new Map<string, number>();
  readonly #files: string[] = [];
  readonly #links = new Map<string, string>();
  readonly #readOnly: string[] = [];
  readonly #entries: string[] = [];
  /** Directories that are shown entry by entry, and where. */
  readonly #shown = new Map<string, string>();
  readonly #volumes: { readonly mount: Mount; readonly target: string }[] = [];

  constructor(options: MountPlanOptions) {
    this.#options = options;
  }

  /** Shows a directory of the machine entry by entry, so that there can be others in it. */
  show(path: string, as: string): string {
    const { stage, machine } = this.#options;
    const known = this.#shown.get(path);
    if (known !== undefined) return known;
    const place = join(stage, as);
    this.#shown.set(path, place);
    this.#directories.set(place, machine.mode(path));
    const entries = machine.entries(path);
    if (entries.length > mostEntries) throw new Impossible(`${path} has more than ${mostEntries} entries`);
    for (const { name, kind } of entries) {
      const shown = join(place, name);
      const original = join(path, name);
      if (kind === 'link') {
        this.#links.set(shown, machine.linkTarget(original));
        continue;
      }
      if (kind === 'directory') this.#directories.set(shown, 0o755);
      else this.#files.push(shown);
      // One that is gone by then is left out.
      this.#entries.push(tableLine(original, shown, 'rbind,nofail'));
    }
    return place;
  }

  add(mount: Mount): void {
    const { machine, inSight } = this.#options;
    const wanted = resolve('/', mount.mountPath);
    const above = nearest(wanted, (path) => machine.realPath(path) !== undefined);
    const real = machine.realPath(above) ?? '/';
    const target = join(real, wanted.slice(above.length));
    if (target === '/') throw new Impossible('the root cannot be mounted on');
    if (['/proc', '/sys'].some((path) => isBelow(target, path))) throw new Impossible(`${target} is the system’s`);
    if (isBelow(inSight, target)) throw new Impossible(`${target} would hide the folder of the container`);
    const outer = this.#volumes.findLast((volume) => isBelow(target, volume.target));
    if (outer) {
      if (outer.mount.isFile) throw new Impossible(`${target} is below a file`);
      this.#makePoint(join(outer.mount.source, target.slice(outer.target.length)), mount);
    } else if (target !== real) {
      if (machine.kind(real) !== 'directory') throw new Impossible(`${real} is not a directory`);
      const shown = this.show(real, `shown-${this.#shown.size}`);
      this.#makePoint(join(shown, target.slice(real.length)), mount);
    } else if ((machine.kind(real) === 'file') !== mount.isFile) {
      throw new Impossible(`${target} is a ${machine.kind(real)} of the machine, and the volume is not`);
    }
    this.#volumes.push({ mount, target });
    if (mount.readOnly) this.#readOnly.push(target);
  }

  finish(): MountPlan {
    const { stage } = this.#options;
    const root = join(stage, 'root');
    const shown = [...this.#shown].filter(([path]) => path !== '/').sort(([one], [other]) => one.length - other.length);
    return {
      directories: this.#directories,
      files: this.#files,
      links: this.#links,
      table: [
        ...this.#entries,
        ...shown.map(([path, place]) => tableLine(place, join(root, path), 'rbind')),
        ...this.#volumes.map(({ mount, target }) => tableLine(mount.source, join(root, target), 'rbind')),
      ],
      readOnly: this.#readOnly,
    };
  }

  #makePoint(path: string, { isFile }: Mount): void {
    const folder = isFile ? dirname(path) : path;
    if (!this.#directories.has(folder)) this.#directories.set(folder, 0o755);
    if (isFile) this.#files.push(path);
  }
}

/** The path or the nearest directory above it for which `isSo` holds. It does for the root. */
function nearest(path: string, isSo: (path: string) => boolean): string {
  return path === '/' || isSo(path) ? path : nearest(dirname(path), isSo);
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** fstab(5): white space is written as octal numbers. */
function tableLine(source: string, target: string, options: string): string {
  return `${escaped(source)} ${escaped(target)} none ${options} 0 0`;
}

function escaped(path: string): string {
  return path.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
