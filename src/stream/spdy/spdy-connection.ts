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
import type { Timer } from '../../runtime/clock.js';
import { VkError } from '../../runtime/errors.js';
import { FrameDecoder } from './frame-decoder.js';
import { encodeGoAway, encodePing, encodeReset, FrameEncoder } from './frame-encoder.js';
import { FrameWriter } from './frame-writer.js';
import { type Frame, goAwayStatus, resetStatus, type SpdyReset } from './frames.js';
import type { SpdyHeaders } from './header-block.js';
import { IdleTimer } from './idle-timer.js';
import { type Decision, ProtocolState } from './protocol-state.js';
import { ReadGate } from './read-gate.js';
import {
  defaultLingerMs,
  type ResolvedSpdyConnectionOptions,
  resolveSpdyConnectionOptions,
  type SpdyCloseOptions,
  type SpdyConnectionOptions,
} from './spdy-connection-options.js';
import { SpdyStream, type StreamHost } from './spdy-stream.js';

interface Opening {
  readonly stream: SpdyStream;
  readonly resolve: (stream: SpdyStream) => void;
}

export class SpdyConnection {
  /** Resolves once, when the transport is gone: undefined if in good order. Never rejects. */
  readonly closed: Promise<VkError | undefined>;
  readonly #transport: Duplex;
  readonly #options: ResolvedSpdyConnectionOptions;
  readonly #state: ProtocolState;
  readonly #decoder: FrameDecoder;
  readonly #encoder = new FrameEncoder();
  readonly #gate: ReadGate;
  readonly #writer: FrameWriter;
  readonly #idle: IdleTimer;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #openings = new Map<number, Opening>();
  readonly #pings = new Map<number, () => void>();
  readonly #gone = new AbortController();
  readonly #host: StreamHost;
  #linger: IdleTimer | undefined;
  #probeTimer: Timer | undefined;
  #closeTimer: Timer | undefined;
  #closing: Promise<void> | undefined;
  #error: VkError | undefined;
  #resolveClosed: (error: VkError | undefined) => void = () => undefined;

