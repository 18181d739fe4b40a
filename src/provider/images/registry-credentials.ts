/**
 * User names and passwords for registries, and which of them an image is pulled with: as a kubelet does it
 * (concepts/containers/images, "Interpretation of config.json"). Neighbours: `image-pattern.ts` (what matches),
 * `docker-config.ts` (reads them from Secrets), `credential-plugins.ts` (asks programs for them).
 */
import { imageTarget, matchesImage, parseImagePattern, type ImagePattern } from './image-pattern.js';
import { parseImageReference } from './image-reference.js';

export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
}

/** A credential with what it is for: a host with optional port and path, `*` and the like in the parts of the host. */
export interface RegistryEntry extends RegistryCredential {
  readonly server: string;
}

interface Known {
  readonly pattern: ImagePattern;
  readonly credentials: RegistryCredential[];
}

/** By which Docker Hub is known in older files. */
const hub = 'index.docker.io';

/** Immutable once made; looking up costs no more than the number of different servers. */
export class RegistryCredentials {
  readonly #known: readonly Known[];

  /** Entries in the order in which they are to be tried. One that names no server is left out. */
  constructor(entries: Iterable<RegistryEntry>) {
    const byKey = new Map<string, Known>();
    for (const { server, username, password } of entries) {
      const pattern = parseImagePattern(server);
      if (pattern === undefined) continue;
      const known = byKey.get(pattern.key) ?? { pattern, credentials: [] };
      byKey.set(pattern.key, known);
      const isThere = known.credentials.some((each) => each.username === username && each.password === password);
      if (!isThere) known.credentials.push({ username, password });
    }
    // A longer path goes before the one that it begins with.
    this.#known = [...byKey.values()].sort(({ pattern: one }, { pattern: other }) => (one.key < other.key ? 1 : -1));
  }

  /**
   * Every credential that is meant for the image, the most specific first: each is to be tried until one works. Docker
   * Hub's own names for itself are the same. Throws `InvalidInput` for an image that is no reference.
   */
  forImage(image: string): readonly RegistryCredential[] {
    const target = imageTarget(image);
    const matching = this.#known.filter(({ pattern }) => matchesImage(pattern, target));
    const isHub = matching.length === 0 && parseImageReference(image).registry === 'docker.io';
    const chosen = isHub ? this.#known.filter(({ pattern }) => pattern.key === hub) : matching;
    return chosen.flatMap(({ credentials }) => credentials);
  }
}
