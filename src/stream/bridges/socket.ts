/**
 * A forwarded connection joined to a socket. Neighbours: `dial.ts` (how the socket comes about), `pump.ts` (the bytes),
 * `duplex-pair.ts` (a connection for tests).
 *
 * Invariants:
 * 1. Each direction ends by itself: the end of one is passed on while the other goes on.
 * 2. An end is never made up: a side that breaks off makes the other break off, not end.
 * 3. When the promise settles the socket is closed, and no listener of the bridge is left on the connection.
 */
import { Socket } from 'node:net';
import { finished, type Duplex } from 'node:stream';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { dial, type SocketTarget } from './dial.js';
import { Pump } from './pump.js';

export interface SocketOptions {
  /** The call's signal. When it aborts the client has gone. */
  readonly signal?: AbortSignal;
  /** How long the target may take to accept. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  readonly clock?: Clock;
}

export interface SocketTraffic {
  /** Bytes from the client to the target, and back. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Who broke the connection off, if it did not end in order. */
  readonly brokenBy?: 'client' | 'target';
}

/**
 * Connects to `target` and joins `connection` to it. Resolves when both directions have ended, or when either side has
 * broken the connection off, which breaks it for the other too: `connection` is then destroyed. That is no rejection
 * since `kubectl port-forward` gives up all its connections as soon as one has failed with a message.
 *
 * Rejects if the target cannot be reached (`Unavailable`, `Timeout`), naming it; and with code `Aborted` or the signal's
 * reason if the client has gone, of which the target is told by a reset.
 *
 * ```ts
 * const [client, connection] = duplexPair();
 * await pipeToSocket(connection, { host: '10.1.2.3', port: 8080 }, { signal: context.signal });
 * ```
 */
export async function pipeToSocket(
  connection: Duplex,
  target: SocketTarget,
  options: SocketOptions = {},
): Promise<SocketTraffic> {
  const { signal, connectTimeoutMs = 10_000, clock = systemClock } = options;
  const gone = new AbortController();
  const onAbort = (): void => gone.abort(signal?.reason);
  const onClose = (): void => gone.abort(new VkError('Aborted', 'connection: its client has gone'));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  // An error that nobody listens for ends the process; `close` follows it.
  connection.on('error', ignore).once('close', onClose);
  if (connection.destroyed) onClose();
  try {
    const socket = await dial(target, connectTimeoutMs, clock, gone.signal);
    connection.off('close', onClose);
    return await join(connection, socket, gone.signal);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    connection.off('close', onClose);
    if (!connection.destroyed) connection.off('error', ignore);
  }
}

/** Settles when the socket has closed, which it does by itself once both its directions have ended. */
function join(connection: Duplex, socket: Duplex, gone: AbortSignal): Promise<SocketTraffic> {
  const up = new Pump(connection, socket);
  const down = new Pump(socket, connection);
  let clientLeft = false;
  const leave = (): void => {
    if (connection.readableEnded && connection.writableFinished && !gone.aborted) return;
    clientLeft = true;
    breakOff(socket);
  };
  void up.ended.then((end) => end === 'ended' && socket.end());
  void down.ended.then((end) => end === 'ended' && connection.end());
  gone.addEventListener('abort', leave, { once: true });
  connection.once('close', leave);
  return new Promise((resolve, reject) => {
    finished(socket, () => {
      gone.removeEventListener('abort', leave);
      connection.off('close', leave);
      up.stop();
      down.stop();
      if (gone.aborted) {
        reject(gone.reason as Error);
        return;
      }
      // A target that has said its end may stop listening: what the client still sends is nobody's then.
      const brokenBy = clientLeft ? 'client' : socket.readableEnded ? undefined : 'target';
      if (brokenBy === 'target') connection.destroy();
      resolve({ sentBytes: up.bytes, receivedBytes: down.bytes, ...(brokenBy && { brokenBy }) });
    });
    if (gone.aborted || connection.destroyed) leave();
  });
}

/**
 * By a reset where there is such a thing: an end would say that all has been said. Where it has been said, there is none:
 * the system refuses to reset a socket whose end is on its way, and Node then leaves it open for good.
 */
function breakOff(socket: Duplex): void {
  if (socket instanceof Socket && socket.remoteAddress !== undefined && !socket.writableEnded) {
    try {
      socket.resetAndDestroy();
      return;
    } catch {
      // TLS has none.
    }
  }
  socket.destroy();
}

function ignore(): void {
  // Nothing to do.
}
