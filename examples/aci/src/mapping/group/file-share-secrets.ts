/** Which Secrets hold the keys of the file shares that a pod mounts. */
import type { Pod } from 'vk-sdk';
import { shareOf } from './file-share.js';

/** Names in the pod's namespace, each once: what `PodMaterial.secrets` has to know. */
export function fileShareSecrets(pod: Pod): readonly string[] {
  const names = (pod.spec.volumes ?? []).map((volume) => shareOf(volume)?.secretName ?? '');
  return [...new Set(names)].filter((name) => name !== '');
}
