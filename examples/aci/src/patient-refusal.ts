/** What becomes of a pod that no cloud can run. */
import { hasCode, VkError, type Pod } from 'vk-sdk';

/** Only another pod would help, or another configuration of the node. */
const againAfterMs = 3_600_000;

/**
 * The controller of a pod that is always to be restarted makes another in place of one that has failed, and of that one: a
 * Deployment some thirty a second, until the cluster has thousands. Such a pod stays Pending and says why. One that is to
 * run once fails, by which its Job counts its tries.
 */
export function patientRefusal(error: unknown, { spec }: Pod): unknown {
  const { restartPolicy = 'Always' } = spec;
  if (restartPolicy !== 'Always' || !hasCode(error, 'InvalidInput')) return error;
  return new VkError('InvalidInput', VkError.from(error).message, { retry: { afterMs: againAfterMs } });
}
