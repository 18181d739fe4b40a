/**
 * One exec or attach as a transport (SPDY, WebSocket) delivers it, with everything of the wire taken off.
 * `remote-command/` decides what happens in it; the transports only carry.
 */
import type { Readable, Writable } from 'node:stream';
import type { Status } from '../../kube/types.js';

/** The streams that the client asked for in its query. `tty` excludes `stderr`. */
export interface RequestedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The remote command sub-protocol, from `channel.k8s.io` (1) to `v5.channel.k8s.io` (5). kubelet-protocol §3. */
export type RemoteCommandVersion = 1 | 2 | 3 | 4 | 5;

export interface RemoteCommandSession {
  readonly version: RemoteCommandVersion;
  /** Ends when the client closes its stdin, which does not end the session. Destroyed when the client has gone. */
  readonly stdin?: Readable;
  /** Slow when the client is: `write` answers false, and `drain` follows. Ending one does not end the session. */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Terminal sizes as JSON values, in no relation to chunks. */
  readonly resize?: Readable;
  /** Aborts when the client has gone, or has broken the protocol, before `finish` was called. */
  readonly gone: AbortSignal;
  /**
   * Ends the session: drains and ends stdout and stderr, delivers `status` as the version has it, closes in order, and
   * reads on until the client closes too or the linger time is over. Never rejects; nothing of the session is open when
   * it resolves. Called once, also after `gone`.
   */
  finish(status: Status): Promise<void>;
}
