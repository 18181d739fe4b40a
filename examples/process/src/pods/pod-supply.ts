/**
 * What a pod brings with it: the variables of its containers and the files of its volumes, as they are now. Neighbours:
 * `pod-life.ts` (whose pod it is), `container-files.ts` (how a container comes to its volumes).
 *
 * Invariants
 * 1. Variables that were once known are on disk: a container starts again also while nobody can be asked.
 * 2. A reader of a volume sees all of an update or nothing of it.
 */
import { mkdirSync } from 'node:fs';
import {
  AtomicWriter,
  objectKey,
  resolveEnvironment,
  resolveVolumes,
  VkError,
  type EnvironmentSources,
  type EnvironmentVariable,
  type KnownAddresses,
  type Pod,
  type PodEnvironment,
  type PodInputs,
  type VolumeContent,
  type VolumeSources,
} from 'vk-sdk';
import type { Variables } from '../decide/container-command.js';
import { readJson, writeJson } from '../disk/json-file.js';
import type { PodFolder } from '../disk/state-folder.js';
import { envFileText } from './env-file-text.js';

/** `environment.json`: by container. Null where they depend on a file that another container writes first. */
type RecordedVariables = Readonly<Record<string, Variables | null>>;

export type VolumeContents = ReadonlyMap<string, VolumeContent>;

export class PodSupply {
  readonly #folder: PodFolder;
  readonly #addresses: KnownAddresses;
  /** Undefined for a pod that was found on disk and has not been given any yet, or where the SDK was told not to. */
  #inputs: PodInputs | undefined;

  /** `address`: the machine's, which is also the pod's. */
  constructor(folder: PodFolder, address: string, inputs?: PodInputs) {
    const all = [{ ip: address }];
    this.#folder = folder;
    this.#addresses = { hostIP: address, hostIPs: all, podIP: address, podIPs: all };
    this.#inputs = inputs;
  }

  take(inputs: PodInputs | undefined): void {
    this.#inputs = inputs ?? this.#inputs;
  }

  /** Rejects with `MissingInputsError` while something mandatory is missing. */
  async volumes(pod: Pod): Promise<VolumeContents> {
    if (this.#inputs) return this.#inputs.volumes();
    const volumes = resolveVolumes(pod, nothing);
    for (const [name, content] of volumes) {
      if (content.kind !== 'blocked') continue;
      throw new VkError('InvalidInput', `pod ${objectKey(pod)}: volume ${name}: ${content.problems.join('; ')}`);
    }
    return volumes;
  }

  /**
   * What has changed in the volumes of a pod that runs, as far as it is there: one whose source is gone keeps what it has,
   * and the others get their updates.
   */
  async updates(): Promise<VolumeContents> {
    return this.#inputs?.volumes({ blocked: 'answer' }) ?? new Map();
  }

  /** Makes the volumes hold what is given. May be called while containers read them. */
  async write(contents: VolumeContents): Promise<void> {
    for (const [name, content] of contents) {
      if (content.kind === 'blocked') continue;
      const path = this.#folder.volume(name);
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (content.kind === 'files') await new AtomicWriter(path).write(content.files);
    }
  }

  /** Writes down what the variables are, for a provider that starts later. Throws if one of them is not to be had. */
  record(pod: Pod): void {
    const { containers, problems } = this.#environment(pod);
    const problem = problems.find(({ blocking }) => blocking);
    if (problem) throw new VkError('Unavailable', `pod ${objectKey(pod)}: ${problem.message}`);
    const recorded = [...containers].map(([name, variables]) => [
      name,
      this.#inputs && waits(variables) ? null : known(variables),
    ]);
    writeJson(this.#folder.environment, Object.fromEntries(recorded));
  }

  /** A container's variables, as it is about to start. Throws if one of them is not to be had, or to be given to a process. */
  variables(pod: Pod, container: string): Variables {
    const variables = this.#variables(pod, container);
    const wrong = Object.entries(variables).find(([name, value]) => `${name}${value}`.includes('\0'));
    if (wrong === undefined) return variables;
    // Starting it would fail with an error that quotes the value.
    const name = JSON.stringify(wrong[0]);
    throw new VkError(
      'InvalidInput',
      `pod ${objectKey(pod)}: variable ${name}: holds a NUL, which no process can be given`,
    );
  }

  #variables(pod: Pod, container: string): Variables {
    const all = readJson<RecordedVariables>(this.#folder.environment);
    const recorded = all?.[container];
    if (!this.#inputs && recorded) return recorded;
    if (!this.#inputs && recorded === null) {
      throw new VkError('Unavailable', `pod ${objectKey(pod)}: its variables are not known yet to this process`);
    }
    const file: EnvironmentSources['file'] = (volume, path) => envFileText(this.#folder.volume(volume), path);
    const { containers, problems } = this.#environment(pod, file);
    const problem = problems.find((each) => each.blocking && each.container === container);
    // What is gone under a pod that runs changes nothing.
    if (problem && recorded) return recorded;
    if (problem) throw new VkError('Unavailable', `pod ${objectKey(pod)}: ${problem.message}`);
    const variables = known(containers.get(container) ?? []);
    if (recorded === null) writeJson(this.#folder.environment, { ...all, [container]: variables });
    return variables;
  }

  #environment(pod: Pod, file?: EnvironmentSources['file']): PodEnvironment {
    if (this.#inputs) return this.#inputs.environment(this.#addresses, file);
    const sources = file ? { ...nothing, file } : nothing;
    return resolveEnvironment({ ...pod, status: { ...pod.status, ...this.#addresses } }, sources);
  }
}

const nothing: EnvironmentSources & VolumeSources = {
  configMap: () => ({ state: 'missing' }),
  secret: () => ({ state: 'missing' }),
  serviceAccountToken: () => ({ state: 'missing' }),
  clusterTrustBundle: () => ({ state: 'missing' }),
  services: () => [],
  allocatable: {},
};

function known(variables: readonly EnvironmentVariable[]): Variables {
  return Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function waits(variables: readonly EnvironmentVariable[]): boolean {
  return variables.some(({ waitsFor }) => waitsFor.length > 0);
}
