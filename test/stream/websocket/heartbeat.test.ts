import { describe, expect, it } from 'vitest';
import { decideHeartbeat, type Pulse } from '../../../src/stream/websocket/heartbeat.js';

const limits = { pingIntervalMs: 30_000, idleTimeoutMs: 4 * 3_600_000 };
const lively: Pulse = { silentMs: 0, idleMs: 0, held: false, backlog: false };

describe('the heartbeat of a WebSocket session', () => {
  it.each([
    ['says nothing to a client that was heard of', lively, 'wait'],
    ['pings a silent client', { ...lively, silentMs: 30_000 }, 'ping'],
    ['goes on to ping one that misses pings', { ...lively, silentMs: 270_000 }, 'ping'],
    ['gives up one that missed ten', { ...lively, silentMs: 300_000 }, 'vanished'],
    ['does not judge the silence of a client that cannot be heard', { ...lively, silentMs: 3e6, held: true }, 'pong'],
    ['does not judge the silence of a client that reads slowly', { ...lively, silentMs: 3e6, backlog: true }, 'wait'],
    [
      'shows life to a client that is held up, also when it reads slowly',
      { ...lively, held: true, backlog: true },
      'pong',
    ],
    ['ends what is idle', { ...lively, idleMs: limits.idleTimeoutMs }, 'idle'],
    ['ends what is idle though it is held up', { ...lively, idleMs: limits.idleTimeoutMs, held: true }, 'idle'],
    ['ends what is idle though it is not read', { ...lively, idleMs: limits.idleTimeoutMs, backlog: true }, 'idle'],
  ] as const)('%s', (_name, pulse, heartbeat) => {
    expect(decideHeartbeat(pulse, limits)).toBe(heartbeat);
  });
});
