/**
 * One port of a port-forward over WebSocket channels: a connection, and a channel for what went wrong with it.
 *
 * The channels have no half-close, so the end of the pod's side is that of both, as in the container runtimes' own
 * port-forward: who waits for the client's end as well would wait until the client gives up. Of a client's end there is
 * only that of the whole session.
 */
import type { ForwardedConnection } from '../port-forward/session.js';
import { ChannelDuplex } from './channel-duplex.js';
import { drained } from './drained.js';
import type { InputGate } from './input-buffer.js';
import type { Sent } from './web-socket-link.js';

const channels = { data: 0, error: 1 } as const;

/** Sends one message on a channel of this port: 0 is data, 1 is error. */
export type SendOnChannel = (channel: 0 | 1, payload: readonly Buffer[], sent: Sent) => void;

export class ForwardedPort implements ForwardedConnection {
  readonly port: number;
  readonly connection: ChannelDuplex;
  /** Resolves when `finish` was called and all that it has to say has left, or never will. */
  readonly finished: Promise<void>;
  readonly #send: SendOnChannel;
  #finish: (message: string | undefined) => void = () => undefined;

  constructor(port: number, send: SendOnChannel, gate: InputGate) {
    this.port = port;
    this.#send = send;
    this.connection = new ChannelDuplex({
      send: (payload, sent) => send(channels.data, payload, sent),
      gate,
      onEnd: () => this.connection.finishReading(),
    });
    this.finished = new Promise<string | undefined>((resolve) => (this.#finish = resolve)).then(async (message) => {
      await drained(this.connection);
      if (message !== undefined) {
        await new Promise((resolve) => send(channels.error, [Buffer.from(message)], resolve));
      }
      this.connection.destroy();
    });
  }

  /** The port as two bytes, the lower first, on both channels. */
  greet(): void {
    const bytes = Buffer.of(this.port & 0xff, this.port >> 8);
    this.#send(channels.data, [bytes], () => undefined);
    this.#send(channels.error, [bytes], () => undefined);
  }

  finish(message?: string): void {
    this.#finish(message);
  }
}
