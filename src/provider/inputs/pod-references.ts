/** Which objects a pod's spec names, and which tokens it asks for. Pure. */
import type { Container, Pod, PodSpec } from '../../kube/types.js';
import type { TokenRequest } from '../volumes/volume-sources.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

/** By name, in the pod's namespace. */
export interface ObjectReferences {
  readonly configMaps: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
}

export interface VolumeReferences extends ObjectReferences {
  /** By `tokenKey`. */
  readonly tokens: ReadonlyMap<string, TokenRequest>;
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
      if (source.serviceAccountToken === undefined) continue;
      const request = tokenRequest(spec, source.serviceAccountToken);
      tokens.set(tokenKey(request), request);
    }
  }
  return { configMaps, secrets, tokens, trustBundles, fields };
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

function projectionsOf({ projected }: Volume) {
  return projected?.sources ?? [];
}

function addName(names: Set<string>, name: string | undefined): void {
  if (name) names.add(name);
}
