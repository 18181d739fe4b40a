/** Pings of ours on a SPDY connection. */
import type { Clock } from '../runtime/clock.js';
import type { SpdyConnection } from './spdy/spdy-connection.js';
import { onAbort } from './bounded-wait.js';

/**
 * Pings until the connection is gone. While input is held up the socket is not read, and then nothing but a write shows
 * that the peer has gone. The answers are of no interest.
 */
export function keepAlive(connection: SpdyConnection, intervalMs: number, clock: Clock): void {
  const ping = (): void => {
    connection.ping().catch(() => undefined);
    timer = clock.setTimer(intervalMs, ping);
  };
  let timer = clock.setTimer(intervalMs, ping);
  onAbort(connection.signal, () => timer.cancel());
}
