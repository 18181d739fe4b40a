import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/stream/refusal.js';
import { parseForwardPorts } from '../../../src/stream/websocket/forward-ports.js';

describe('the ports of a port-forward over WebSocket', () => {
  it.each([
    ['port=80', [80]],
    ['port=80,443', [80, 443]],
    ['port=80&port=443,8080', [80, 443, 8080]],
    ['port=80&port=80', [80, 80]],
    ['port=1&port=65535', [1, 65535]],
  ])('kubelet-protocol §4: are read from %s', (query, ports) => {
    expect(parseForwardPorts(new URLSearchParams(query))).toEqual(ports);
  });

  it.each([
    '',
    'ports=80',
    'port=',
    'port=0',
    'port=65536',
    'port=80,',
    'port=80, 443',
    'port=+80',
    'port=0x50',
    'port=8e1',
  ])('kubelet-protocol §4: are required to be ports; %j is refused with 400', (query) => {
    const refusal = catching(() => parseForwardPorts(new URLSearchParams(query)));
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).httpStatus).toBe(400);
  });
});

function catching(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
