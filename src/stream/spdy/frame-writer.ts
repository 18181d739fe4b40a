/**
 * Writes to the transport: control frames at once, data of the streams in turns. Nothing is queued here but streams that
 * have something to send; what they send stays with them until the transport takes it.
 *
 * Invariants:
 * 1. No data is handed to a transport that holds `writeAheadBytes` already and has said that it is full.
 * 2. A stream that has had a turn goes behind all others that wait for one.
 * 3. A frame's header and its payload are written together.
 */
import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { encodeDataHeader, encodeEmptySettings } from './frame-encoder.js';
import type { SpdyStream } from './spdy-stream.js';

/** Payload of one data frame: what a turn is worth. */
const turnBytes = 32_768;

/** What the transport is given before it has sent any of it. Node's own mark of 16 KiB would be half a frame. */
const writeAheadBytes = 131_072;

export interface WriterListener {
  /** How many bytes of control frames the transport has not taken yet, at most. */
  onAnswers(bytes: number): void;
  /** Data has been handed to the transport. */
  onDataWritten(): void;
}

export class FrameWriter {
  readonly #transport: Duplex;
  readonly #listener: WriterListener;
  /** In the order of their turns. */
  readonly #waiting = new Set<SpdyStream>();
  #scheduled = false;
  #answerBytes = 0;

  constructor(transport: Duplex, listener: WriterListener) {
    this.#transport = transport;
    this.#listener = listener;
    transport.on('drain', () => {
      this.#answerBytes = 0;
      this.#listener.onAnswers(0);
      this.#takeTurns();
    });
  }

  writeControl(frame: Buffer): void {
    if (this.#transport.destroyed || this.#transport.writableEnded) return;
    if (this.#transport.write(frame)) return;
    this.#answerBytes += frame.length;
    this.#listener.onAnswers(this.#answerBytes);
  }

  /**
   * Writes what the peer does not answer, so that the transport finds out whether anybody is there; nothing while the
   * transport has something to send, which finds out as well.
   */
  probe(): void {
    const { destroyed, writableEnded, writableNeedDrain } = this.#transport;
    if (!destroyed && !writableEnded && !writableNeedDrain) this.#transport.write(encodeEmptySettings());
  }

  /** `stream` has something to send. It gets its turn when this run of the event loop's queue is done. */
  enqueue(stream: SpdyStream): void {
    this.#waiting.add(stream);
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#takeTurns();
    });
  }

  remove(stream: SpdyStream): void {
    this.#waiting.delete(stream);
  }

  #takeTurns(): void {
    if (this.#waiting.size === 0) return;
    this.#transport.cork();
    for (const stream of this.#waiting) {
      if (this.#isFull()) break;
      // A set is walked in the order of insertion, and what is added meanwhile is walked too.
      this.#waiting.delete(stream);
      this.#writeTurn(stream);
      if (stream.wantsTurn) this.#waiting.add(stream);
    }
    this.#transport.uncork();
  }

  #writeTurn(stream: SpdyStream): void {
    const turn = stream.takeTurn(turnBytes);
    if (turn === undefined) return;
    this.#transport.write(encodeDataHeader(stream.id, turn.payload.length, turn.fin));
    if (turn.payload.length > 0) this.#transport.write(turn.payload);
    turn.done?.();
    this.#listener.onDataWritten();
  }

  #isFull(): boolean {
    const { destroyed, writableEnded, writableNeedDrain, writableLength } = this.#transport;
    return destroyed || writableEnded || (writableNeedDrain && writableLength >= writeAheadBytes);
  }
}
