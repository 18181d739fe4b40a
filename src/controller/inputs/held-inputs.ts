/**
 * What one pod refers to, from the moment it is seen until it is forgotten. Neighbours: `pod-input-source.ts` (the watches
 * that all pods share), `reference-set.ts` (what is held), `inputs-verdict.ts` (what is said while something is missing).
 *
 * 1. It holds references and no contents: very many pods that share an object share its memory.
 * 2. What the environment needs is held from the start; anything else from the first time that it is asked for.
 * 3. References that a newer state of the pod no longer makes are released.
 * 4. After `release` nothing can be read from it.
 */
import type { Sourced } from '../../kube/sourced.js';
import {
  objectKey,
  type ClusterTrustBundle,
  type ConfigMap,
  type Pod,
  type Secret,
  type Service,
} from '../../kube/types.js';
import { resolveEnvironment, type PodEnvironment } from '../../provider/environment/resolve-environment.js';
import type { EnvironmentSources } from '../../provider/environment/sources.js';
import { registryEntriesOf } from '../../provider/images/docker-config.js';
import { RegistryCredentials } from '../../provider/images/registry-credentials.js';
import { MissingInputsError } from '../../provider/inputs/missing-inputs.js';
import type { KnownAddresses, PodInputs, VolumesOptions } from '../../provider/inputs/pod-inputs.js';
import {
  certificateKey,
  environmentReferences,
  tokenKey,
  volumeReferences,
} from '../../provider/inputs/pod-references.js';
import { jsonEqual } from '../../provider/json-equal.js';
import { podRef } from '../../provider/provider.js';
import { resolveVolumes } from '../../provider/volumes/resolve-volumes.js';
import { selectTrustBundles } from '../../provider/volumes/trust-bundles.js';
import type { VolumeContent } from '../../provider/volumes/volume-content.js';
import type { PodInputSource } from './pod-input-source.js';
import { ReferenceSet, type Wanted } from './reference-set.js';

/** Told, never from within a call of one's own, of what may lead to another answer. */
export interface InputListener {
  environmentChanged(): void;
  volumesChanged(): void;
  /** What is in the volumes has been read, to be handed over. */
  volumesGiven(): void;
  /** The same of what was asked for by name. */
  objectsChanged(): void;
  objectsGiven(): void;
}

export class HeldInputs implements PodInputs {
  readonly #source: PodInputSource;
  readonly #listener: InputListener;
  readonly #environment: ReferenceSet;
  /** What was asked for by name, pull secrets among it. Undefined until then. */
  #objects: ReferenceSet | undefined;
  /** Undefined until volumes are asked for. */
  #volumes: ReferenceSet | undefined;
  #pod: Pod;
  #isReleased = false;

  constructor(source: PodInputSource, pod: Pod, listener: InputListener) {
    this.#source = source;
    this.#pod = pod;
    this.#listener = listener;
    this.#environment = new ReferenceSet(this.#name, () => listener.environmentChanged());
    this.#environment.keep(this.#wantedByEnvironment());
  }

  /** Whether all that the environment refers to has been read once, found or not. */
  get isRead(): boolean {
    return this.#environment.isRead;
  }

