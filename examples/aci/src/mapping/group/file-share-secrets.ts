/** Which Secrets hold the keys of the file shares that a pod mounts. */
import type { Pod } from 'vk-sdk';

/** Names in the pod's namespace, each once: what `PodMaterial.secrets` has to know. */
export function fileShareSecrets(pod: Pod): readonly string[] {
  void pod;
  return [];
}
