/**
 * Which images a pattern is for, as kubelets match the servers of registry credentials and the `matchImages` of their
 * plugins (concepts/containers/images, "Interpretation of config.json"). Pure.
 */
import { parseImageReference } from './image-reference.js';

/** A host with optional port and path; each part of the host may hold `*`, `?` and `[…]`. */
export interface ImagePattern {
  /** As written, without scheme and the `/v1/` or `/v2/` that Docker's own files have. */
  readonly key: string;
  readonly host: readonly RegExp[];
  readonly port: string;
  readonly path: string;
}

/** An image as patterns see it: by its registry and repository. */
export interface ImageTarget {
  readonly host: readonly string[];
  readonly port: string;
  readonly path: string;
}

/** Undefined where it names no host. */
export function parseImagePattern(text: string): ImagePattern | undefined {
  const bare = text.trim().replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const authority = slash < 0 ? bare : bare.slice(0, slash);
  const path = (slash < 0 ? '' : bare.slice(slash)).replace(/^\/v[12]\//, '/');
  if (authority === '') return undefined;
  const key = path === '' || path === '/' ? authority : authority + path;
  const target = split(key);
  return { key, ...target, host: target.host.map(globPattern) };
}

/** Throws `InvalidInput` for an image that is no reference. */
export function imageTarget(image: string): ImageTarget {
  const { registry, repository } = parseImageReference(image);
  return split(`${registry}/${repository}`);
}

/** Whether every part of the host matches, the ports are equal, and the image's path begins with the pattern's. */
export function matchesImage(pattern: ImagePattern, { host, port, path }: ImageTarget): boolean {
  if (pattern.port !== port || pattern.host.length !== host.length || !path.startsWith(pattern.path)) return false;
  return pattern.host.every((part, index) => part.test(host[index] ?? ''));
}

function split(key: string): ImageTarget {
  const slash = key.indexOf('/');
  const authority = slash < 0 ? key : key.slice(0, slash);
  const [, name = authority, port = ''] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  return { host: name.startsWith('[') ? [name] : name.split('.'), port, path: slash < 0 ? '' : key.slice(slash) };
}

const nothing = /(?!)/;

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
      if (close < 0 || !/^\^?(?:[^\\\]^-](?:-[^\\\]^-])?)+$/.test(set)) return nothing;
      source += `[${set}]`;
      at = close;
    } else source += escaped(character);
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return nothing;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
