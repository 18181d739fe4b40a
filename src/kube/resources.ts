/** What the API calls a resource, with the type of its objects. */
import type {
  ClusterTrustBundle,
  ConfigMap,
  KubeEvent,
  KubeObject,
  Lease,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
  ServiceAccount,
} from './types.js';

/**
 * Names a resource of the API. `T` is the type of its objects and exists at compile time only.
 *
 * ```ts
 * const claims: Resource = { group: '', version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', namespaced: true };
 * ```
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The name in URLs: lower case, plural. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set; ties `T` to the value. */
  readonly '~type'?: T;
}

function core<T extends KubeObject>(kind: string, plural: string, namespaced = true): Resource<T> {
  return { group: '', version: 'v1', kind, plural, namespaced };
}

export const pods: Resource<Pod> = core('Pod', 'pods');
export const nodes: Resource<Node> = core('Node', 'nodes', false);
export const events: Resource<KubeEvent> = core('Event', 'events');
export const namespaces: Resource<Namespace> = core('Namespace', 'namespaces', false);
export const configMaps: Resource<ConfigMap> = core('ConfigMap', 'configmaps');
export const secrets: Resource<Secret> = core('Secret', 'secrets');
export const services: Resource<Service> = core('Service', 'services');
export const serviceAccounts: Resource<ServiceAccount> = core('ServiceAccount', 'serviceaccounts');
export const leases: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** Served by apiservers that have them enabled. */
export const clusterTrustBundles: Resource<ClusterTrustBundle> = {
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
};

/** `/api/v1/namespaces/NS/pods/NAME/SUBRESOURCE`, as far as the parts are given. Every part is URL-encoded. */
export function resourcePath(
  resource: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string } = {},
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace = resource.namespaced && at.namespace ? `/namespaces/${encodeURIComponent(at.namespace)}` : '';
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`;
  const subresource = at.subresource === undefined ? '' : `/${at.subresource}`;
  return `${root}${namespace}/${resource.plural}${name}${subresource}`;
}
