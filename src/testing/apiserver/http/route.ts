/** What a request's URL names. Pure; `handler.ts` acts on it. */
import { ApiFailure, type ResourceDefinition } from '../core/api.js';

export type Route =
  /** The objects of one resource: a collection, an object, or a subresource of an object. */
  | {
      readonly kind: 'resource';
      readonly definition: ResourceDefinition;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
      readonly subresource: string | undefined;
      /** What follows a proxy subresource. */
      readonly rest: string;
    }
  /** A resource that is made only, and not held: reviews, and bindings. */
  | {
      readonly kind: 'virtual';
      readonly group: string;
      readonly version: string;
      readonly plural: string;
      readonly namespace: string | undefined;
    }
  /** Below a group and version, but nothing that is known. */
  | {
      readonly kind: 'unknownResource';
      readonly group: string;
      readonly version: string;
      readonly plural: string;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  /** Any other path, without its trailing slash. */
  | { readonly kind: 'path'; readonly path: string };

/** Resources that can be created and are not stored, by `group/plural`. */
export const virtualResources = [
  { group: '', version: 'v1', plural: 'bindings', kind: 'Binding', namespaced: true },
  { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    plural: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    namespaced: true,
  },
] as const;

export class Router {
  readonly #definitions = new Map<string, ResourceDefinition>();
  readonly #virtual = new Set<string>(
    virtualResources.map(({ group, version, plural }) => key(group, version, plural)),
  );

  constructor(definitions: readonly ResourceDefinition[]) {
    for (const each of definitions) this.#definitions.set(key(each.group, each.version, each.plural), each);
  }

  definition(group: string, version: string, plural: string): ResourceDefinition | undefined {
    return this.#definitions.get(key(group, version, plural));
  }

  /** Throws 400 for a path that is not well encoded. */
  route(path: string): Route {
    const parts = path.split('/').filter((part) => part !== '');
    const [root, second, third] = parts;
    if (root === 'api' && second !== undefined && parts.length > 2) return this.#below('', second, parts.slice(2));
    if (root === 'apis' && second !== undefined && third !== undefined && parts.length > 3) {
      return this.#below(second, third, parts.slice(3));
    }
    return { kind: 'path', path: `/${parts.join('/')}` };
  }

  #below(group: string, version: string, encoded: readonly string[]): Route {
    const parts = encoded.map((part) => (part.includes('%') ? decode(part) : part));
    // `/namespaces/NAME` and its subresources are the Namespace itself; anything else after NAME is in the namespace.
    const inside = parts[0] === 'namespaces' && parts.length > 2 && !isNamespaceSubresource(group, parts);
    const namespace = inside ? parts[1] : undefined;
    const [plural = '', name, subresource, ...rest] = inside ? parts.slice(2) : parts;
    if (name === undefined && this.#virtual.has(key(group, version, plural))) {
      return { kind: 'virtual', group, version, plural, namespace };
    }
    const definition = this.#definitions.get(key(group, version, plural));
    const misplaced = definition !== undefined && !definition.namespaced && namespace !== undefined;
    if (definition === undefined || misplaced)
      return { kind: 'unknownResource', group, version, plural, namespace, name };
    return { kind: 'resource', definition, namespace, name, subresource, rest: rest.join('/') };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiFailure(400, 'BadRequest', `the path is not well encoded: ${part}`);
  }
}

function isNamespaceSubresource(group: string, parts: readonly string[]): boolean {
  return group === '' && parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize');
}

function key(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
