/**
 * Writes a volume's files so that readers see either all of the old or all of the new, never half of each: the way that
 * kubelets do it, on which programs rely that watch their configuration. Below the target:
 *
 * ```text
 * ..2026-11-21-abc123/key    the files of one update
 * ..data -> ..2026-11-21-abc123
 * key -> ..data/key          what containers open
 * ```
 *
 * 1. `..data` is only ever replaced by a rename; what it pointed to is removed after that.
 * 2. Nothing is written where nothing has changed.
 * 3. A crash at any point leaves what readers see whole; the next write removes what it left behind.
 */
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VkError } from '../../runtime/errors.js';
import { pathFault, type VolumeFiles } from './volume-files.js';

const dataLink = '..data';
const nextLink = '..data_tmp';

/** Calls of `write` for one target must not overlap. */
export class AtomicWriter {
  readonly #target: string;

  /** `target`: the volume's directory, made at the first write where it does not exist. */
  constructor(target: string) {
    this.#target = target;
  }

  /** Makes the volume hold exactly `files`. Answers whether anything had to be written. */
  async write(files: VolumeFiles): Promise<boolean> {
    for (const path of files.keys()) {
      const fault = pathFault(path);
      if (fault !== undefined) throw new VkError('InvalidInput', `volume in ${this.#target}: path "${path}" ${fault}`);
    }
    await mkdir(this.#target, { recursive: true });
    const current = await orUndefined(readlink(this.#at(dataLink)));
    const changed = current === undefined || !(await this.#holds(current, files));
    const generation = changed ? await this.#writeGeneration(files) : current;
    if (changed) await this.#point(generation);
    await this.#showTopLevel(files);
    await this.#removeOthers(files, generation);
    return changed;
  }

  async #writeGeneration(files: VolumeFiles): Promise<string> {
    const generation = `..${randomBytes(8).toString('hex')}`;
    await mkdir(this.#at(generation), { mode: 0o755 });
    for (const [path, { data, mode, owner }] of files) {
      const file = join(this.#at(generation), path);
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeFile(file, data, { mode: 0o600 });
      // Nobody but root can give a file away; whoever else writes it runs the containers too.
      if (owner !== undefined && process.getuid?.() === 0) await chown(file, owner, -1);
      // Not by `writeFile`, whose mode the process's umask takes bits from.
      await chmod(file, mode);
    }
    return generation;
  }

  async #point(generation: string): Promise<void> {
    await rm(this.#at(nextLink), { force: true });
    await symlink(generation, this.#at(nextLink));
    await rename(this.#at(nextLink), this.#at(dataLink));
  }

  async #showTopLevel(files: VolumeFiles): Promise<void> {
    for (const name of topLevel(files)) {
      if ((await orUndefined(readlink(this.#at(name)))) === `${dataLink}/${name}`) continue;
      await rm(this.#at(name), { recursive: true, force: true });
      await symlink(`${dataLink}/${name}`, this.#at(name));
    }
  }

  async #removeOthers(files: VolumeFiles, generation: string): Promise<void> {
    const kept = new Set([...topLevel(files), dataLink, generation]);
    for (const name of await readdir(this.#target)) {
      if (kept.has(name)) continue;
      if (name.startsWith('..')) await rm(this.#at(name), { recursive: true, force: true });
      // A file that is not ours stays: containers may write beside what they were given.
      else if ((await orUndefined(readlink(this.#at(name)))) === `${dataLink}/${name}`) await unlink(this.#at(name));
    }
  }

  async #holds(generation: string, files: VolumeFiles): Promise<boolean> {
    const root = this.#at(generation);
    const entries = (await orUndefined(readdir(root, { recursive: true, withFileTypes: true }))) ?? [];
    if (entries.filter((entry) => entry.isFile()).length !== files.size) return false;
    for (const [path, { data, mode }] of files) {
      const file = join(root, path);
      const written = await orUndefined(readFile(file));
      if (!written?.equals(data) || ((await stat(file)).mode & 0o777) !== (mode & 0o777)) return false;
    }
    return true;
  }

  #at(name: string): string {
    return join(this.#target, name);
  }
}

function topLevel(files: VolumeFiles): Set<string> {
  return new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
}

/** Undefined where there is no such file, or where it is not a link. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'EINVAL') || hasErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

function hasErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
