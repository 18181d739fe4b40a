/** Which streams the client opens for what it asked for. Pure. kubelet-protocol §2, §3. */
import type { RemoteCommandVersion, RequestedStreams } from './session.js';

/** As in the header `streamtype`. */
export type RemoteCommandStreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

export function expectedStreams(
  version: RemoteCommandVersion,
  { stdin, stdout, stderr, tty }: RequestedStreams,
): Set<RemoteCommandStreamType> {
  const wanted: Readonly<Record<RemoteCommandStreamType, boolean>> = {
    error: true,
    stdin,
    stdout,
    stderr: stderr && !tty,
    resize: tty && version >= 3,
  };
  const types: readonly RemoteCommandStreamType[] = ['error', 'stdin', 'stdout', 'stderr', 'resize'];
  return new Set(types.filter((type) => wanted[type]));
}
