/**
 * Port-forward by SPDY inside of a WebSocket: its binary messages are one stream of bytes, whose boundaries mean nothing.
 * kubelet-protocol §4. Neighbours: `web-socket-link.ts` (the socket), `../port-forward` (what speaks SPDY over it).
 */
import type { Duplex } from 'node:stream';
import { VkError } from '../../runtime/errors.js';
import type { UpgradeCall } from '../call.js';
import { resolveStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import { ChannelDuplex } from './channel-duplex.js';
import { chooseTunnel, tunnelSubprotocol } from './subprotocols.js';
import { acceptWebSocket } from './upgrade.js';
import { WebSocketLink } from './web-socket-link.js';

/**
 * Ending the stream closes the WebSocket with code 1000, and what the client still sends is thrown away. The stream ends
 * when the client closes in order, and is destroyed with a {@link VkError} when it vanishes. Throws a Refusal before the
 * upgrade.
 */
export async function acceptPortForwardTunnel(call: UpgradeCall, options: StreamingOptions = {}): Promise<Duplex> {
  const resolved = resolveStreamingOptions(options);
  const { webSocket } = acceptWebSocket(call, chooseTunnel, [tunnelSubprotocol], resolved.maxMessageBytes);
  const link: WebSocketLink = new WebSocketLink(webSocket, call.socket, {
    ...resolved,
    onMessage: (message, binary) => {
      if (!binary) throw new VkError('InvalidInput', 'WebSocket client: a message of a tunnel is text');
      tunnel.accept(message);
    },
  });
  const tunnel = new ChannelDuplex({
    send: (payload, sent) => link.send(payload, true, sent),
    gate: link,
    onEnd: () => void link.close(async () => undefined),
    onDestroy: () => link.abandon(),
  });
  link.gone.addEventListener('abort', () => {
    const reason = link.gone.reason as VkError;
    // A client that has gone may have done so in order, which shows at the end.
    if (reason.code !== 'Aborted') tunnel.destroy(reason);
  });
  void link.closed.then(() => {
    if (closedInOrder.includes(link.code)) tunnel.finishReading();
    else tunnel.destroy(link.gone.aborted ? (link.gone.reason as VkError) : undefined);
  });
  return tunnel;
}

/** 1005 is a close that names no code. */
const closedInOrder: readonly number[] = [1000, 1005];