  /** Begins to read `transport`, which belongs to the connection from now on. Streams come in a later turn. */
  constructor(transport: Duplex, options: SpdyConnectionOptions) {
    const resolved = resolveSpdyConnectionOptions(options);
    const { clock, idleTimeoutMs, limits, probeIntervalMs } = resolved;
    this.#transport = transport;
    this.#options = resolved;
    this.#state = new ProtocolState(options.role, limits.streams);
    this.#decoder = new FrameDecoder(limits);
    this.#gate = new ReadGate(transport, limits);
    this.#writer = new FrameWriter(transport, {
      onAnswers: (bytes) => this.#gate.onAnswers(bytes),
      onDataWritten: () => this.#idle.touch(),
    });
    this.#idle = new IdleTimer(clock, { quietMs: idleTimeoutMs }, () => this.#onIdle());
    this.#host = {
      onUnread: (stream, change, unread) => this.#gate.onUnread(stream, change, unread),
      onWritable: (stream) => this.#writer.enqueue(stream),
      onOver: (stream, reset) => this.#onStreamOver(stream, reset),
    };
    setMaxListeners(0, this.#gone.signal);
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#probeLater(probeIntervalMs);
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
      throw new VkError('Unavailable', 'spdy connection: takes no new streams; open another connection');
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
    if (this.signal.aborted) throw lost(this.#error);
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
    transport.on('error', (error) => this.#onLost(error));
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
    // All answers to a chunk go out at once.
    this.#transport.cork();
    try {
      for (const frame of this.#framesOf(chunk)) {
        this.#idle.touch();
        this.#linger?.touch();
        this.#act(this.#state.receive(frame));
        if (this.#transport.destroyed) return;
      }
    } finally {
      this.#transport.uncork();
    }
  }

  *#framesOf(chunk: Buffer): Generator<Frame, void, void> {
    try {
      yield* this.#decoder.decode(chunk);
    } catch (error) {
      this.#onViolation(VkError.from(error));
    }
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

  #accept({ id, headers, ended }: Extract<Decision, { type: 'open' }>): void {
    const { accept, onStream } = this.#options;
    const refusal = onStream === undefined ? 'RefusedStream' : accept?.(headers, id);
    if (refusal !== undefined) {
      this.#state.forget(id);
      this.#writer.writeControl(encodeReset(id, refusal));
      return;
    }
    this.#writer.writeControl(this.#encoder.synReply(id, {}));
    const stream = new SpdyStream(id, headers, this.#host, ended);
    this.#streams.set(id, stream);
    onStream?.(stream);
  }

  #onStreamOver(stream: SpdyStream, reset: SpdyReset | undefined): void {
    this.#streams.delete(stream.id);
    this.#state.forget(stream.id);
    this.#writer.remove(stream);
    if (reset !== undefined) this.#writer.writeControl(encodeReset(stream.id, reset));
  }

  #onIdle(): void {
    this.destroy(new VkError('Timeout', `spdy connection: no frame for ${this.#options.idleTimeoutMs} ms`));
  }

  #probeLater(intervalMs: number): void {
    this.#probeTimer = this.#options.clock.setTimer(intervalMs, () => {
      this.#writer.probe();
      this.#probeLater(intervalMs);
    });
  }

  #onViolation(error: VkError): void {
    this.#options.logger.debug({ err: error }, 'spdy connection ended: the peer broke the protocol');
    this.#writer.writeControl(encodeGoAway(this.#state.lastPeerId, goAwayStatus.protocolError));
    // As much of it as goes without waiting: who breaks the protocol may not read either.
    this.#transport.uncork();
    this.destroy(error);
  }

  async #close(lingerMs: number): Promise<void> {
    if (this.signal.aborted) return;
    const { clock, idleTimeoutMs } = this.#options;
    // Not by what the peer says: one may ping for ever and take nothing.
    this.#closeTimer = clock.setTimer(idleTimeoutMs, () => {
      this.#onLost();
      this.destroy();
    });
    this.#state.goAway();
    await Promise.all([...this.#streams.values()].map((stream) => stream.flushed()));
    this.#writer.writeControl(encodeGoAway(this.#state.lastPeerId, goAwayStatus.ok));
    this.#transport.end(() => this.#lingerFor(lingerMs));
    await this.closed;
  }

  /** Our end is sent. A socket closed now, with unread input, would take back what the peer has not read yet. */
  #lingerFor(quietMs: number): void {
    if (this.signal.aborted) return;
    this.#linger = new IdleTimer(this.#options.clock, { quietMs }, () => this.destroy());
  }

  #onEnd(): void {
    if (this.#closing !== undefined) return;
    this.#onLost();
    this.#transport.destroy();
  }

  /** An end in good order is one that cuts nothing off: everything was over, or had been sent by us. */
  #onLost(cause?: unknown): void {
    const isOver = this.#transport.writableFinished || [...this.#streams.values()].every((stream) => stream.isOver);
    if (!isOver) this.#error ??= lost(cause);
  }

  #onClosed(): void {
    if (this.signal.aborted) return;
    this.#idle.cancel();
    this.#linger?.cancel();
    this.#probeTimer?.cancel();
    this.#closeTimer?.cancel();
    const error = lost(this.#error);
    for (const stream of [...this.#streams.values()]) stream.connectionLost(error);
    this.#gone.abort(error);
    this.#resolveClosed(this.#error);
  }
}

function lost(cause: unknown): VkError {
  if (cause instanceof VkError) return cause;
  return new VkError('Aborted', 'spdy connection: has ended', cause === undefined ? {} : { cause });
}

function resetByPeer(id: number, status: number): VkError {
  const name = Object.entries(resetStatus).find(([, value]) => value === status)?.[0] ?? `status ${status}`;
  return new VkError('Aborted', `spdy stream ${id}: reset by the peer (${name})`);
}

function unserved(id: number): VkError {
  return new VkError('Aborted', `spdy stream ${id}: the peer went away before it acted on it`);
}
