/**
 * One accepted WebSocket as sessions use it: messages out with word of when they have left, messages in that can be held
 * up, and an end of which everybody hears once. `upgrade.ts` makes the WebSocket, `heartbeat.ts` decides about silent
 * clients, the sessions (`remote-command.ts`, `port-forward.ts`, `tunnel.ts`) give the messages their meaning.
 *
 * Invariants:
 * 1. `gone` aborts if and only if the WebSocket ends, or begins to, before `close` was called.
 * 2. `closed` resolves once, when the socket is gone; no timer is left then.
 * 3. After `gone` or `close` no message is handed over. What arrives is still read, to see the client's close.
 * 4. Once it is `ending`, the socket is gone after the linger time; later only for a client that pings and has yet to read
 *    what was sent in order, and then by the idle timeout.
 * 5. No more than one pong waits to be sent, however many pings come.
 * 6. What a client is judged by is counted in beats of a timer: a wall clock that is set ends no session.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import type { ResolvedStreamingOptions } from '../streaming-options.js';
import { frameHeader } from './frame.js';
import { decideHeartbeat } from './heartbeat.js';

/** Codes of RFC 6455 §7.4.1. */
const closeCode = { normal: 1000, goingAway: 1001, protocolError: 1002 } as const;

/** Called once: the bytes have left for the kernel, or never will. */
export type Sent = (error?: Error | null) => void;

export interface LinkOptions extends ResolvedStreamingOptions {
  /** A whole message. What it throws ends the session as the client's mistake. */
  readonly onMessage: (message: Buffer, binary: boolean) => void;
}

/** `draining`: `close` was called, and what comes before the close is being sent. `ending`: the close is sent, or never will be. */
type State = 'open' | 'draining' | 'ending' | 'closed';

export class WebSocketLink {
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #options: LinkOptions;
  readonly #gone = new AbortController();
  readonly #holders = new Set<object>();
  #state: State = 'open';
  /** Since the last beat. */
  #heard = false;
  #active = false;
  /** Beats in a row before which nothing was heard, and nothing at all happened. */
  #silentBeats = 0;
  #idleBeats = 0;
  #pings = 0;
  #heartbeat: Timer | undefined;
  #linger: Timer | undefined;
  #unansweredPing: Buffer | undefined;
  #pongLeaving = false;
  #code = 1006;

