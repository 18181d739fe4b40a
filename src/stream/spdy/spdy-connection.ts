/**
 * A SPDY/3.1 connection over any Duplex: a TLS socket after its upgrade, or the tunnel inside a WebSocket. This file
 * carries out: `frame-decoder.ts` reads frames, `protocol-state.ts` says what they mean, `frame-writer.ts` sends,
 * `spdy-stream.ts` is what users hold. Design: `docs/designs/spdy.md`; protocol: kubelet-protocol §2.
 *
 * Invariants:
 * 1. The transport is read while nobody is too far behind: no stream, all streams together, nor the peer with our answers.
 *    What one chunk of the transport adds beyond that is the only excess.
 * 2. `closed` resolves when the transport is closed, and by then every stream is destroyed, or has its end in sight.
 * 3. Nothing follows GOAWAY of ours.
 * 4. No window is kept and none waited for: there is no flow control but the transport's.
 */
import type { Buffer } from 'node:buffer';
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock, type Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { type Logger, silentLogger } from '../../runtime/logger.js';
import { FrameDecoder } from './frame-decoder.js';
import { encodeGoAway, encodePing, encodeReset, FrameEncoder } from './frame-encoder.js';
import { FrameWriter } from './frame-writer.js';
import { goAwayStatus, resetStatus, type SpdyReset } from './frames.js';
import type { SpdyHeaders } from './header-block.js';
import { defaultSpdyLimits, type SpdyLimits } from './limits.js';
import { type Decision, ProtocolState, type SpdyRole } from './protocol-state.js';
import { SpdyStream, type StreamHost } from './spdy-stream.js';

export interface SpdyConnectionOptions {
  /** A client's streams are odd, a server's even. */
  readonly role: SpdyRole;
  /** Says whether a stream that the peer opens is taken: a value resets it. Decides at once; called before the reply. */
  readonly accept?: (headers: SpdyHeaders, id: number) => SpdyReset | undefined;
  /** A stream of the peer's, accepted and replied to. It has to be read, or the peer waits with all of its streams. */
  readonly onStream?: (stream: SpdyStream) => void;
  readonly limits?: Partial<SpdyLimits>;
  /** How long no frame may come or go before the connection is given up. Default: 4 hours, the kubelet's. */
  readonly idleTimeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** What was read of the transport already. */
  readonly head?: Buffer;
}

export interface SpdyCloseOptions {
  /** How long the peer may be silent after our end before it is cut off. Default: 10 s. */
  readonly lingerMs?: number;
}

interface Opening {
  readonly stream: SpdyStream;
  readonly resolve: (stream: SpdyStream) => void;
}

const defaultIdleTimeoutMs = 4 * 3_600_000;
const defaultLingerMs = 10_000;

export class SpdyConnection {
  /** Resolves once, when the transport is gone: undefined if in good order. Never rejects. */
  readonly closed: Promise<VkError | undefined>;
  readonly #transport: Duplex;
  readonly #options: SpdyConnectionOptions;
  readonly #limits: SpdyLimits;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #idleTimeoutMs: number;
  readonly #state: ProtocolState;
  readonly #decoder: FrameDecoder;
  readonly #encoder = new FrameEncoder();
  readonly #writer: FrameWriter;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #openings = new Map<number, Opening>();
  readonly #pings = new Map<number, () => void>();
  readonly #gone = new AbortController();
  readonly #host: StreamHost;
  /** Streams whose reader is behind. */
  readonly #behind = new Set<SpdyStream>();
  #unread = 0;
  #paused = false;
  #idleTimer: Timer | undefined;
  #lingerTimer: Timer | undefined;
  #activeAt: number;
  #closing: Promise<void> | undefined;
  #error: VkError | undefined;
  #resolveClosed: (error: VkError | undefined) => void = () => undefined;

