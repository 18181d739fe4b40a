/**
 * Port-forward, from a request that may be served to the end of its session. Neighbours: `serve-port-forward.ts` (the
 * session), `spdy-transport.ts` and `../websocket/` (what carries it).
 */
import type { PodRef } from '../../provider/provider.js';
import type { StreamingProvider } from '../backend.js';
import type { UpgradeCall } from '../call.js';
import { Refusal } from '../refusal.js';
import type { StreamingOptions } from '../streaming-options.js';
import { parseForwardPorts } from '../websocket/forward-ports.js';
import { acceptWebSocketPortForward } from '../websocket/port-forward.js';
import { prefersTunnel } from '../websocket/subprotocols.js';
import { acceptPortForwardTunnel } from '../websocket/tunnel.js';
import { isWebSocketUpgrade, offeredSubprotocols } from '../websocket/upgrade.js';
import { servePortForwardSession } from './serve-port-forward.js';
import type { PortForwardSession } from './session.js';
import { acceptSpdyPortForward, spdyPortForwardOver } from './spdy-transport.js';

/**
 * Serves each connection of the client by the provider's `portForward`. Resolves when the session has ended, however it
 * did; rejects with a {@link Refusal} before the upgrade.
 */
export async function servePortForward(
  call: UpgradeCall,
  ref: PodRef,
  provider: StreamingProvider,
  options: StreamingOptions = {},
): Promise<void> {
  const { portForward } = provider;
  if (portForward === undefined) {
    throw new Refusal('NotImplemented', 'port-forward: the provider does not implement portForward');
  }
  const session = await accept(call, options);
  await servePortForwardSession(session, ref, { portForward: portForward.bind(provider) }, call, options);
}

/** The first of the client's list that is known wins. kubelet-protocol §1. */
async function accept(call: UpgradeCall, options: StreamingOptions): Promise<PortForwardSession> {
  if (!isWebSocketUpgrade(call.request)) return acceptSpdyPortForward(call, options);
  if (!prefersTunnel(offeredSubprotocols(call.request))) {
    return acceptWebSocketPortForward(call, parseForwardPorts(call.query), options);
  }
  return spdyPortForwardOver(await acceptPortForwardTunnel(call, options), { ...options, logger: call.logger });
}
