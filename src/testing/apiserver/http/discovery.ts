/** Discovery documents: what `kubectl api-resources` and every client's REST mapper read. */
import type { ResourceDefinition } from '../core/api.js';
import { virtualResources } from './route.js';

interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** A resource that can be read, and of which nothing is stored. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const connect = ['create', 'get'];

/** Subresources with a kind of their own, by the resource they belong to. */
const ownKinds: Readonly<Record<string, readonly (ApiResource & { readonly subresource: string })[]>> = {
  pods: [
    subresource('pods', 'binding', 'Binding', {}, ['create']),
    subresource('pods', 'eviction', 'Eviction', { group: 'policy', version: 'v1' }, ['create']),
    subresource('pods', 'log', 'Pod', {}, ['get']),
    subresource('pods', 'exec', 'PodExecOptions', {}, connect),
    subresource('pods', 'attach', 'PodAttachOptions', {}, connect),
    subresource('pods', 'portforward', 'PodPortForwardOptions', {}, connect),
  ],
  nodes: [
    {
      ...subresource('nodes', 'proxy', 'NodeProxyOptions', {}, ['create', 'delete', 'get', 'patch', 'update']),
      namespaced: false,
    },
  ],
  serviceaccounts: [
    subresource('serviceaccounts', 'token', 'TokenRequest', { group: 'authentication.k8s.io', version: 'v1' }, [
      'create',
    ]),
  ],
};

/** Documents by path. Made once: the fake's resources do not change. */
export class Discovery {
  readonly #groups = new Map<string, Map<string, ApiResource[]>>();

  /** `served`: resources that somebody else answers for. */
  constructor(definitions: readonly ResourceDefinition[], served: readonly ServedResource[] = []) {
    for (const definition of definitions) this.#add(definition.group, definition.version, resourcesOf(definition));
    for (const { group, version, plural, kind, namespaced } of virtualResources) {
      this.#add(group, version, [{ name: plural, singularName: '', namespaced, kind, verbs: ['create'] }]);
    }
    for (const { group, version, plural, kind, namespaced } of served) {
      this.#add(group, version, [{ name: plural, singularName: '', namespaced, kind, verbs: ['get', 'list'] }]);
    }
  }

  /** The document at `path`, if there is one. `serverAddress` is the host and port that the client came by. */
  document(path: string, aggregated: boolean, serverAddress: string): object | undefined {
    const parts = path.split('/').slice(1);
    if (path === '/api' || path === '/apis') {
      if (aggregated) return this.#aggregated(path === '/api');
      return path === '/apis' ? this.#groupList() : this.#legacyVersions(serverAddress);
    }
    const [root, first, second] = parts;
    if (root === 'api' && first !== undefined && parts.length === 2) return this.#resourceList('', first);
    if (root === 'apis' && first !== undefined && parts.length === 2) return this.#group(first);
    if (root === 'apis' && first && second && parts.length === 3) return this.#resourceList(first, second);
    return undefined;
  }

  #add(group: string, version: string, resources: readonly ApiResource[]): void {
    let versions = this.#groups.get(group);
    if (versions === undefined) this.#groups.set(group, (versions = new Map<string, ApiResource[]>()));
    const existing = versions.get(version) ?? [];
    versions.set(
      version,
      [...existing, ...resources].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  #legacyVersions(serverAddress: string): object {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
    };
  }

  #groupList(): object {
    const names = [...this.#groups.keys()].filter((name) => name !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => this.#groupEntry(name)) };
  }

  #group(name: string): object | undefined {
    return name === '' || !this.#groups.has(name)
      ? undefined
      : { kind: 'APIGroup', apiVersion: 'v1', ...this.#groupEntry(name) };
  }

  #groupEntry(name: string): object {
    const versions = [...(this.#groups.get(name)?.keys() ?? [])].map((version) => ({
      groupVersion: `${name}/${version}`,
      version,
    }));
    return { name, versions, preferredVersion: versions[0] };
  }

  #resourceList(group: string, version: string): object | undefined {
    const resources = this.#groups.get(group)?.get(version);
    if (resources === undefined) return undefined;
    const groupVersion = group === '' ? version : `${group}/${version}`;
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
  }

  /** KEP-3352: all groups in one document. */
  #aggregated(legacy: boolean): object {
    const groups = [...this.#groups].filter(([name]) => (name === '') === legacy);
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: groups.map(([name, versions]) => ({
        metadata: name === '' ? {} : { name },
        versions: [...versions].map(([version, resources]) => ({
          version,
          freshness: 'Current',
          resources: aggregatedResources(name, version, resources),
        })),
      })),
    };
  }
}

function resourcesOf(definition: ResourceDefinition): ApiResource[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, subresources } = definition;
  const main: ApiResource = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const parts = subresources.map((part) => ({
    name: `${plural}/${part}`,
    singularName: '',
    namespaced,
    kind,
    verbs: ['get', 'patch', 'update'],
  }));
  return [main, ...parts, ...(definition.group === '' ? (ownKinds[plural] ?? []) : [])];
}

function aggregatedResources(group: string, version: string, resources: readonly ApiResource[]): object[] {
  const responseKind = (each: ApiResource): object => ({
    group: each.group ?? group,
    version: each.version ?? version,
    kind: each.kind,
  });
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((each) => {
      const parts = resources.filter(({ name }) => name.startsWith(`${each.name}/`));
      return {
        resource: each.name,
        responseKind: responseKind(each),
        scope: each.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: each.singularName,
        verbs: each.verbs,
        ...(each.shortNames ? { shortNames: each.shortNames } : {}),
        ...(each.categories ? { categories: each.categories } : {}),
        ...(parts.length > 0
          ? {
              subresources: parts.map((part) => ({
                subresource: part.name.slice(each.name.length + 1),
                responseKind: responseKind(part),
                verbs: part.verbs,
              })),
            }
          : {}),
      };
    });
}

function subresource(
  plural: string,
  name: string,
  kind: string,
  at: { readonly group?: string; readonly version?: string },
  verbs: readonly string[],
): ApiResource & { readonly subresource: string } {
  return { name: `${plural}/${name}`, subresource: name, singularName: '', namespaced: true, kind, verbs, ...at };
}
