/**
 * One volume's files in the making, from any number of sources. Neighbours: `resolve-volumes.ts` (all volumes of a pod),
 * `volume-files.ts` (what a path may be).
 *
 * 1. A mandatory source that is missing is a problem of the volume, never a missing file.
 * 2. No problem's text holds data of a Secret.
 */
import type { Container, Pod, PodSpec } from '../../kube/types.js';
import { podField } from '../environment/pod-field.js';
import { resourceField } from '../environment/resource-field.js';
import type { Sourced } from '../../kube/sourced.js';
import { VolumeFilesBuilder, type VolumeFile, type VolumeFiles } from './volume-files.js';
import { certificateRequest, tokenRequest } from '../inputs/pod-references.js';
import type { VolumeSources } from './volume-sources.js';

type Volume = NonNullable<PodSpec['volumes']>[number];
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];
type TokenProjection = NonNullable<Projection['serviceAccountToken']>;
type BundleProjection = NonNullable<Projection['clusterTrustBundle']>;
type CertificateProjection = NonNullable<Projection['podCertificate']>;

interface KeyedSource {
  readonly name?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
}

const defaultFileMode = 0o644;

export class ProjectedFiles {
  readonly problems: string[] = [];
  readonly #pod: Pod;
  readonly #sources: VolumeSources;
  readonly #files: VolumeFilesBuilder;

  constructor(pod: Pod, volume: string, sources: VolumeSources) {
    this.#pod = pod;
    this.#sources = sources;
    this.#files = new VolumeFilesBuilder(volume);
  }

  build(): VolumeFiles {
    return this.#files.build();
  }

  addSecret(source: KeyedSource, defaultMode = defaultFileMode): void {
    const object = this.#found(this.#sources.secret(source.name ?? ''), 'secret', source);
    if (object) this.#addKeys('secret', source, base64Data(object.data), defaultMode);
  }

  addConfigMap(source: KeyedSource, defaultMode = defaultFileMode): void {
    const object = this.#found(this.#sources.configMap(source.name ?? ''), 'configmap', source);
    if (!object) return;
    const text = Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    this.#addKeys('configmap', source, new Map([...text, ...base64Data(object.binaryData)]), defaultMode);
  }

  addDownwardAPI(items: readonly DownwardItem[], defaultMode = defaultFileMode): void {
    for (const { path, mode = defaultMode, fieldRef, resourceFieldRef } of items) {
      const value = fieldRef ? podField(this.#pod, fieldRef.fieldPath) : this.#resource(resourceFieldRef);
      if (value === undefined) this.problems.push(`${fieldRef?.fieldPath ?? path} is not known yet`);
      else this.#files.add(path, { data: Buffer.from(value), mode, secret: false });
    }
  }

  addProjected(projections: readonly Projection[], defaultMode = defaultFileMode): void {
    for (const projection of projections) {
      const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate, ...rest } =
        projection;
      if (secret) this.addSecret(secret, defaultMode);
      else if (configMap) this.addConfigMap(configMap, defaultMode);
      else if (downwardAPI) this.addDownwardAPI(downwardAPI.items ?? [], defaultMode);
      else if (serviceAccountToken) this.#addToken(serviceAccountToken, defaultMode);
      else if (clusterTrustBundle) this.#addTrustBundle(clusterTrustBundle, defaultMode);
      else if (podCertificate) this.#addCertificate(podCertificate, defaultMode);
      else this.problems.push(`projected source ${Object.keys(rest).join(', ') || 'without a kind'} is not supported`);
    }
  }

  #addToken({ path, ...projection }: TokenProjection, defaultMode: number): void {
    const request = tokenRequest(this.#pod.spec, projection);
    const what = `token of service account "${request.serviceAccountName}"`;
    const token = this.#found(this.#sources.serviceAccountToken(request), what, {});
    if (token === undefined) return;
    this.#files.add(path, { data: Buffer.from(token), ...this.#privately(defaultMode), secret: true });
  }

  #addCertificate(projection: CertificateProjection, defaultMode: number): void {
    const request = certificateRequest(projection);
    const sourced = this.#sources.podCertificate?.(request);
    if (sourced === undefined) {
      this.problems.push('projected source podCertificate is not supported');
      return;
    }
    const found = this.#found(sourced, `certificate of signer "${request.signerName}"`, {});
    if (found === undefined) return;
    const { credentialBundlePath, keyPath, certificateChainPath } = projection;
    const access = this.#privately(defaultMode);
    const { key, chain } = found;
    const add = (path: string | undefined, text: string, secret: boolean): void => {
      if (path) this.#files.add(path, { data: Buffer.from(text), ...access, secret });
    };
    add(credentialBundlePath, key + chain, true);
    add(keyPath, key, true);
    add(certificateChainPath, chain, false);
  }

  /**
   * Whoever runs under a group of its own, or in a pod whose containers all run as one user, gets a token or key that others
   * cannot read (concepts/storage/projected-volumes, "SecurityContext interactions").
   */
  #privately(defaultMode: number): Pick<VolumeFile, 'mode' | 'owner'> {
    const { securityContext, initContainers = [], containers } = this.#pod.spec;
    const users = new Set(
      [...initContainers, ...containers].map((each) => each.securityContext?.runAsUser ?? securityContext?.runAsUser),
    );
    const [owner] = users.size === 1 ? users : [];
    if (owner !== undefined) return { mode: 0o600, owner };
    return { mode: securityContext?.fsGroup === undefined ? defaultMode : 0o600 };
  }

  #addTrustBundle(source: BundleProjection, mode: number): void {
    const { name, signerName, labelSelector, path, optional = false } = source;
    const what = `clustertrustbundle ${name ?? `of signer ${signerName ?? ''}`}`;
    const pem = this.#found(this.#sources.clusterTrustBundle({ name, signerName, labelSelector }), what, { optional });
    // An optional bundle is an empty file, so that whoever opens it does not fail.
    this.#files.add(path, { data: Buffer.from(pem ?? ''), mode, secret: false });
  }

  #addKeys(kind: string, source: KeyedSource, data: ReadonlyMap<string, Buffer>, defaultMode: number): void {
    const secret = kind === 'secret';
    const { name = '', items, optional = false } = source;
    if (!items || items.length === 0) {
      for (const [key, bytes] of data) this.#files.add(key, { data: bytes, mode: defaultMode, secret });
      return;
    }
    for (const { key, path, mode = defaultMode } of items) {
      const bytes = data.get(key);
      if (bytes !== undefined) this.#files.add(path, { data: bytes, mode, secret });
      else if (!optional) this.problems.push(`${kind} "${name}" references non-existent key: ${key}`);
    }
  }

  /** The object, or undefined: an optional one is missing, or the problem has been noted. */
  #found<T>(sourced: Sourced<T>, kind: string, { name, optional = false }: KeyedSource): T | undefined {
    const what = name === undefined ? kind : `${kind} "${name}"`;
    if (sourced.state === 'found') return sourced.object;
    if (sourced.state === 'unreadable') this.problems.push(`${what}: ${sourced.error.message}`);
    else if (!optional) this.problems.push(`${what} not found`);
    return undefined;
  }

  #resource(ref: DownwardItem['resourceFieldRef']): string {
    const { initContainers = [], containers } = this.#pod.spec;
    const name = ref?.containerName ?? '';
    const container = [...initContainers, ...containers].find((each) => each.name === name);
    const nameless: Container = { name };
    return resourceField(container ?? nameless, ref ?? { resource: '' }, this.#sources.allocatable);
  }
}

function base64Data(data: Readonly<Record<string, string>> | undefined): Map<string, Buffer> {
  return new Map(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
}
