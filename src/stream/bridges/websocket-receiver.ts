/**
 * The way in of a WebSocket bridge: output to the client, the status, the end. Neighbour: `websocket.ts`.
 *
 * Invariants:
 * 1. A client that is slow stops the socket from being read, where the socket can be; where it cannot, the session fails
 *    once more than `maxBufferedBytes` wait for the client.
 * 2. Once there is a status the session ends, whether or not the backend closes the WebSocket.
 */
import type { Writable } from 'node:stream';
import type { AttachIO } from '../../provider/provider.js';
import type { Clock, Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { messageOf, webSocketStates, type WebSocketEventLike, type WebSocketLike } from './websocket-like.js';
import type { WebSocketEnd, WebSocketMapping } from './websocket-mapping.js';

export interface WebSocketReceiverOptions {
  readonly maxBufferedBytes: number;
  /** How long the backend may take to close after its status. */
  readonly closeTimeoutMs: number;
  readonly clock: Clock;
  readonly onOpen: () => void;
  /** The WebSocket is closed, or has given its status and does not close. Called once. */
  readonly onEnd: (end: WebSocketEnd) => void;
  /** What ends the session before its time. */
  readonly onFailure: (error: VkError) => void;
}

/** Longer than any status is. */
const maxStatusBytes = 1_048_576;

export class WebSocketReceiver {
  readonly #io: AttachIO;
  readonly #socket: WebSocketLike;
  readonly #mapping: WebSocketMapping;
  readonly #options: WebSocketReceiverOptions;
  readonly #full = new Set<Writable>();
  readonly #status: Buffer[] = [];
  #statusTimer: Timer | undefined;
  #hasOpened = false;
  #cause: unknown;
  #discards = false;

  constructor(io: AttachIO, socket: WebSocketLike, mapping: WebSocketMapping, options: WebSocketReceiverOptions) {
    this.#io = io;
    this.#socket = socket;
    this.#mapping = mapping;
    this.#options = options;
  }

  /** Whether the socket is not read for the client's sake. */
  get isPaused(): boolean {
    return this.#full.size > 0 && this.#socket.pause !== undefined;
  }

  start(): void {
    const socket = this.#socket;
    // What a browser has by default can only be read later.
    if (socket.binaryType === 'blob') socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', this.#onOpen);
    socket.addEventListener('message', this.#onMessage);
    socket.addEventListener('error', this.#onError);
    socket.addEventListener('close', this.#onClose);
    for (const sink of [this.#io.stdout, this.#io.stderr]) sink?.on('drain', this.#onDrain);
    if (socket.readyState === webSocketStates.open) this.#onOpen();
    else if (socket.readyState !== webSocketStates.connecting) this.#onClose({ type: 'close' });
  }

  /** Throws away what comes from here on: while it is held back, so is the other side's close. */
  discard(): void {
    this.#discards = true;
    this.#statusTimer?.cancel();
    this.#full.clear();
    this.#socket.resume?.();
  }

  stop(): void {
    this.#statusTimer?.cancel();
    const socket = this.#socket;
    socket.removeEventListener('open', this.#onOpen);
    socket.removeEventListener('message', this.#onMessage);
    socket.removeEventListener('close', this.#onClose);
    // One that is cut off may still tell of an error, which must find a listener.
    for (const sink of [this.#io.stdout, this.#io.stderr]) sink?.off('drain', this.#onDrain);
  }

  readonly #onOpen = (): void => {
    this.#hasOpened = true;
    this.#options.onOpen();
  };

  readonly #onError = ({ error, message }: WebSocketEventLike): void => {
    this.#cause ??= error ?? message;
  };

  readonly #onClose = ({ code = 1006, reason = '' }: WebSocketEventLike): void => {
    this.#statusTimer?.cancel();
    if (!this.#hasOpened) {
      const cause = this.#cause;
      const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
      this.#options.onFailure(
        new VkError('Unavailable', `backend WebSocket: cannot be opened${why}`, { cause: this.#cause }),
      );
    }
    this.#end(code, reason);
  };

  readonly #onMessage = ({ data }: WebSocketEventLike): void => {
    if (this.#discards) return;
    try {
      const output = this.#mapping.decode(messageOf(data));
      if (output?.to === 'status') this.#addStatus(Buffer.from(output.data));
      else if (output) this.#pass(this.#io[output.to], output.data);
    } catch (error) {
      this.#options.onFailure(VkError.from(error));
    }
  };

  #addStatus(part: Buffer): void {
    const { clock, closeTimeoutMs } = this.#options;
    this.#status.push(part);
    if (this.#status.reduce((sum, { length }) => sum + length, 0) > maxStatusBytes) {
      throw new VkError('Internal', `backend WebSocket: its status is longer than ${maxStatusBytes} bytes`);
    }
    this.#statusTimer ??= clock.setTimer(closeTimeoutMs, () => this.#end(1000, ''));
  }

  #pass(sink: Writable | undefined, data: string | Uint8Array): void {
    if (!sink?.writable || sink.write(data)) return;
    const { maxBufferedBytes } = this.#options;
    this.#full.add(sink);
    if (this.#socket.pause) this.#socket.pause();
    else if (sink.writableLength > maxBufferedBytes) {
      throw new VkError(
        'Unavailable',
        `backend WebSocket: more than ${maxBufferedBytes} bytes wait for a slow client, and this WebSocket cannot be paused`,
      );
    }
  }

  readonly #onDrain = (): void => {
    for (const sink of this.#full) if (!sink.writableNeedDrain) this.#full.delete(sink);
    if (this.#full.size === 0) this.#socket.resume?.();
  };

  #end(code: number, reason: string): void {
    this.#options.onEnd({ status: Buffer.concat(this.#status).toString(), code, reason });
  }
}
