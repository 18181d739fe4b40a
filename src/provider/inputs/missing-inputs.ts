import { VkError } from '../../runtime/errors.js';

/**
 * What a pod refers to is not there. A provider lets it pass: the pod waits, says in an Event for what, and goes on the
 * moment it is there.
 */
export class MissingInputsError extends VkError {
  /** The Event's reason, as a kubelet's. */
  readonly reason = 'FailedMount';

  constructor(pod: string, problems: readonly string[]) {
    super('Unavailable', `pod ${pod}: ${problems.join('; ')}`);
  }
}
