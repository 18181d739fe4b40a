/** What a pod's volume is made of, seen by whoever prepares it. */
import type { VolumeFiles } from './volume-files.js';

export interface VolumeOwner {
  /**
   * The group that everything in the volume is to belong to (`securityContext.fsGroup`), where the pod names one. A kubelet
   * also lets it read files (mode | 0o440), write to an emptyDir (| 0o660), and has folders hand it on (setgid).
   */
  readonly fsGroup?: number;
}

export type VolumeContent =
  /** Files from the API: `secret`, `configMap`, `downwardAPI`, `projected`. */
  | ({ readonly kind: 'files'; readonly files: VolumeFiles } & VolumeOwner)
  /** An empty directory that lives as long as the pod. */
  | ({ readonly kind: 'emptyDir'; readonly medium: string; readonly sizeLimit: string | undefined } & VolumeOwner)
  /** It cannot be prepared yet, or not as it is written: the pod's containers wait. */
  | { readonly kind: 'blocked'; readonly problems: readonly string[] }
  /** A kind that only the backend can provide, such as `persistentVolumeClaim`: named as its field of the volume. */
  | { readonly kind: 'foreign'; readonly type: string };
