/**
 * The contents of a pod's volumes as a kubelet would write them (concepts/storage/volumes and projected-volumes): a function
 * of the pod and of what the sources hold at that moment. Call it again when they change; `AtomicWriter` writes what differs.
 */
import type { Pod, PodSpec } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import { ProjectedFiles } from './projected-files.js';
import type { VolumeContent } from './volume-content.js';
import type { VolumeSources } from './volume-sources.js';

type Volume = NonNullable<PodSpec['volumes']>[number];

/** By the volume's name. Never throws for what a pod or its sources hold: such a volume is blocked, and says why. */
export function resolveVolumes(pod: Pod, sources: VolumeSources): ReadonlyMap<string, VolumeContent> {
  return new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, contentOf(pod, volume, sources)]));
}

function contentOf(pod: Pod, volume: Volume, sources: VolumeSources): VolumeContent {
  const { emptyDir, secret, configMap, downwardAPI, projected } = volume;
  const { fsGroup } = pod.spec.securityContext ?? {};
  const owner = fsGroup === undefined ? {} : { fsGroup };
  if (emptyDir) return { kind: 'emptyDir', medium: emptyDir.medium ?? '', sizeLimit: emptyDir.sizeLimit, ...owner };
  const files = new ProjectedFiles(pod, volume.name, sources);
  try {
    if (secret) files.addSecret({ ...secret, name: secret.secretName ?? '' }, secret.defaultMode);
    else if (configMap) files.addConfigMap(configMap, configMap.defaultMode);
    else if (downwardAPI) files.addDownwardAPI(downwardAPI.items ?? [], downwardAPI.defaultMode);
    else if (projected) files.addProjected(projected.sources ?? [], projected.defaultMode);
    else return { kind: 'foreign', type: Object.keys(volume).find((key) => key !== 'name') ?? 'nothing' };
    return files.problems.length > 0
      ? { kind: 'blocked', problems: files.problems }
      : { kind: 'files', files: files.build(), ...owner };
  } catch (error) {
    return { kind: 'blocked', problems: [...files.problems, VkError.from(error).message] };
  }
}
