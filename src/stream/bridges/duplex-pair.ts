/** Two ends of a connection that goes through no network. Neighbour: `memory-session.ts`. */
import { Duplex } from 'node:stream';

export interface DuplexPairOptions {
  /** What is held in each direction before the writer is slowed. Default: 16 KiB. */
  readonly highWaterMark?: number;
}

/**
 * Two streams, each of which reads what the other is given. They behave as the two ends of a TCP connection do: ending
 * one half-closes it, which the other sees as `end` while it may go on writing; destroying one before both directions
 * have ended destroys the other with `ECONNRESET`.
 *
 * ```ts
 * const [client, connection] = duplexPair();
 * client.end('ping');
 * await provider.portForward?.(podRef(pod), 80, connection, context);
 * ```
 */
export function duplexPair(options: DuplexPairOptions = {}): [Duplex, Duplex] {
  const { highWaterMark = 16_384 } = options;
  const first = new PairedDuplex(highWaterMark);
  const second = new PairedDuplex(highWaterMark);
  first.join(second);
  second.join(first);
  return [first, second];
}

class PairedDuplex extends Duplex {
  #peer: PairedDuplex | undefined;
  /** The peer's writer, until what it wrote has been asked for. */
  #taken: (() => void) | undefined;

  constructor(highWaterMark: number) {
    super({ highWaterMark, allowHalfOpen: true });
  }

  join(peer: PairedDuplex): void {
    this.#peer = peer;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    const peer = this.#peer;
    if (peer) peer.#receive(chunk, taken);
    else taken();
  }

  override _final(done: () => void): void {
    const peer = this.#peer;
    if (peer) peer.#receive(null, () => undefined);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const [peer, taken] = [this.#peer, this.#taken];
    this.#peer = undefined;
    this.#taken = undefined;
    const isCut = error !== null || !this.writableFinished || !this.readableEnded;
    // As with a socket the far end learns of it in a turn of its own.
    setImmediate(() => {
      taken?.();
      if (isCut) peer?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    });
    done(error);
  }

  #receive(chunk: Buffer | null, taken: () => void): void {
    // What is sent to an end that has just been destroyed is lost, not stuck.
    if (this.destroyed || this.push(chunk)) taken();
    else this.#taken = taken;
  }
}