  /** `webSocket` has just been accepted on `socket`: nothing of it has been read. */
  constructor(webSocket: WebSocket, socket: Duplex, options: LinkOptions) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#options = options;
    // The peer's kernel answers, also for a client that does not read.
    if (socket instanceof Socket) socket.setKeepAlive(true, options.pingIntervalMs);
    socket.on('data', this.#onBytes);
    socket.once('finish', this.#onEnding);
    webSocket.on('message', this.#onMessage);
    webSocket.on('ping', this.#onPing);
    webSocket.on('error', (error) => {
      this.#end(closeCode.protocolError, new VkError('InvalidInput', `WebSocket client: ${error.message}`));
    });
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code: number) => {
        this.#code = code;
        this.#onClose();
        resolve();
      });
    });
    this.#armHeartbeat();
  }

  /** Its reason is a {@link VkError}: `Aborted`, `Timeout`, or `InvalidInput` where the client broke the protocol. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The client's close code; 1005 for none in a close, 1006 for no close. Once closed. */
  get code(): number {
    return this.#code;
  }

  /** Sends one message. Messages leave in the order of the calls. */
  send(parts: readonly Buffer[], binary: boolean, sent: Sent): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) {
      process.nextTick(sent, this.#ended());
      return;
    }
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const frame = [frameHeader(bytes, binary), ...parts];
    const last = frame.pop();
    this.#socket.cork();
    for (const part of frame) this.#socket.write(part);
    this.#socket.write(last, (error) => {
      if (!error) this.#active = true;
      sent(error ? this.#ended(error) : undefined);
    });
    this.#socket.uncork();
  }

  /** Reads no more until each of the holders has released. For `onMessage`, which is not called after the end. */
  hold(holder: object): void {
    this.#holders.add(holder);
    this.#webSocket.pause();
  }

  release(holder: object): void {
    if (this.#holders.delete(holder) && this.#holders.size === 0) this.#webSocket.resume();
  }

  /**
   * Ends in order: what `drain` sends, then the close, then the client's. Input is thrown away from now on. Resolves as
   * `closed` does. Called once.
   */
  async close(drain: () => Promise<void>): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'draining';
      this.#readOn();
      const { clock, idleTimeoutMs } = this.#options;
      // Not by what the client says: one may ping for ever and take nothing.
      this.#linger = clock.setTimer(idleTimeoutMs, () => this.#webSocket.terminate());
      await drain();
      this.#end(closeCode.normal, undefined);
    }
    await this.closed;
  }

  /** Ends without order, unless an end is under way. */
  abandon(): void {
    if (this.#state === 'open' || this.#state === 'draining') this.#webSocket.terminate();
  }

  readonly #onBytes = (): void => {
    this.#heard = true;
  };

  readonly #onMessage = (message: Buffer, binary: boolean): void => {
    if (this.#state !== 'open') return;
    this.#active = true;
    try {
      this.#options.onMessage(message, binary);
    } catch (error) {
      this.#end(closeCode.protocolError, VkError.from(error));
    }
  };

  readonly #onPing = (data: Buffer): void => {
    this.#active = true;
    this.#pings += 1;
    // Of several the last is to be answered (RFC 6455 §5.5.3). A copy: the view would keep what it was read with.
    this.#unansweredPing = Buffer.from(data);
    this.#answerPing();
  };

  #answerPing(): void {
    const data = this.#unansweredPing;
    if (data === undefined || this.#pongLeaving || this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    this.#unansweredPing = undefined;
    this.#pongLeaving = true;
    this.#webSocket.pong(data, false, () => {
      this.#pongLeaving = false;
      this.#answerPing();
    });
  }

  /** The socket's last byte has been written, which was the answer to a close of the client's if we did not end it. */
  readonly #onEnding = (): void => {
    this.#end(closeCode.normal, this.#ended());
  };

  #onClose(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#heartbeat?.cancel();
    this.#linger?.cancel();
    this.#socket.off('data', this.#onBytes);
    this.#socket.off('finish', this.#onEnding);
    if (wasOpen) this.#gone.abort(this.#ended());
  }

  #ended(cause?: Error): VkError {
    return new VkError('Aborted', 'WebSocket client: it has gone', { cause });
  }

  /** In order without an error. Does nothing where the end has begun. */
  #end(code: number, error: VkError | undefined): void {
    if (this.#state === 'closed' || this.#state === 'ending') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'ending';
    this.#readOn();
    this.#webSocket.close(code);
    this.#armLinger(error === undefined ? this.#options.idleTimeoutMs : 0);
    if (wasOpen) this.#gone.abort(error);
  }

  #readOn(): void {
    this.#holders.clear();
    this.#webSocket.resume();
  }

  /** A client that pings is slow, not gone: kubectl does while nobody reads its output. `patienceMs` bounds that. */
  #armLinger(patienceMs: number): void {
    const { clock, lingerMs } = this.#options;
    const pings = this.#pings;
    this.#linger?.cancel();
    this.#linger = clock.setTimer(lingerMs, () => {
      if (this.#pings > pings && patienceMs > lingerMs) this.#armLinger(patienceMs - lingerMs);
      else this.#webSocket.terminate();
    });
  }

  #armHeartbeat(): void {
    const { clock, pingIntervalMs } = this.#options;
    this.#heartbeat = clock.setTimer(pingIntervalMs, () => {
      this.#beat();
      if (this.#state !== 'closed') this.#armHeartbeat();
    });
  }

  #beat(): void {
    // The client's close was read, and the answer is stuck behind what it does not read.
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) {
      this.#end(closeCode.normal, this.#ended());
      return;
    }
    this.#silentBeats = this.#heard ? 0 : this.#silentBeats + 1;
    this.#idleBeats = this.#active ? 0 : this.#idleBeats + 1;
    this.#heard = this.#active = false;
    const { pingIntervalMs } = this.#options;
    const pulse = {
      silentMs: this.#silentBeats * pingIntervalMs,
      idleMs: this.#idleBeats * pingIntervalMs,
      held: this.#holders.size > 0,
      backlog: this.#socket.writableLength > 0,
    };
    switch (decideHeartbeat(pulse, this.#options)) {
      case 'wait':
        return;
      case 'ping':
        this.#webSocket.ping();
        return;
      case 'pong':
        this.#webSocket.pong();
        return;
      case 'idle':
        this.#end(closeCode.goingAway, new VkError('Timeout', 'WebSocket session: idle for too long'));
        return;
      case 'vanished':
        this.#end(closeCode.goingAway, new VkError('Timeout', 'WebSocket client: it answers no pings'));
        return;
    }
  }
}
