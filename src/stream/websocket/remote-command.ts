/**
 * Exec and attach over a WebSocket: stdin, stdout, stderr, the status and terminal sizes each have a channel.
 * kubelet-protocol §3. Neighbours: `web-socket-link.ts` (the socket), `channel-codec.ts` (bytes of a message).
 *
 * Invariants:
 * 1. The first message to the client is empty, on the lowest channel that it reads from.
 * 2. Nothing follows the status but the close, and nothing of stdout or stderr is left when it is sent.
 * 3. Input is destroyed, never ended, when the client goes: only version 5's close is an end of stdin.
 */
import type { Status } from '../../kube/types.js';
import { VkError } from '../../runtime/errors.js';
import type { UpgradeCall } from '../call.js';
import { encodeOutcome } from '../remote-command/error-stream.js';
import type { RemoteCommandSession, RequestedStreams } from '../remote-command/session.js';
import { resolveStreamingOptions, type StreamingOptions } from '../streaming-options.js';
import type { ChannelMessage } from './channel-codec.js';
import { ChannelInput } from './channel-input.js';
import { ChannelOutput } from './channel-output.js';
import { drained } from './drained.js';
import { chooseRemoteCommand, type RemoteCommandSubprotocol, remoteCommandSubprotocols } from './subprotocols.js';
import { acceptWebSocket } from './upgrade.js';
import { type Sent, WebSocketLink } from './web-socket-link.js';

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
const channelCount = 5;

/** Not a channel: version 5's message that the client closes one, whose number follows. */
const closeSignal = 255;

/** Throws a Refusal before the upgrade. The session has begun when it resolves: the client opens nothing of its own. */
export async function acceptWebSocketRemoteCommand(
  call: UpgradeCall,
  wanted: RequestedStreams,
  options: StreamingOptions = {},
): Promise<RemoteCommandSession> {
  const resolved = resolveStreamingOptions(options);
  const { webSocket, chosen } = acceptWebSocket(
    call,
    chooseRemoteCommand,
    remoteCommandSubprotocols,
    resolved.maxMessageBytes,
  );
  const link: WebSocketLink = new WebSocketLink(webSocket, call.socket, {
    ...resolved,
    onMessage: (message) => session.accept(message),
  });
  const session = new WebSocketRemoteCommand(link, chosen, wanted);
  session.greet();
  return session;
}

class WebSocketRemoteCommand implements RemoteCommandSession {
  readonly version: RemoteCommandSession['version'];
  readonly stdin?: ChannelInput;
  readonly stdout?: ChannelOutput;
  readonly stderr?: ChannelOutput;
  readonly resize?: ChannelInput;
  readonly #link: WebSocketLink;
  readonly #protocol: RemoteCommandSubprotocol;
  readonly #inputs = new Map<number, ChannelInput>();

  constructor(link: WebSocketLink, protocol: RemoteCommandSubprotocol, wanted: RequestedStreams) {
    this.#link = link;
    this.#protocol = protocol;
    this.version = protocol.version;
    if (wanted.stdin) this.stdin = this.#input(channels.stdin);
    if (wanted.stdout) this.stdout = this.#output(channels.stdout);
    if (wanted.stderr) this.stderr = this.#output(channels.stderr);
    if (wanted.tty) this.resize = this.#input(channels.resize);
    link.gone.addEventListener('abort', () => this.#destroy(link.gone.reason as VkError), { once: true });
  }

  get gone(): AbortSignal {
    return this.#link.gone;
  }

  greet(): void {
    const channel = this.stdout ? channels.stdout : this.stderr ? channels.stderr : channels.error;
    this.#send(channel, [], () => undefined);
  }

  /** Throws where the client breaks the protocol. */
  accept(message: Buffer): void {
    if (this.version >= 5 && message[0] === closeSignal) {
      this.#inputs.get(closedChannel(message))?.finish();
      return;
    }
    const decoded: ChannelMessage | undefined = this.#protocol.codec.decode(message);
    if (decoded !== undefined) this.#inputs.get(decoded.channel)?.accept(decoded.payload);
  }

  async finish(status: Status): Promise<void> {
    await this.#link.close(async () => {
      for (const input of this.#inputs.values()) input.destroy();
      await Promise.all([drained(this.stdout), drained(this.stderr)]);
      const outcome = encodeOutcome(this.version, status);
      if (outcome.length > 0) await new Promise((resolve) => this.#send(channels.error, [outcome], resolve));
    });
    this.#destroy();
  }

  #input(channel: number): ChannelInput {
    const input = new ChannelInput(this.#link);
    this.#inputs.set(channel, input);
    return input;
  }

  #output(channel: number): ChannelOutput {
    return new ChannelOutput((payload, sent) => this.#send(channel, payload, sent));
  }

  #send(channel: number, payload: readonly Buffer[], sent: Sent): void {
    const { codec } = this.#protocol;
    this.#link.send(codec.encode(channel, payload), codec.binary, sent);
  }

  #destroy(error?: VkError): void {
    for (const stream of [this.stdin, this.stdout, this.stderr, this.resize]) stream?.destroy(error);
  }
}

function closedChannel(message: Buffer): number {
  const [, channel = channelCount] = message;
  if (message.length !== 2 || channel >= channelCount) {
    throw new VkError('InvalidInput', 'WebSocket client: its close signal names no channel');
  }
  return channel;
}
