/**
 * Port-forward over a WebSocket's channels: two for each port of the query, one connection each. kubelet-protocol §4.
 * Neighbours: `forwarded-port.ts` (one port), `web-socket-link.ts` (the socket), `tunnel.ts` (the other way, by SPDY).
 *
 * Invariants:
 * 1. The first message on each channel is its port, as two bytes, the lower first.
 * 2. The session ends, with code 1000, when its last connection has: there is no other way to tell the client of an end.
 */
import type { VkError } from '../../runtime/errors.js';
import type { UpgradeCall } from '../call.js';
import type { ForwardedConnection, PortForwardSession } from '../port-forward/session.js';
import { Refusal } from '../refusal.js';
import { resolveStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import type { ChannelCodec } from './channel-codec.js';
import { ForwardedPort, type SendOnChannel } from './forwarded-port.js';
import { choosePortForward, portForwardSubprotocols } from './subprotocols.js';
import { acceptWebSocket, offeredSubprotocols } from './upgrade.js';
import { WebSocketLink } from './web-socket-link.js';

/** Throws a Refusal before the upgrade: also for no ports, and for more than have a channel. */
export async function acceptWebSocketPortForward(
  call: UpgradeCall,
  ports: readonly number[],
  options: StreamingOptions = {},
): Promise<PortForwardSession> {
  const resolved = resolveStreamingOptions(options);
  if (ports.length === 0) throw new Refusal('InvalidInput', 'query parameter "port" is required');
  const most = mostPorts(choosePortForward(offeredSubprotocols(call.request))?.codec);
  if (ports.length > most) {
    throw new Refusal('InvalidInput', `query parameter "port": at most ${most} ports have a channel`);
  }
  const { webSocket, chosen } = acceptWebSocket(
    call,
    choosePortForward,
    portForwardSubprotocols,
    resolved.maxMessageBytes,
  );
  const link: WebSocketLink = new WebSocketLink(webSocket, call.socket, {
    ...resolved,
    onMessage: (message) => session.accept(message),
  });
  const session = new WebSocketPortForward(link, chosen.codec, ports);
  session.greet();
  return session;
}

function mostPorts(codec: ChannelCodec | undefined): number {
  return codec === undefined ? Infinity : codec.channels / 2;
}

class WebSocketPortForward implements PortForwardSession {
  readonly #link: WebSocketLink;
  readonly #codec: ChannelCodec;
  readonly #ports: readonly ForwardedPort[];
  #closed: Promise<void> | undefined;

  constructor(link: WebSocketLink, codec: ChannelCodec, ports: readonly number[]) {
    this.#link = link;
    this.#codec = codec;
    this.#ports = ports.map((port, index) => {
      const send: SendOnChannel = (channel, payload, sent) =>
        link.send(codec.encode(2 * index + channel, payload), codec.binary, sent);
      return new ForwardedPort(port, send, link);
    });
    link.gone.addEventListener('abort', () => this.#destroy(link.gone.reason as VkError), { once: true });
    void Promise.all(this.#ports.map(({ finished }) => finished)).then(() => this.close());
  }

  get gone(): AbortSignal {
    return this.#link.gone;
  }

  get connections(): AsyncIterable<ForwardedConnection> {
    return this.#connections();
  }

  greet(): void {
    for (const port of this.#ports) port.greet();
  }

  /** Throws where the client breaks the protocol. What it writes on an error channel means nothing. */
  accept(message: Buffer): void {
    const decoded = this.#codec.decode(message);
    if (decoded === undefined || decoded.channel % 2 === 1) return;
    this.#ports[decoded.channel / 2]?.connection.accept(decoded.payload);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#link.close(async () => {
      for (const port of this.#ports) port.finish();
      await Promise.all(this.#ports.map(({ finished }) => finished));
    });
    await this.#closed;
  }

  /** All at once: the client names its ports before it begins. Then nothing more until the end. */
  async *#connections(): AsyncGenerator<ForwardedConnection> {
    for (const port of this.#ports) {
      if (this.gone.aborted) break;
      yield port;
    }
    await this.#link.closed;
  }

  #destroy(error: VkError): void {
    for (const { connection } of this.#ports) connection.destroy(error);
  }
}
