/** A provider's connection to the supervisor of one run. Neighbours: `../supervisor/control.js`, the other end. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameReader, frameTypes, type Frame, type Hello, type Started } from '../supervisor/frames.js';

/** Of one frame. */
const largestInput = 65_536;

export interface LinkOptions {
  /** Which streams are wanted. */
  readonly hello: Hello;
  readonly onStarted?: (started: Started) => void;
  /** Answers false to get no more until `resume` is called. */
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => boolean;
}

export class SupervisorLink {
  /** Resolves at the end of the connection, which is the run's, or of the supervisor, or by `close`. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  private constructor(socket: Socket, options: LinkOptions) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const frames = new FrameReader();
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of frames.read(chunk)) this.#take(frame, options);
      } catch {
        // Not what a supervisor says: there is nothing to be learned from the rest.
        socket.destroy();
      }
    });
    socket.write(encodeFrame(frameTypes.hello, options.hello));
  }

  #take({ type, payload }: Frame, { onStarted, onOutput }: LinkOptions): void {
    if (type === frameTypes.started) onStarted?.(JSON.parse(payload.toString()) as Started);
    else if (onOutput?.(type === frameTypes.stderr ? 'stderr' : 'stdout', payload) === false) this.#socket.pause();
  }

  /** Rejects if nobody listens (yet, or any more). */
  static async open(path: string, options: LinkOptions): Promise<SupervisorLink> {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return new SupervisorLink(socket, options);
  }

  signal(signal: NodeJS.Signals): void {
    this.#socket.write(encodeFrame(frameTypes.signal, { signal }));
  }

  resize(size: { readonly width: number; readonly height: number }): void {
    this.#socket.write(encodeFrame(frameTypes.resize, size));
  }

  /** Resolves when there is room for more. */
  async stdin(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; from += largestInput) {
      const piece = chunk.subarray(from, from + largestInput);
      if (this.#socket.write(encodeFrame(frameTypes.stdin, piece))) continue;
      await Promise.race([once(this.#socket, 'drain'), this.closed]);
    }
  }

  endStdin(): void {
    this.#socket.write(encodeFrame(frameTypes.stdin, Buffer.alloc(0)));
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
