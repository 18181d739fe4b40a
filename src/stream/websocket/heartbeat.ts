/** What to do about a client, each time a ping could be due. */

/** Times are in milliseconds before now. */
export interface Pulse {
  /** Since anything arrived. */
  readonly silentMs: number;
  /** Since a message or a ping arrived, or something that was sent was taken. */
  readonly idleMs: number;
  /** Nothing is read at present, because somebody does not read on. */
  readonly held: boolean;
  /** Something is left to be sent: the client does not read, or reads slowly. */
  readonly backlog: boolean;
}

export interface PulseLimits {
  readonly pingIntervalMs: number;
  readonly idleTimeoutMs: number;
}

export type Heartbeat = 'wait' | 'ping' | 'pong' | 'idle' | 'vanished';

/**
 * Clients that answer pings only when somebody reads from them are in use, so this many go unanswered before a client is
 * taken for gone. A cut network is noticed before by TCP's own probes, which are answered by the peer's kernel.
 */
const missedPings = 10;

/**
 * While nothing is read, neither pings nor pongs of the client are seen. It gets pongs that it did not ask for, as RFC 6455
 * §5.5.3 allows: kubectl ends a session in which it got none for 61 s (kubelet-protocol §3), and where the client has
 * gone, writing is what tells. A client that does not read gets no pings, which it would not answer; TCP knows of it.
 */
export function decideHeartbeat(pulse: Pulse, limits: PulseLimits): Heartbeat {
  if (pulse.idleMs >= limits.idleTimeoutMs) return 'idle';
  if (pulse.held) return 'pong';
  if (pulse.backlog) return 'wait';
  if (pulse.silentMs >= missedPings * limits.pingIntervalMs) return 'vanished';
  return pulse.silentMs >= limits.pingIntervalMs ? 'ping' : 'wait';
}
