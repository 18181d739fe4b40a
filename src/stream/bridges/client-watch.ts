/**
 * Whether the client of an exec or attach is still there. The server says so by a signal; without a server, in tests and
 * where sessions are joined by hand, streams that break are all there is to see. Neighbours: the bridges.
 */
import { finished } from 'node:stream';
import type { AttachIO } from '../../provider/provider.js';
import { VkError } from '../../runtime/errors.js';

export interface ClientWatch {
  /** Aborts with a `VkError`, code `Aborted`, when the client has gone. */
  readonly signal: AbortSignal;
  /** Takes every listener away. */
  stop(): void;
}

/** `what` names the session in the error, such as `command sh`. */
export function watchClient(what: string, io: AttachIO, signal: AbortSignal | undefined): ClientWatch {
  const gone = new AbortController();
  const leave = (cause: unknown): void => {
    if (!gone.signal.aborted)
      gone.abort(new VkError('Aborted', `${what}: ended, since its client has gone`, { cause }));
  };
  const onAbort = (): void => leave(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const detach = [
    ...(io.stdin ? [finished(io.stdin, { writable: false }, (error) => error && leave(error))] : []),
    // Nobody else ends these while the session lasts.
    ...[io.stdout, io.stderr].flatMap((sink) => (sink ? [finished(sink, { readable: false }, leave)] : [])),
  ];
  return {
    signal: gone.signal,
    stop: () => {
      signal?.removeEventListener('abort', onAbort);
      for (const each of detach) each();
    },
  };
}
