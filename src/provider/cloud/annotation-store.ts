/** The token of a long-running operation in an annotation of its pod, where any process of the node finds it again. */
import type { KubeApi } from '../../kube/api.js';
import { pods } from '../../kube/resources.js';
import type { Pod } from '../../kube/types.js';
import { hasCode, VkError } from '../../runtime/errors.js';
import type { PodRef } from '../provider.js';
import type { OperationStore } from './run-operation.js';

/** All annotations of an object together may be 256 KiB. */
const longestToken = 16_384;

/**
 * Keeps a token in an annotation of the pod, written through the pod's status subresource: a node may change annotations
 * there and nowhere else (Node authorizer and NodeRestriction of Kubernetes 1.36). Use an annotation for each kind of
 * operation, such as `cloud.example/creating`.
 *
 * It reads from the apiserver and not from a cache, which may not have the token of a moment ago. Where the pod has gone
 * there is no token, and none is written: a pod of the same name with another uid is not touched.
 *
 * A changed annotation comes to the provider as an `updatePod`, after the call that is under way: a provider whose backend
 * shows no annotations does nothing there. And whoever may write the pod's annotations may write this one. A `poll` that
 * sends credentials to an address in the token checks first that the address is the cloud's, and rejects with `NotFound` if it is
 * not.
 */
export function annotationStore(client: KubeApi, ref: PodRef, annotation: string): OperationStore {
  const at = { namespace: ref.namespace, name: ref.name };
  /** The pod, unless it has gone. */
  async function find(signal: AbortSignal): Promise<Pod | undefined> {
    try {
      const pod = await client.get(pods, at, { signal });
      return pod.metadata.uid === ref.uid ? pod : undefined;
    } catch (error) {
      if (hasCode(error, 'NotFound')) return undefined;
      throw error;
    }
  }
  return {
    load: async (signal) => (await find(signal))?.metadata.annotations?.[annotation],
    async save(token, signal) {
      if (token !== undefined && token.length > longestToken) {
        throw new VkError(
          'InvalidInput',
          `annotation ${annotation}: a token of ${token.length} characters is too long`,
        );
      }
      const patch = { metadata: { uid: ref.uid, annotations: { [annotation]: token ?? null } } };
      try {
        await client.patch(pods, at, 'merge', patch, { subresource: 'status', signal });
      } catch (error) {
        // A patch with the uid of a predecessor is Invalid: taken for a change of what cannot change.
        const gone =
          hasCode(error, 'NotFound') || (hasCode(error, 'InvalidInput') && (await find(signal)) === undefined);
        if (!gone) throw error;
        if (token !== undefined) {
          throw new VkError('NotFound', `pod ${at.namespace}/${at.name}: has gone, with its annotations`, {
            cause: error,
          });
        }
      }
    },
  };
}
