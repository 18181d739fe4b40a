/** What a pod refers to, read beforehand: plain data, so that the mapping is a function of what it is given. */
import type { PodEnvironment, RegistryCredentials, Secret, VolumeContent } from 'vk-sdk';

export interface PodMaterial {
  /**
   * Of every container, as `context.inputs.environment()` answers it: told the node's address, since variables that wait for
   * one are refused.
   */
  readonly environment: PodEnvironment;
  /** By the volume's name, as `context.inputs.volumes()` answers them. */
  readonly volumes: ReadonlyMap<string, VolumeContent>;
  /** What the pod's `imagePullSecrets` hold, as `context.inputs.registryCredentials()` answers it. */
  readonly credentials: RegistryCredentials;
  /** The Secrets that {@link fileShareSecrets} names. Undefined: there is no such Secret. */
  secrets(name: string): Secret | undefined;
}
