/** The name of an image, taken apart and made whole (the distribution project's reference grammar, Docker Hub's short names). */
import { VkError } from '../../runtime/errors.js';

export interface ImageReference {
  /** Host, with its port if it has one. `docker.io` where the name has none. */
  readonly registry: string;
  /** Path in the registry: `library/nginx` for `nginx`. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** Such as `sha256:…`. Where there is one too, the tag only tells people what it was. */
  readonly digest: string | undefined;
}

const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);
const registryPattern =
  /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::\d+)?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const longestRepository = 255;

/** Throws `InvalidInput` for what no registry could be asked for. */
export function parseImageReference(image: string): ImageReference {
  const [named = '', digest, ...more] = image.split('@');
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const hasRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const host = hasRegistry ? first : 'docker.io';
  const registry = host === 'index.docker.io' ? 'docker.io' : host;
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (more.length > 0 || !registryPattern.test(registry)) throw invalid(image);
  if (!repositoryPattern.test(repository) || repository.length > longestRepository) throw invalid(image);
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(image);
  if (digest !== undefined && !digestPattern.test(digest)) throw invalid(image);
  return { registry, repository, tag, digest };
}

/** The whole name, by which a registry is asked: `nginx` is `docker.io/library/nginx:latest`. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  const shownTag = tag ?? (digest === undefined ? 'latest' : undefined);
  return `${registry}/${repository}${shownTag ? `:${shownTag}` : ''}${digest ? `@${digest}` : ''}`;
}

function invalid(image: string): VkError {
  return new VkError('InvalidInput', `image "${image}": not a reference such as registry.example.com/team/app:1.2`);
}
