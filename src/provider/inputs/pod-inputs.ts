/** What a pod brings with it, as its provider reads it. */
import type { Sourced } from '../../kube/sourced.js';
import type { ConfigMap, Pod, PodStatus, Secret } from '../../kube/types.js';
import type { CallContext } from '../call-context.js';
import type { PodEnvironment } from '../environment/resolve-environment.js';
import type { EnvironmentSources } from '../environment/sources.js';
import type { RegistryCredentials } from '../images/registry-credentials.js';
import type { VolumeContent } from '../volumes/volume-content.js';

/** What the backend knows of a pod's addresses before Kubernetes does. */
export type KnownAddresses = Pick<PodStatus, 'hostIP' | 'hostIPs' | 'podIP' | 'podIPs'>;

export interface VolumesOptions {
  /**
   * What comes of a volume whose mandatory source is missing. `answer`: it is among the contents, as `blocked`, so that the
   * others of a pod that runs get their updates, which a kubelet gives each volume by itself. Default: `reject`.
   */
  readonly blocked?: 'reject' | 'answer';
}

/**
 * A pod's environment, volumes and credentials: as of now, each time it is asked, so it may be kept for as long as the pod
 * lives and asked at each start of a container. What is asked for the first time is read from the apiserver then, and kept up
 * to date from then on; what nobody asks for costs nothing. Once the pod is forgotten every call rejects with `Aborted`.
 * What is answered is the caller's own.
 */
export interface PodInputs {
  /**
   * The environment of each container, which had been read before the provider was called. Variables that name an address
   * which the pod's status does not have yet wait for it (`waitsFor`): a backend that knows the address says so here. So do
   * those that name a file in a volume (`fileKeyRef`), until `file` answers its text: `path` may be hostile, and is to be
   * looked up below the volume alone.
   */
  environment(addresses?: KnownAddresses, file?: EnvironmentSources['file']): PodEnvironment;
  /**
   * The contents of each volume, by its name. Rejects with `MissingInputsError` while a mandatory source is missing: let it
   * pass, and the call is made again as soon as the source is there.
   */
  volumes(options?: VolumesOptions): Promise<ReadonlyMap<string, VolumeContent>>;
  /** What the pod's `imagePullSecrets` hold. A secret that is missing or malformed counts for nothing, as for a kubelet. */
  registryCredentials(): Promise<RegistryCredentials>;
  /** An object that the pod's spec refers to by name, such as the Secret of an `azureFile` volume. */
  secret(name: string): Promise<Sourced<Secret>>;
  configMap(name: string): Promise<Sourced<ConfigMap>>;
}

/** Handed to calls about what is in a pod. */
export interface PodContext extends CallContext {
  /** Undefined where the controller was told not to prepare any (`inputs: false`). */
  readonly inputs?: PodInputs;
}

/** A backend that brings changes into running pods. Without it volumes keep the contents that a pod began with. */
export interface PodInputsReceiver {
  /**
   * What is in the pod's volumes has changed (a ConfigMap, a Secret, a token, a field of the pod), or the provider's process
   * has begun anew and the pod was found in the backend: then it is called once, for `context.inputs` to be taken up again.
   * At most one call at a time for a pod, of this or any other kind; a change during a call is followed by another. A
   * rejection is tried again with backoff.
   */
  updatePodInputs(pod: Pod, context: PodContext): Promise<void>;
}
