/** Where the contents of volumes come from, as whoever resolves them has it at that moment. */
import type { ConfigMap, Secret } from '../../kube/types.js';
import type { PodCertificate } from '../../kube/pod-certificates.js';
import type { Sourced } from '../../kube/sourced.js';
import type { LabelSelector } from '../label-selector.js';
import type { Allocatable } from '../environment/resource-field.js';

/** What a token is asked for. Two volumes that ask for the same get the same. */
export interface TokenRequest {
  readonly serviceAccountName: string;
  /** Undefined: the apiserver's own audience. */
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** Which bundles are asked for: one by its name, or all of a signer that the labels select. */
export interface TrustBundleRequest {
  readonly name: string | undefined;
  readonly signerName: string | undefined;
  /** Undefined selects nothing, an empty one everything of the signer. */
  readonly labelSelector: LabelSelector | undefined;
}

/** What a certificate is asked for. Two volumes that ask for the same get the same. */
export interface CertificateRequest {
  readonly signerName: string;
  readonly keyType: string;
  readonly maxExpirationSeconds: number | undefined;
  readonly userAnnotations: Readonly<Record<string, string>> | undefined;
}

export interface VolumeSources {
  /** By name, in the pod's namespace. */
  configMap(name: string): Sourced<ConfigMap>;
  secret(name: string): Sourced<Secret>;
  serviceAccountToken(request: TokenRequest): Sourced<string>;
  /** PEM of the certificates, each once. */
  clusterTrustBundle(request: TrustBundleRequest): Sourced<string>;
  /** A key of the pod's own and its certificate. Left out: volumes with such projections are blocked. */
  podCertificate?(request: CertificateRequest): Sourced<PodCertificate>;
  readonly allocatable: Allocatable;
}
