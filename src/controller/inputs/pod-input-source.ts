/**
 * Reads and watches what the pods of one or more nodes refer to, and hands it to them. Neighbours: `held-inputs.ts` (one
 * pod's share), `kube/referenced-objects.ts` and `kube/service-account-tokens.ts` (the watches), `provider/environment`
 * and `provider/volumes` (what is made of it).
 *
 * 1. ConfigMaps and Secrets are watched by their names, each once, and only while a pod refers to them.
 * 2. Nothing is asked of the apiserver before the first pod needs it.
 */
import type { KubeApi } from '../../kube/api.js';
import { PodCertificates } from '../../kube/pod-certificates.js';
import { ReferencedObjects } from '../../kube/referenced-objects.js';
import { clusterTrustBundles, configMaps, secrets, services } from '../../kube/resources.js';
import { ServiceAccountTokens } from '../../kube/service-account-tokens.js';
import type { ClusterTrustBundle, ConfigMap, Secret, Service } from '../../kube/types.js';
import type { Allocatable } from '../../provider/environment/resource-field.js';
import { systemClock, type Clock, type Random } from '../../runtime/clock.js';
import { silentLogger, type Logger } from '../../runtime/logger.js';
import { WholeResource } from './whole-resource.js';

export interface PodInputSourceOptions {
  /** What the node has to give: limits that containers do not set, as the environment shows them. Default: nothing known. */
  readonly allocatable?: () => Allocatable;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/**
 * ```ts
 * await using inputs = new PodInputSource(client);
 * const controller = new PodController('my-node', provider, client, source, { inputs });
 * ```
 *
 * One serves any number of nodes of a process.
 */
export class PodInputSource implements AsyncDisposable {
  readonly configMaps: ReferencedObjects<ConfigMap>;
  readonly secrets: ReferencedObjects<Secret>;
  readonly tokens: ServiceAccountTokens;
  readonly certificates: PodCertificates;
  readonly services: WholeResource<Service>;
  readonly trustBundles: WholeResource<ClusterTrustBundle>;
  readonly #allocatable: () => Allocatable;

  constructor(api: KubeApi, options: PodInputSourceOptions = {}) {
    const { allocatable = () => ({}), clock = systemClock, random = Math.random, logger = silentLogger } = options;
    const shared = { clock, random, logger };
    this.#allocatable = allocatable;
    this.configMaps = new ReferencedObjects(api, configMaps, shared);
    this.secrets = new ReferencedObjects(api, secrets, shared);
    this.tokens = new ServiceAccountTokens(api, shared);
    this.certificates = new PodCertificates(api, shared);
    this.services = new WholeResource(api, services, { ...shared, transform: bareService });
    this.trustBundles = new WholeResource(api, clusterTrustBundles, shared, { tellsChanges: true });
  }

  get allocatable(): Allocatable {
    return this.#allocatable();
  }

  /** Ends every watch, and forgets every token and key. Idempotent. */
  async close(): Promise<void> {
    const watches = [this.configMaps, this.secrets, this.services, this.trustBundles];
    const parts = [...watches, this.tokens, this.certificates];
    await Promise.all(parts.map((part) => part.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A service as its variables need it: there may be very many. */
function bareService(service: Service): Service {
  const { clusterIP, ports = [] } = service.spec ?? {};
  const { name, namespace, uid, resourceVersion } = service.metadata;
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    spec: {
      ...(clusterIP !== undefined && { clusterIP }),
      ports: ports.map(({ name: portName, port, protocol }) => ({
        port,
        ...(portName !== undefined && { name: portName }),
        ...(protocol !== undefined && { protocol }),
      })),
    },
  };
}
