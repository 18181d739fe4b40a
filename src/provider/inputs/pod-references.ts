/** Which objects a pod's spec names, and which tokens it asks for. Pure. */
import type { Container, Pod, PodSpec } from '../../kube/types.js';
import type { CertificateRequest, TokenRequest } from '../volumes/volume-sources.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

/** By name, in the pod's namespace. */
export interface ObjectReferences {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

export interface VolumeReferences extends ObjectReferences {
  /** By `tokenKey`. */
  readonly tokens: ReadonlyMap<string, TokenRequest>;
  /** By `certificateKey`. */
  readonly certificates: ReadonlyMap<string, CertificateRequest>;
  readonly trustBundles: boolean;
  /** Whether what is in a volume depends on labels, annotations or other fields of the pod. */
  readonly fields: boolean;
}

/** How long a projected token lives that does not say. */
const defaultTokenSeconds = 3_600;

export function environmentReferences({ spec }: Pod): ObjectReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const ephemeral = (spec.ephemeralContainers ?? []) as Container[];
  for (const { env = [], envFrom = [] } of [...(spec.initContainers ?? []), ...spec.containers, ...ephemeral]) {
    for (const { configMapRef, secretRef } of envFrom) {
      addName(configMaps, configMapRef?.name);
      addName(secrets, secretRef?.name);
    }
    for (const { valueFrom } of env) {
      addName(configMaps, valueFrom?.configMapKeyRef?.name);
      addName(secrets, valueFrom?.secretKeyRef?.name);
    }
  }
  return { configMaps, secrets };
}

export function volumeReferences({ spec }: Pod): VolumeReferences {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const tokens = new Map<string, TokenRequest>();
  const certificates = new Map<string, CertificateRequest>();
  let trustBundles = false;
  let fields = false;
  for (const volume of spec.volumes ?? []) {
    addName(configMaps, volume.configMap?.name);
    addName(secrets, volume.secret?.secretName);
    fields ||= volume.downwardAPI !== undefined;
    for (const source of projectionsOf(volume)) {
      addName(configMaps, source.configMap?.name);
      addName(secrets, source.secret?.name);
      fields ||= source.downwardAPI !== undefined;
      trustBundles ||= source.clusterTrustBundle !== undefined;
      if (source.podCertificate !== undefined) {
        const request = certificateRequest(source.podCertificate);
        certificates.set(certificateKey(request), request);
      }
      if (source.serviceAccountToken === undefined) continue;
      const request = tokenRequest(spec, source.serviceAccountToken);
      tokens.set(tokenKey(request), request);
    }
  }
  return { configMaps, secrets, tokens, certificates, trustBundles, fields };
}

export function tokenRequest(
  { serviceAccountName = 'default' }: PodSpec,
  { audience, expirationSeconds = defaultTokenSeconds }: { audience?: string; expirationSeconds?: number },
): TokenRequest {
  return { serviceAccountName, audience: audience || undefined, expirationSeconds };
}

export function tokenKey({ serviceAccountName, audience = '', expirationSeconds }: TokenRequest): string {
  return JSON.stringify([serviceAccountName, audience, expirationSeconds]);
}

/** `userAnnotations` came with Kubernetes 1.36. */
type CertificateProjection = Pick<CertificateRequest, 'keyType' | 'signerName'> & Partial<CertificateRequest>;

export function certificateRequest(projection: CertificateProjection): CertificateRequest {
  const { signerName, keyType, maxExpirationSeconds, userAnnotations } = projection;
  return { signerName, keyType, maxExpirationSeconds, userAnnotations };
}

export function certificateKey({
  signerName,
  keyType,
  maxExpirationSeconds,
  userAnnotations = {},
}: CertificateRequest): string {
  const annotations = Object.entries(userAnnotations).sort();
  return JSON.stringify(['certificate', signerName, keyType, maxExpirationSeconds ?? 0, annotations]);
}

function projectionsOf({ projected }: Volume) {
  return projected?.sources ?? [];
}

function addName(names: Set<string>, name: string | undefined): void {
  if (name) names.add(name);
}
