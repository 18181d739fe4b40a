/** What goes over the error stream at the end of a session. kubelet-protocol §3. */
import type { Status } from '../../kube/types.js';
import type { RemoteCommandVersion } from './session.js';

/**
 * From version 4 on the Status as JSON, success included; before that the message of a failure as plain text, and
 * nothing for success.
 */
export function encodeOutcome(version: RemoteCommandVersion, status: Status): Buffer {
  if (version >= 4) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? 'command failed'));
}
