/** What is in a volume whose contents come from the API: files by path, ready for a backend or for `AtomicWriter`. */
import { VkError } from '../../runtime/errors.js';

export interface VolumeFile {
  readonly data: Buffer;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  /** Whether a Secret's data or a token is in it. A backend should keep it as a secret. */
  readonly secret: boolean;
  /** Whom a kubelet gives a token or key that nobody else may read: the user that all containers of the pod run as. */
  readonly owner?: number;
}

/** By path below the volume's root, with `/` between its parts. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/** The API server's limit of one object is 1 MiB; a projected volume adds up several. */
const defaultMaxBytes = 32 * 1024 * 1024;

/** Gathers files, and refuses what would lead out of the volume or fill the memory. Later files replace earlier ones. */
export class VolumeFilesBuilder {
  readonly #volume: string;
  readonly #maxBytes: number;
  readonly #files = new Map<string, VolumeFile>();
  #bytes = 0;

  constructor(volume: string, maxBytes = defaultMaxBytes) {
    this.#volume = volume;
    this.#maxBytes = maxBytes;
  }

  /** Throws `InvalidInput` for a path that is not below the volume's root, and when all files together are too large. */
  add(written: string, file: VolumeFile): void {
    const path = cleanPath(written);
    const fault = pathFault(path);
    if (fault !== undefined) throw this.#invalid(`path "${written}" ${fault}`);
    this.#bytes += file.data.length - (this.#files.get(path)?.data.length ?? 0);
    if (this.#bytes > this.#maxBytes) throw this.#invalid(`more than ${this.#maxBytes} bytes of files`);
    this.#files.set(path, file);
  }

  /** Throws `InvalidInput` where one file's path is a folder of another's. */
  build(): VolumeFiles {
    for (const path of this.#files.keys()) {
      for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        const folder = path.slice(0, slash);
        if (this.#files.has(folder)) throw this.#invalid(`path "${path}" is below "${folder}", which is a file`);
      }
    }
    return this.#files;
  }

  #invalid(what: string): VkError {
    return new VkError('InvalidInput', `volume ${this.#volume}: ${what}`);
  }
}

/** Without what changes nothing of where it leads: the API takes `./a`, `a//b` and `a/`, and a kubelet writes `a` and `a/b`. */
function cleanPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}

const longestPart = 255;
const longestPath = 4096;

/** What is wrong with a path, or undefined. Names that begin with two dots are the writer's own. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (path.includes('\0')) return 'holds a NUL';
  if (path.startsWith('/')) return 'is absolute';
  if (path.startsWith('..')) return 'begins with ".."';
  if (Buffer.byteLength(path) > longestPath) return `is longer than ${longestPath} bytes`;
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `has "${part}" as a part`;
    if (Buffer.byteLength(part) > longestPart) return `has a part of more than ${longestPart} bytes`;
  }
  return undefined;
}
