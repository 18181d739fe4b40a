/** From an HTTP request to SPDY on its socket: checks, then the answer 101. kubelet-protocol §1. */
import type { UpgradeCall } from './call.js';
import { listedValues, negotiate } from './negotiate.js';
import { Refusal } from './refusal.js';

const protocolHeader = 'x-stream-protocol-version';

/**
 * Answers 101 and returns the protocol that was chosen. Throws a {@link Refusal}, with nothing written: 400 for a request
 * that asks for no protocol or for another upgrade, 403 for one that offers only what `supported` lacks.
 */
export function upgradeToSpdy<Protocol extends string>(
  { request, socket }: UpgradeCall,
  supported: readonly Protocol[],
): Protocol {
  const upgrades = listedValues(request.headersDistinct.upgrade).map((value) => value.toLowerCase());
  if (!upgrades.includes('spdy/3.1')) {
    throw new Refusal('InvalidInput', 'request: must be an upgrade to SPDY/3.1 or websocket');
  }
  const offered = listedValues(request.headersDistinct[protocolHeader]);
  if (offered.length === 0) throw new Refusal('InvalidInput', 'request: header X-Stream-Protocol-Version is required');
  const protocol = negotiate(offered, supported);
  if (protocol === undefined) {
    throw new Refusal(
      'Forbidden',
      `request: none of the protocols it offers is supported, which are ${supported.join(', ')}`,
      {
        headers: { 'X-Accepted-Stream-Protocol-Versions': supported.join(', ') },
      },
    );
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  return protocol;
}
