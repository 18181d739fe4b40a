/** Paths and queries of requests, without a URL object for each of them. */
import { VkError } from '../../runtime/errors.js';
import type { ObjectName } from '../api.js';
import { resourcePath, type Resource } from '../resources.js';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `path?key=value&…`. Keys without a value are left out. */
export function withQuery(path: string, query: Query | undefined): string {
  if (query === undefined) return path;
  let url = path;
  let separator = path.includes('?') ? '&' : '?';
  for (const key in query) {
    const value = query[key];
    if (value === undefined) continue;
    url += `${separator}${encodeURIComponent(key)}=${encodeURIComponent(value)}`;
    separator = '&';
  }
  return url;
}

/** How errors name what a request is about: `pods default/web`, `nodes edge-1`, `pods in default`, `pods`. */
export function subjectOf(
  resource: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string },
): string {
  const namespace = resource.namespaced ? at.namespace : undefined;
  if (at.name === undefined) return namespace ? `${resource.plural} in ${namespace}` : resource.plural;
  return namespace ? `${resource.plural} ${namespace}/${at.name}` : `${resource.plural} ${at.name}`;
}

/**
 * Path of one object. Throws `InvalidInput` for what would be the path of something else: an empty name is the whole
 * collection, and `..` its parent.
 */
export function objectPath(resource: Resource, at: ObjectName, subresource?: string): string {
  requirePathSegment(subjectOf(resource, at), 'name', at.name);
  return resourcePath(resource, {
    ...scopeOf(resource, at.namespace, true),
    name: at.name,
    ...(subresource && { subresource }),
  });
}

/** Path of a collection. `required`: a namespaced resource needs a namespace, as for a create. */
export function collectionPath(resource: Resource, namespace: string | undefined, required: boolean): string {
  return resourcePath(resource, scopeOf(resource, namespace, required));
}

function scopeOf(resource: Resource, namespace: string | undefined, required: boolean): { namespace?: string } {
  if (!resource.namespaced || (namespace === undefined && !required)) return {};
  requirePathSegment(resource.plural, 'namespace', namespace);
  return { namespace };
}

function requirePathSegment(subject: string, part: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && value !== '' && value !== '.' && value !== '..') return;
  throw new VkError('InvalidInput', `${subject}: a ${part} is needed`, { object: subject });
}
