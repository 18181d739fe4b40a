/** What state a container group is in, and which phase of a pod that is. */
import { field, text } from './cloud-value.js';

/**
 * The provisioning state while that is anything but Succeeded, then the instance view's. Undefined where the answer does
 * not tell, as one from a list, which has no instance views.
 */
export function groupState(group: unknown): string | undefined {
  const provisioning = text(field(group, 'provisioningState'));
  if (provisioning !== undefined && provisioning !== 'Succeeded') return provisioning;
  return text(field(field(group, 'instanceView'), 'state'));
}

export type GroupPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

const phases: Readonly<Record<string, GroupPhase>> = {
  Running: 'Running',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
  Canceled: 'Failed',
  Creating: 'Pending',
  Repairing: 'Pending',
  Pending: 'Pending',
  Accepted: 'Pending',
};

/** Undefined for a state that says nothing of the kind, such as Deleting or Stopped: the phase stays. */
export function phaseOfState(state: string | undefined): GroupPhase | undefined {
  return state !== undefined && Object.hasOwn(phases, state) ? phases[state] : undefined;
}