  /** Takes a newer state of the same pod. Answers whether its environment may be another one. */
  follow(pod: Pod): boolean {
    const before = this.#pod;
    this.#pod = pod;
    const mayDiffer = pod.metadata.generation === undefined || before.metadata.generation !== pod.metadata.generation;
    if (mayDiffer) {
      this.#environment.keep(this.#wantedByEnvironment());
      this.#volumes?.keep(this.#wantedByVolumes());
    }
    if (this.#volumes && hasOtherFields(before, pod) && volumeReferences(pod).fields) this.#listener.volumesChanged();
    return mayDiffer;
  }

  /** Ends the wait of those who asked for something: what they wanted it for is off. */
  interrupt(): void {
    this.#volumes?.interrupt();
    this.#objects?.interrupt();
  }

  /** Ends the interest in everything. Idempotent. */
  release(): void {
    this.#environment.release();
    this.#volumes?.release();
    this.#objects?.release();
    this.#isReleased = true;
  }

  environment(addresses?: KnownAddresses, file?: EnvironmentSources['file']): PodEnvironment {
    const pod = addresses === undefined ? this.#pod : { ...this.#pod, status: { ...this.#pod.status, ...addresses } };
    const services = this.#environment.read<Iterable<Service>>('services');
    const environment = resolveEnvironment(pod, {
      configMap: (name) => this.#environment.read(configMapKey(name)),
      secret: (name) => this.#environment.read(secretKey(name)),
      services: () => (services.state === 'found' ? services.object : []),
      allocatable: this.#source.allocatable,
      ...(file && { file }),
    });
    if (services.state !== 'unreadable') return environment;
    const { message } = services.error;
    const problems = pod.spec.containers.map(({ name: container }) => {
      return { reason: 'FailedToReadServices', message: `services: ${message}`, container, blocking: true } as const;
    });
    return { ...environment, problems: [...environment.problems, ...problems] };
  }

  async volumes({ blocked = 'reject' }: VolumesOptions = {}): Promise<ReadonlyMap<string, VolumeContent>> {
    const volumes = (this.#volumes ??= this.#newSet(() => this.#listener.volumesChanged()));
    volumes.keep(this.#wantedByVolumes());
    await volumes.whenRead();
    this.#listener.volumesGiven();
    const contents = resolveVolumes(this.#pod, {
      configMap: (name) => volumes.read(configMapKey(name)),
      secret: (name) => volumes.read(secretKey(name)),
      serviceAccountToken: (request) => volumes.read(tokenKey(request)),
      podCertificate: (request) => volumes.read(certificateKey(request)),
      clusterTrustBundle: (request) => {
        const bundles = volumes.read<Iterable<ClusterTrustBundle>>('clustertrustbundles');
        return bundles.state === 'found' ? selectTrustBundles(bundles.object, request) : bundles;
      },
      allocatable: this.#source.allocatable,
    });
    const problems = [...contents].flatMap(([name, content]) =>
      content.kind === 'blocked'
        ? `MountVolume.SetUp failed for volume "${name}" : ${content.problems.join('; ')}`
        : [],
    );
    if (problems.length > 0 && blocked === 'reject') throw new MissingInputsError(objectKey(this.#pod), problems);
    return contents;
  }

  async registryCredentials(): Promise<RegistryCredentials> {
    const names = (this.#pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => name || []);
    const secrets = await Promise.all(names.map((name) => this.secret(name)));
    const entries = secrets.flatMap((secret) => {
      try {
        return secret.state === 'found' ? registryEntriesOf(secret.object) : [];
      } catch {
        return [];
      }
    });
    return new RegistryCredentials(entries);
  }

  secret(name: string): Promise<Sourced<Secret>> {
    const at = { namespace: podRef(this.#pod).namespace, name };
    return this.#ask(secretKey(name), (onChange) => this.#source.secrets.acquire(at, onChange));
  }

  configMap(name: string): Promise<Sourced<ConfigMap>> {
    const at = { namespace: podRef(this.#pod).namespace, name };
    return this.#ask(configMapKey(name), (onChange) => this.#source.configMaps.acquire(at, onChange));
  }

  async #ask<T>(key: string, take: Parameters<ReferenceSet['add']>[1]): Promise<Sourced<T>> {
    const objects = (this.#objects ??= this.#newSet(() => this.#listener.objectsChanged()));
    objects.add(key, take);
    await objects.whenRead();
    this.#listener.objectsGiven();
    return objects.read(key);
  }

  /** One that is made too late holds nothing, and says so. */
  #newSet(onChange: () => void): ReferenceSet {
    const set = new ReferenceSet(this.#name, onChange);
    if (this.#isReleased) set.release();
    return set;
  }

  #wantedByEnvironment(): Wanted {
    const { configMaps, secrets } = environmentReferences(this.#pod);
    return new Map([
      ...this.#wantedObjects(configMaps, secrets),
      ['services', (tell) => this.#source.services.need(tell)],
    ]);
  }

  #wantedByVolumes(): Wanted {
    const { namespace, name, uid } = podRef(this.#pod);
    const { serviceAccountName = 'default', nodeName = '' } = this.#pod.spec;
    const { configMaps, secrets, tokens, certificates, trustBundles } = volumeReferences(this.#pod);
    const wanted = this.#wantedObjects(configMaps, secrets);
    for (const [key, request] of tokens) {
      const spec = { ...request, namespace, pod: { name, uid } };
      wanted.set(key, (tell) => this.#source.tokens.acquire(spec, tell));
    }
    for (const [key, request] of certificates) {
      const spec = { ...request, namespace, pod: { name, uid }, serviceAccountName, nodeName };
      wanted.set(key, (tell) => this.#source.certificates.acquire(spec, tell));
    }
    if (trustBundles) wanted.set('clustertrustbundles', (tell) => this.#source.trustBundles.need(tell));
    return wanted;
  }

  #wantedObjects(
    configMaps: Iterable<string>,
    secrets: Iterable<string>,
  ): Map<string, Parameters<ReferenceSet['add']>[1]> {
    const { namespace } = podRef(this.#pod);
    const wanted = new Map<string, Parameters<ReferenceSet['add']>[1]>();
    for (const name of configMaps) {
      wanted.set(configMapKey(name), (tell) => this.#source.configMaps.acquire({ namespace, name }, tell));
    }
    for (const name of secrets) {
      wanted.set(secretKey(name), (tell) => this.#source.secrets.acquire({ namespace, name }, tell));
    }
    return wanted;
  }

  get #name(): string {
    return `pod ${objectKey(this.#pod)}`;
  }
}

const configMapKey = (name: string): string => `configmap "${name}"`;
const secretKey = (name: string): string => `secret "${name}"`;

/** Whether what volumes can show of the pod itself is something else. */
function hasOtherFields(before: Pod, after: Pod): boolean {
  return (
    !jsonEqual(before.metadata.labels, after.metadata.labels) ||
    !jsonEqual(before.metadata.annotations, after.metadata.annotations) ||
    (before.metadata.generation !== after.metadata.generation && !jsonEqual(resourcesOf(before), resourcesOf(after)))
  );
}

function resourcesOf({ spec }: Pod) {
  return [...(spec.initContainers ?? []), ...spec.containers].map(({ resources }) => resources);
}
