/** Reads what a pod brings with it, for the mapping to be a function of plain data. */
import { objectKey, VkError, type Pod, type PodInputs, type Secret } from 'vk-sdk';
import { fileShareSecrets, type PodMaterial } from './mapping/index.js';

/**
 * `hostIP` is the node's address, if it has one. Rejects where something cannot be read, or is mandatory and missing: the pod
 * is tried again once it is there.
 */
export async function readMaterial(
  pod: Pod,
  inputs: PodInputs | undefined,
  hostIP: string | undefined,
): Promise<PodMaterial> {
  if (inputs === undefined) {
    throw new VkError(
      'Internal',
      `pod ${objectKey(pod)}: came without its inputs; do not turn them off for this provider`,
    );
  }
  const [volumes, credentials, shares] = await Promise.all([
    inputs.volumes(),
    inputs.registryCredentials(),
    readSecrets(pod, inputs),
  ]);
  const environment = inputs.environment(hostIP === undefined ? {} : { hostIP, hostIPs: [{ ip: hostIP }] });
  return { environment, volumes, credentials, secrets: (name) => shares.get(name) };
}

async function readSecrets(pod: Pod, inputs: PodInputs): Promise<ReadonlyMap<string, Secret>> {
  const found = new Map<string, Secret>();
  for (const name of fileShareSecrets(pod)) {
    const secret = await inputs.secret(name);
    if (secret.state === 'unreadable') throw secret.error;
    if (secret.state === 'found') found.set(name, secret.object);
  }
  return found;
}
