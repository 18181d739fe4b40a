/**
 * A pod's volumes. What comes from the API (Secrets, ConfigMaps, tokens, the pod's own fields) becomes a secret volume with
 * the contents of that moment: the cloud changes nothing in a group that runs.
 */
import type { Volume as GroupVolume } from '@azure/arm-containerinstance';
import type { Container, Pod, PodSpec, VolumeFiles } from 'vk-sdk';
import type { OperatingSystem } from '../group-settings.js';
import type { PodMaterial } from '../pod-material.js';
import { checkFileVolume } from './file-volumes.js';
import { fileShareOf } from './file-share.js';
import { checkFields, refused, type FieldRule } from './fields.js';
import type { Refusals } from './refusals.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

/** Azure's limit of volumes in a group (container-instances-resource-and-quota-limits). */
const mostVolumes = 20;

/** Where admission mounts the token of the pod's service account. */
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';

const emptyDirFields = {
  medium: refused('the cloud has no memory volumes to write to'),
  sizeLimit: refused('the cloud watches no sizes'),
} as const satisfies Record<keyof NonNullable<Volume['emptyDir']>, FieldRule>;

const gitRepoFields = {
  directory: 'mapped',
  repository: 'mapped',
  revision: 'mapped',
} as const satisfies Record<keyof NonNullable<Volume['gitRepo']>, FieldRule>;

/**
 * Volumes that no group is given though the pod has them: Windows groups have no secret volumes, and a token's is added
 * to every pod whether it wants one or not. Any other is refused by the cloud.
 */
export function leftOutVolumes({ spec }: Pod, operatingSystem: OperatingSystem): ReadonlySet<string> {
  if (operatingSystem !== 'Windows') return new Set();
  const mounts = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(mountsOf);
  return new Set(mounts.filter(({ mountPath }) => mountPath === tokenPath).map(({ name }) => name));
}

function mountsOf({ volumeMounts = [] }: Container) {
  return volumeMounts;
}

export function volumesOf(
  pod: Pod,
  material: PodMaterial,
  leftOut: ReadonlySet<string>,
  refusals: Refusals,
): GroupVolume[] {
  const wanted = (pod.spec.volumes ?? []).filter(({ name }) => !leftOut.has(name));
  if (wanted.length > mostVolumes) {
    refusals.add('spec.volumes', `a group has at most ${mostVolumes}, these are ${wanted.length}`);
  }
  return wanted.flatMap((volume) => {
    const made = volumeOf(pod, volume, material, refusals);
    return made ? [{ name: volume.name, ...made }] : [];
  });
}

function volumeOf(
  pod: Pod,
  volume: Volume,
  material: PodMaterial,
  refusals: Refusals,
): Omit<GroupVolume, 'name'> | undefined {
  const path = `spec.volumes[${volume.name}]`;
  const { gitRepo } = volume;
  if (volume.azureFile || volume.csi) {
    const azureFile = fileShareOf(pod, volume, material, refusals);
    return azureFile && { azureFile };
  }
  if (gitRepo) {
    checkFields(gitRepo, `${path}.gitRepo`, gitRepoFields, refusals);
    return { gitRepo };
  }
  const content = material.volumes.get(volume.name);
  switch (content?.kind) {
    case 'files':
      checkFileVolume(volume, path, refusals);
      return filesVolume(content.files, path, refusals);
    case 'emptyDir':
      checkFields(volume.emptyDir, `${path}.emptyDir`, emptyDirFields, refusals);
      return { emptyDir: {} };
    case 'blocked':
      refusals.missing(path, content.problems.join(', '));
      return undefined;
    case 'foreign':
      // The table of volumes has refused it.
      return undefined;
    case undefined:
      refusals.missing(path, 'its contents have not been read');
      return undefined;
  }
}

/** Values in base64, as the cloud takes them. A volume without files is an empty folder, which a secret volume cannot be. */
function filesVolume(files: VolumeFiles, path: string, refusals: Refusals): Omit<GroupVolume, 'name'> {
  for (const file of files.keys()) {
    if (file.includes('/')) refusals.add(path, `file ${file}: the cloud has no folders in such volumes`);
  }
  const secret = Object.fromEntries([...files].map(([file, { data }]) => [file, data.toString('base64')]));
  return files.size > 0 ? { secret } : { emptyDir: {} };
}