  /** Begins to read `transport`, which belongs to the connection from now on. Streams come in a later turn. */
  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#limits = { ...defaultSpdyLimits, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs;
    this.#state = new ProtocolState(options.role, this.#limits.streams);
    this.#decoder = new FrameDecoder(this.#limits);
    this.#writer = new FrameWriter(transport, () => this.#updateReading());
    this.#activeAt = this.#clock.now();
    this.#host = {
      onUnread: (stream, bytes, unread) => this.#onUnread(stream, bytes, unread),
      onWritable: (stream) => this.#writer.enqueue(stream),
      onOver: (stream, reset) => this.#onStreamOver(stream, reset),
    };
    setMaxListeners(0, this.#gone.signal);
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#watchIdleness(this.#idleTimeoutMs);
    this.#attach(options.head);
  }

  /** Aborts when `closed` resolves. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Opens a stream. Resolves at the peer's reply; rejects with `Aborted` when it is reset instead or the connection ends,
   * and with `Unavailable` when the peer, or this side, takes no more streams. The caller sets the deadline.
   */
  async openStream(headers: SpdyHeaders): Promise<SpdyStream> {
    const id = this.signal.aborted ? undefined : this.#state.open();
    if (id === undefined)
      throw new VkError('Unavailable', 'spdy connection: takes no more streams; open another connection');
    const stream = new SpdyStream(id, headers, this.#host);
    this.#streams.set(id, stream);
    const opened = new Promise<SpdyStream>((resolve, reject) => {
      this.#openings.set(id, { stream, resolve });
      stream.once('close', () => {
        if (this.#openings.delete(id)) {
          reject(stream.errored ?? new VkError('Aborted', `spdy stream ${id}: reset before it was open`));
        }
      });
    });
    this.#writer.writeControl(this.#encoder.synStream(id, headers));
    return opened;
  }

  /** Resolves when the peer has echoed a ping; rejects with `Aborted` when the connection ends before. */
  async ping(): Promise<void> {
    this.#throwIfGone();
    const id = this.#state.ping();
    await new Promise<void>((resolve, reject) => {
      const onGone = (): void => reject(lost(this.#error));
      this.signal.addEventListener('abort', onGone, { once: true });
      this.#pings.set(id, () => {
        this.signal.removeEventListener('abort', onGone);
        resolve();
      });
      this.#writer.writeControl(encodePing(id));
    });
  }

  /**
   * Ends the connection in order: everything written to streams so far, then GOAWAY and the transport's end; then reads on
   * until the peer ends too, or is silent for `lingerMs`. A peer that still reads is not cut off while it takes what was
   * written. Never rejects. Idempotent.
   */
  async close(options: SpdyCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.lingerMs ?? defaultLingerMs);
    await this.#closing;
  }

  /** Ends the connection at once. `closed` resolves with `error`. */
  destroy(error?: VkError): void {
    this.#error ??= error;
    this.#transport.destroy();
  }

  #attach(head: Buffer | undefined): void {
    const transport = this.#transport;
    transport.on('error', (error) => (this.#error ??= lost(error)));
    transport.once('close', () => this.#onClosed());
    if (transport.destroyed) {
      process.nextTick(() => this.#onClosed());
      return;
    }
    if (head !== undefined && head.length > 0) transport.unshift(head);
    transport.on('data', (chunk: Buffer) => this.#onChunk(chunk));
    transport.once('end', () => this.#onEnd());
    transport.resume();
  }

  #onChunk(chunk: Buffer): void {
    this.#transport.cork();
    try {
      for (const frame of this.#decoder.decode(chunk)) {
        if (this.#transport.destroyed) return;
        this.#activeAt = this.#clock.now();
        this.#act(this.#state.receive(frame));
      }
    } catch (error) {
      this.#onViolation(VkError.from(error));
    } finally {
      this.#transport.uncork();
    }
    this.#updateReading();
  }

  #act(decision: Decision): void {
    switch (decision.type) {
      case 'data': {
        const stream = this.#streams.get(decision.id);
        stream?.receive(decision.payload);
        if (decision.ended) stream?.receiveEnd();
        return;
      }
      case 'open':
        this.#accept(decision);
        return;
      case 'replied': {
        const opening = this.#openings.get(decision.id);
        this.#openings.delete(decision.id);
        if (decision.ended) opening?.stream.receiveEnd();
        opening?.resolve(opening.stream);
        return;
      }
      case 'refuse':
        this.#writer.writeControl(encodeReset(decision.id, decision.status));
        return;
      case 'ended':
        this.#streams.get(decision.id)?.receiveEnd();
        return;
      case 'violated':
        this.#streams.get(decision.id)?.reset(decision.status);
        return;
      case 'resetByPeer':
        this.#streams.get(decision.id)?.receiveReset(resetByPeer(decision.id, decision.status));
        return;
      case 'echo':
        this.#writer.writeControl(encodePing(decision.id));
        return;
      case 'echoed':
        this.#pings.get(decision.id)?.();
        this.#pings.delete(decision.id);
        return;
      case 'goAway':
        for (const id of decision.unserved) this.#streams.get(id)?.receiveReset(unserved(id));
        return;
      case 'nothing':
        return;
    }
  }

  #accept({ id, headers, ended, unidirectional }: Extract<Decision, { type: 'open' }>): void {
    const refusal = this.#options.accept?.(headers, id);
    if (refusal !== undefined) {
      this.#state.forget(id);
      this.#writer.writeControl(encodeReset(id, refusal));
      return;
    }
    this.#writer.writeControl(this.#encoder.synReply(id, {}));
    const stream = new SpdyStream(id, headers, this.#host, ended);
    this.#streams.set(id, stream);
    if (unidirectional) stream.end();
    this.#options.onStream?.(stream);
  }

  #onStreamOver(stream: SpdyStream, reset: SpdyReset | undefined): void {
    this.#streams.delete(stream.id);
    this.#state.forget(stream.id);
    this.#writer.remove(stream);
    this.#behind.delete(stream);
    if (reset !== undefined) this.#writer.writeControl(encodeReset(stream.id, reset));
    this.#updateReading();
  }

  #onUnread(stream: SpdyStream, bytes: number, unread: number): void {
    this.#unread += bytes;
    if (unread >= this.#limits.streamBufferBytes) this.#behind.add(stream);
    else this.#behind.delete(stream);
    if (bytes < 0) this.#updateReading();
  }

  #updateReading(): void {
    const { connectionBufferBytes, answerBytes } = this.#limits;
    const paused =
      this.#behind.size > 0 || this.#unread >= connectionBufferBytes || this.#writer.answerBytes >= answerBytes;
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#transport.pause();
    else this.#transport.resume();
  }

  #watchIdleness(delayMs: number): void {
    this.#idleTimer = this.#clock.setTimer(delayMs, () => {
      const remainingMs = this.#activeAt + this.#idleTimeoutMs - this.#clock.now();
      if (remainingMs > 0) this.#watchIdleness(remainingMs);
      else this.destroy(new VkError('Timeout', `spdy connection: no frame for ${this.#idleTimeoutMs} ms`));
    });
  }

  #onViolation(error: VkError): void {
    this.#logger.debug({ err: error }, 'spdy connection ended: the peer broke the protocol');
    this.#writer.writeControl(encodeGoAway(this.#state.lastPeerId, goAwayStatus.protocolError));
    // As much of it as goes without waiting: who breaks the protocol may not read either.
    this.#transport.uncork();
    this.destroy(error);
  }

  async #close(lingerMs: number): Promise<void> {
    this.#state.goAway();
    await Promise.all([...this.#streams.values()].map((stream) => stream.flushed()));
    this.#writer.writeControl(encodeGoAway(this.#state.lastPeerId, goAwayStatus.ok));
    this.#transport.end(() => this.#linger(lingerMs));
    await this.closed;
  }

  #linger(lingerMs: number): void {
    this.#activeAt = this.#clock.now();
    const wait = (delayMs: number): void => {
      this.#lingerTimer = this.#clock.setTimer(delayMs, () => {
        const remainingMs = this.#activeAt + lingerMs - this.#clock.now();
        if (remainingMs > 0) wait(remainingMs);
        else this.destroy();
      });
    };
    if (!this.signal.aborted) wait(lingerMs);
  }

  #onEnd(): void {
    if (this.#closing !== undefined) return;
    if (!this.#state.peerGoingAway && this.#streams.size > 0) this.#error ??= lost(undefined);
    this.#transport.destroy();
  }

  #onClosed(): void {
    if (this.signal.aborted) return;
    this.#idleTimer?.cancel();
    this.#lingerTimer?.cancel();
    const error = lost(this.#error);
    for (const stream of [...this.#streams.values()]) stream.connectionLost(error);
    this.#gone.abort(error);
    this.#resolveClosed(this.#error);
  }

  #throwIfGone(): void {
    if (this.signal.aborted) throw lost(this.#error);
  }
}

function lost(cause: unknown): VkError {
  if (cause instanceof VkError) return cause;
  return new VkError('Aborted', 'spdy connection: the peer has gone', cause === undefined ? {} : { cause });
}

function resetByPeer(id: number, status: number): VkError {
  const name = Object.entries(resetStatus).find(([, value]) => value === status)?.[0] ?? `status ${status}`;
  return new VkError('Aborted', `spdy stream ${id}: reset by the peer (${name})`);
}

function unserved(id: number): VkError {
  return new VkError('Aborted', `spdy stream ${id}: the peer went away before it acted on it`);
}
