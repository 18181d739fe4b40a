/** The name of a pod's container group. */
import { backendName, type PodRef } from 'vk-sdk';

/**
 * The same for the same pod whenever it is asked, and another for another pod, also of the same name. Azure's rule
 * (resource-name-rules, `containerGroups`): 1 to 63 lower-case letters, digits and hyphens, neither first nor last nor two
 * in a row being a hyphen.
 */
export function groupName(ref: PodRef): string {
  return backendName(ref, { maxLength: 63 }).replace(/-{2,}/g, '-');
}
