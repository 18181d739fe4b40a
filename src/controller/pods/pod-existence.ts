/** Asks the apiserver itself, not a cache, for a pod. */
import { ApiError } from '../../kube/api-error.js';
import type { KubeApi } from '../../kube/api.js';
import { pods } from '../../kube/resources.js';
import type { Pod } from '../../kube/types.js';
import type { PodRef } from '../../provider/provider.js';
import { hasCode } from '../../runtime/errors.js';

/**
 * The pod that the server has under that name, if its uid is that of `ref`; a reference without uid means whichever there
 * is. Undefined if the server says that there is none. Rejects if it does not say so plainly.
 */
export async function fetchPod(api: KubeApi, ref: PodRef, signal: AbortSignal): Promise<Pod | undefined> {
  try {
    const pod = await api.get(pods, ref, { signal });
    return ref.uid === '' || pod.metadata.uid === ref.uid ? pod : undefined;
  } catch (error) {
    if (!saysGone(error, ref.name)) throw error;
    return undefined;
  }
}

/** Whether the server says that it has no such pod, as opposed to a proxy that knows no such page. */
function saysGone(error: unknown, name: string): boolean {
  if (!hasCode(error, 'NotFound')) return false;
  return !(error instanceof ApiError) || error.status.details?.name === name;
}
