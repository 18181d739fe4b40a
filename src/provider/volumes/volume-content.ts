/** What a pod's volume is made of, seen by whoever prepares it. */
import type { VolumeFiles } from './volume-files.js';

export type VolumeContent =
  /** Files from the API: `secret`, `configMap`, `downwardAPI`, `projected`. */
  | { readonly kind: 'files'; readonly files: VolumeFiles }
  /** An empty directory that lives as long as the pod. */
  | { readonly kind: 'emptyDir'; readonly medium: string; readonly sizeLimit: string | undefined }
  /** It cannot be prepared yet, or not as it is written: the pod's containers wait. */
  | { readonly kind: 'blocked'; readonly problems: readonly string[] }
  /** A kind that only the backend can provide, such as `persistentVolumeClaim`: named as its field of the volume. */
  | { readonly kind: 'foreign'; readonly type: string };
