/** What is wrong with an environment, in virtual-kubelet's reasons for Events. */

type Missing = 'ConfigMapNotFound' | 'ConfigMapKeyNotFound' | 'SecretNotFound' | 'SecretKeyNotFound';

export type EnvironmentReason =
  | `${'Optional' | 'Mandatory'}${Missing}`
  | `FailedToRead${'Optional' | 'Mandatory'}${'ConfigMap' | 'Secret'}`
  | 'InvalidEnvironmentVariableNames'
  | 'InvalidFieldReference'
  | 'FileKeyNotFound'
  | 'InvalidEnvironmentFile'
  | 'FailedToReadServices';

export interface EnvironmentProblem {
  readonly reason: EnvironmentReason;
  /** In a kubelet's words, such as `configmap "settings" not found`. Holds no values. */
  readonly message: string;
  readonly container: string;
  /** The container cannot start before it is solved. */
  readonly blocking: boolean;
}
