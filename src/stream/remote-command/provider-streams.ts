/**
 * The streams that a provider gets, in front of those of the transport. Neighbours: `serve-remote-command.ts` (makes
 * them), `session.ts` (what is behind them).
 *
 * Providers hand their streams to `pipeline`, to child processes, to libraries; these end, destroy and overrun streams as
 * they see fit, and on a multiplexed connection each of that would mean something to the client.
 *
 * Invariants:
 * 1. Nothing passes to the transport but bytes, in order, and the end of an output. Destroying a stream of these stops it
 *    and nothing else.
 * 2. None of these raises an 'error' that nobody handles.
 * 3. What waits for a slow side waits in the streams' own buffers, which are bounded.
 */
import { finished, Readable, Writable } from 'node:stream';
import { VkError } from '../../runtime/errors.js';

type Callback = (error?: Error | null) => void;

const ignore = (): void => undefined;

/** As fast as it is read. Once destroyed, it discards what still comes: unread input would hold up all the others. */
export class ProviderInput extends Readable {
  readonly #source: Readable;
  readonly #stopWatching: () => void;
  readonly #take = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#source.pause();
  };

  constructor(source: Readable) {
    super();
    this.on('error', ignore);
    this.#source = source;
    source.on('error', ignore);
    this.#stopWatching = finished(source, { writable: false }, (error) => {
      if (error) this.destroy(new VkError('Aborted', 'stdin: the client has gone', { cause: error }));
      else this.push(null);
    });
  }

  override _read(): void {
    if (this.#source.listenerCount('data') === 0) this.#source.on('data', this.#take);
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#stopWatching();
    this.#source.off('data', this.#take);
    this.#source.resume();
    callback(error);
  }
}

export class ProviderOutput extends Writable {
  readonly #name: string;
  readonly #target: Writable;
  readonly #stopWatching: () => void;
  /** Bytes that may still pass to the target. Finite once the provider's call has ended. */
  #allowedBytes = Infinity;
  /** The chunk that has passed to the target, which has not asked for more yet. */
  #heldUp: { readonly bytes: number; readonly proceed: Callback } | undefined;
  #lostBytes = 0;
  /** All has passed, and the end too. */
  #ended = false;
  #settled: (() => void) | undefined;
  readonly #onDrain = (): void => {
    const heldUp = this.#heldUp;
    this.#heldUp = undefined;
    heldUp?.proceed();
  };

  constructor(name: 'stdout' | 'stderr', target: Writable) {
    super();
    this.on('error', ignore);
    this.#name = name;
    this.#target = target;
    target.on('error', ignore);
    target.on('drain', this.#onDrain);
    this.#stopWatching = finished(target, { readable: false }, () => {
      if (!this.#ended) this.destroy(this.#closed());
    });
  }

  /**
   * Resolves when all that has been written so far has passed to the target, or never will: then with what was lost,
   * unless it is the client that has gone. What is written later is thrown away, since it would come after the end of the
   * call that it belongs to.
   */
  async settle(): Promise<VkError | undefined> {
    // What a provider has corked and left so would wait for ever.
    while (this.writableCorked > 0) this.uncork();
    this.#allowedBytes = this.destroyed ? 0 : this.#waitingBytes;
    if (this.#allowedBytes > 0) await new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#lostBytes === 0) return undefined;
    return new VkError('Internal', `${this.#name}: the provider destroyed it with ${this.#lostBytes} bytes to be sent`);
  }

  get #waitingBytes(): number {
    return this.writableLength - (this.#heldUp?.bytes ?? 0);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    if (this.#allowedBytes === 0) {
      callback();
      return;
    }
    if (this.#target.writableEnded || this.#target.destroyed) {
      callback(this.#closed());
      return;
    }
    const proceed = this.#target.write(chunk);
    this.#allowedBytes -= chunk.length;
    if (proceed) callback();
    else this.#heldUp = { bytes: chunk.length, proceed: callback };
    if (this.#allowedBytes === 0) this.#settled?.();
  }

  override _final(callback: Callback): void {
    this.#ended = true;
    if (this.#allowedBytes > 0) this.#target.end();
    callback();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#stopWatching();
    this.#target.off('drain', this.#onDrain);
    const clientGone = this.#target.destroyed || this.#target.writableEnded;
    if (!clientGone) this.#lostBytes = Math.min(this.#allowedBytes, this.#waitingBytes);
    this.#allowedBytes = 0;
    this.#settled?.();
    this.#onDrain();
    callback(error);
  }

  #closed(): VkError {
    return new VkError('Aborted', `${this.#name}: the client no longer takes output`);
  }
}
