/**
 * User names and passwords for registries, and which of them an image is pulled with: as a kubelet does it
 * (concepts/containers/images, "Interpretation of config.json"). Neighbour: `docker-config.ts` reads them from Secrets.
 */
import { parseImageReference } from './image-reference.js';

export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
}

/** What a credential is for: a host with optional port and path, where each part of the host may hold `*`, `?` and `[…]`. */
export interface RegistryEntry extends RegistryCredential {
  readonly server: string;
}

interface Pattern {
  readonly key: string;
  readonly host: readonly RegExp[];
  readonly port: string;
  readonly path: string;
  readonly credentials: RegistryCredential[];
}

const hub = 'index.docker.io';

/** Immutable once made; looking up costs no more than the number of different servers. */
export class RegistryCredentials {
  readonly #patterns: readonly Pattern[];

  /** Entries in the order in which they are to be tried. One that names no server is left out. */
  constructor(entries: Iterable<RegistryEntry>) {
    const patterns = new Map<string, Pattern>();
    for (const { server, username, password } of entries) {
      const key = serverKey(server);
      if (key === undefined) continue;
      const pattern = patterns.get(key) ?? patternOf(key);
      patterns.set(key, pattern);
      const known = pattern.credentials.some((each) => each.username === username && each.password === password);
      if (!known) pattern.credentials.push({ username, password });
    }
    // A longer path goes before the one that it begins with.
    this.#patterns = [...patterns.values()].sort(({ key: one }, { key: other }) => (one < other ? 1 : -1));
  }

  /**
   * Every credential that is meant for the image, the most specific first: each is to be tried until one works. Docker
   * Hub's own names for itself are the same. Throws `InvalidInput` for an image that is no reference.
   */
  forImage(image: string): readonly RegistryCredential[] {
    const { registry, repository } = parseImageReference(image);
    const target = splitHost(`${registry}/${repository}`);
    const matching = this.#patterns.filter((pattern) => matches(pattern, target));
    const hubs =
      registry === 'docker.io' && matching.length === 0 ? this.#patterns.filter(({ key }) => key === hub) : [];
    return [...matching, ...hubs].flatMap(({ credentials }) => credentials);
  }
}

/** Without scheme, and without the `/v1/` or `/v2/` that Docker's own files have. */
function serverKey(server: string): string | undefined {
  const bare = server.trim().replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  const path = (slash < 0 ? '' : bare.slice(slash)).replace(/^\/v[12]\//, '/');
  if (host === '') return undefined;
  return path === '' || path === '/' ? host : host + path;
}

function splitHost(key: string): { readonly host: readonly string[]; readonly port: string; readonly path: string } {
  const slash = key.indexOf('/');
  const authority = slash < 0 ? key : key.slice(0, slash);
  const [, name = authority, port = ''] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  return { host: name.startsWith('[') ? [name] : name.split('.'), port, path: slash < 0 ? '' : key.slice(slash) };
}

function patternOf(key: string): Pattern {
  const { host, port, path } = splitHost(key);
  return { key, host: host.map(globPattern), port, path, credentials: [] };
}

function matches(pattern: Pattern, target: ReturnType<typeof splitHost>): boolean {
  if (pattern.port !== target.port || pattern.host.length !== target.host.length) return false;
  if (!target.path.startsWith(pattern.path)) return false;
  return pattern.host.every((part, index) => part.test(target.host[index] ?? ''));
}

/** One part of a host, in the glob language of Go's `path.Match`. What is no pattern matches nothing. */
function globPattern(glob: string): RegExp {
  if (glob.startsWith('[') && glob.includes(':')) return new RegExp(`^${escaped(glob)}$`);
  let source = '';
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? '';
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '[') {
      const close = glob.indexOf(']', at + 1);
      const set = glob.slice(at + 1, close);
      if (close < 0 || !/^\^?(?:[^\\\]^-](?:-[^\\\]^-])?)+$/.test(set)) return /(?!)/;
      source += `[${set}]`;
      at = close;
    } else source += escaped(character);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /(?!)/;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
